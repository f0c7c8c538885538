//! Names of members in any letter case: the real host reads `host.json` and bindings so.

use serde_json::{Map, Value};

/// The spelling of the documentation, which is the one that the rest of this module reads.
const KNOWN: &[&str] = &[
    "aggregator",
    "arguments",
    "authLevel",
    "bindings",
    "cardinality",
    "concurrency",
    "configurationProfile",
    "configurationSource",
    "connection",
    "customHandler",
    "customHeaders",
    "dataType",
    "defaultExecutablePath",
    "defaultWorkerPath",
    "delayInterval",
    "description",
    "direction",
    "disabled",
    "dynamicThrottlesEnabled",
    "enableChunkedRequestBinding",
    "enableForwardingHttpRequest",
    "enableProxyingHttpRequest",
    "entryPoint",
    "extensionBundle",
    "extensions",
    "functions",
    "functionTimeout",
    "generatedBy",
    "healthMonitor",
    "hsts",
    "http",
    "httpWorker",
    "initializationTimeout",
    "isDefaultHostConfig",
    "isDisabled",
    "isEnabled",
    "logging",
    "maxConcurrentRequests",
    "maximumInterval",
    "maxOutstandingRequests",
    "maxRetryCount",
    "metadataProviderTimeout",
    "methods",
    "minimumInterval",
    "name",
    "port",
    "properties",
    "retry",
    "route",
    "routePrefix",
    "runOnStartup",
    "schedule",
    "scriptFile",
    "sendCanceledInvocationsToWorker",
    "sequentialRestart",
    "singleton",
    "strategy",
    "telemetryMode",
    "type",
    "useMonitor",
    "useStdErrorStreamForErrorsOnly",
    "version",
    "watchDirectories",
    "watchFiles",
    "workerArguments",
    "workerDirectory",
    "workingDirectory",
];

/// The document with its members spelt as documented.
pub(super) fn as_documented(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            let spelt = members.into_iter().map(|(name, value)| {
                let known = KNOWN.iter().find(|known| known.eq_ignore_ascii_case(&name));
                (known.map_or(name, |known| (*known).to_owned()), as_documented(value))
            });
            Value::Object(spelt.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.into_iter().map(as_documented).collect()),
        other => other,
    }
}
