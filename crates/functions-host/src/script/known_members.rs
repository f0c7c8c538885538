//! The known members of `host.json` by section, and the valid values of members without effect.
//!
//! Azure ignores an unknown member. Its host does not start with a value that .NET's converter refuses, even if the
//! option has no effect.
//!
//! Reference: <https://learn.microsoft.com/azure/azure-functions/functions-host-json>.

use serde_json::Value;

use super::configuration::is_true;

/// Sections that change nothing for HTTP and timer functions in one local process.
pub(super) const NO_EFFECT: &[&str] = &[
    "aggregator",
    "concurrency",
    "extensionBundle",
    "healthMonitor",
    "metadataProviderTimeout",
    "sendCanceledInvocationsToWorker",
    "sequentialRestart",
    "singleton",
    "telemetryMode",
    "watchDirectories",
    "watchFiles",
];

/// The types to which .NET converts the options of sections without effect.
const TYPED: &[(&str, MemberKind)] = &[
    ("aggregator.batchSize", MemberKind::Integer),
    ("aggregator.flushTimeout", MemberKind::TimeSpan),
    ("concurrency.cpuThreshold", MemberKind::Real),
    ("concurrency.dynamicConcurrencyEnabled", MemberKind::Boolean),
    ("concurrency.snapshotPersistenceEnabled", MemberKind::Boolean),
    ("concurrency.totalAvailableMemoryBytes", MemberKind::Integer),
    ("extensions.http.hsts.includeSubDomains", MemberKind::Boolean),
    ("extensions.http.hsts.maxAge", MemberKind::TimeSpan),
    ("extensions.http.hsts.preload", MemberKind::Boolean),
    ("healthMonitor.counterThreshold", MemberKind::Real),
    ("healthMonitor.enabled", MemberKind::Boolean),
    ("healthMonitor.healthCheckInterval", MemberKind::TimeSpan),
    ("healthMonitor.healthCheckThreshold", MemberKind::Integer),
    ("healthMonitor.healthCheckWindow", MemberKind::TimeSpan),
    ("logging.console.isEnabled", MemberKind::Boolean),
    ("logging.fileLoggingMode", MemberKind::OneOf(&["never", "always", "debugOnly"])),
    ("metadataProviderTimeout", MemberKind::TimeSpan),
    ("sendCanceledInvocationsToWorker", MemberKind::Boolean),
    ("sequentialRestart", MemberKind::Boolean),
    ("singleton.listenerLockPeriod", MemberKind::TimeSpan),
    ("singleton.listenerLockRecoveryPollingInterval", MemberKind::TimeSpan),
    ("singleton.lockAcquisitionPollingInterval", MemberKind::TimeSpan),
    ("singleton.lockAcquisitionTimeout", MemberKind::TimeSpan),
    ("singleton.lockPeriod", MemberKind::TimeSpan),
    ("telemetryMode", MemberKind::OneOf(&["ApplicationInsights", "OpenTelemetry", "None"])),
];

#[derive(Clone, Copy)]
enum MemberKind {
    Boolean,
    Integer,
    Real,
    TimeSpan,
    OneOf(&'static [&'static str]),
}

/// Returns the names that a section may hold, or nothing if any name is allowed.
fn known(section: &str) -> Option<&'static [&'static str]> {
    Some(match section {
        "" => &[
            "$schema",
            "aggregator",
            "concurrency",
            "configurationProfile",
            "customHandler",
            "extensionBundle",
            "extensions",
            "functions",
            "functionTimeout",
            "healthMonitor",
            "httpWorker",
            "isDefaultHostConfig",
            "logging",
            "metadataProviderTimeout",
            "retry",
            "sendCanceledInvocationsToWorker",
            "sequentialRestart",
            "singleton",
            "telemetryMode",
            "version",
            "watchDirectories",
            "watchFiles",
        ],
        "customHandler" | "httpWorker" => &[
            "description",
            "enableForwardingHttpRequest",
            "enableProxyingHttpRequest",
            "http",
            "initializationTimeout",
            "port",
            "type",
        ],
        "customHandler.description" | "httpWorker.description" => &[
            "arguments",
            "defaultExecutablePath",
            "defaultWorkerPath",
            "isDisabled",
            "useStdErrorStreamForErrorsOnly",
            "workerArguments",
            "workerDirectory",
            "workingDirectory",
        ],
        "customHandler.http" => &["DefaultAuthorizationLevel", "enableProxying", "routes"],
        "customHandler.http.routes" => &["authorizationLevel", "route"],
        "extensions.http" => &[
            "customHeaders",
            "dynamicThrottlesEnabled",
            "enableChunkedRequestBinding",
            "hsts",
            "maxConcurrentRequests",
            "maxOutstandingRequests",
            "routePrefix",
        ],
        "extensions.http.hsts" => &["excludedHosts", "includeSubDomains", "isEnabled", "maxAge", "preload"],
        "retry" => &["delayInterval", "maximumInterval", "maxRetryCount", "minimumInterval", "strategy"],
        _ => return None,
    })
}

/// Removes the unknown members and returns their paths.
pub(super) fn take_unknown(document: &mut Value) -> Vec<String> {
    let mut unknown = Vec::new();
    take_unknown_of("", "", document, &mut unknown);
    unknown
}

/// Removes the unknown members of a section. `place` is the section's path with the number of each list item.
fn take_unknown_of(section: &str, place: &str, value: &mut Value, unknown: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let below = |of: &str, name: &str| if of.is_empty() { name.to_owned() } else { format!("{of}.{name}") };
            if let Some(known) = known(section) {
                members.retain(|name, _| {
                    let is_known = known.contains(&name.as_str());
                    if !is_known {
                        unknown.push(below(place, name));
                    }
                    is_known
                });
            }
            for (name, value) in members {
                take_unknown_of(&below(section, name), &below(place, name), value, unknown);
            }
        }
        Value::Array(items) => items
            .iter_mut()
            .enumerate()
            .for_each(|(at, item)| take_unknown_of(section, &format!("{place}[{at}]"), item, unknown)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// Returns the first value that .NET could not convert. It has no effect here, but Azure's host would not start.
pub(super) fn unconvertible(document: &Value) -> Option<String> {
    TYPED.iter().find_map(|(path, kind)| {
        let value = path.split('.').try_fold(document, |value, step| value.get(step))?;
        // A section in place of a value is ignored.
        let text = value.as_str()?;
        (!kind.takes(text)).then(|| format!("{path} \"{text}\" is not {}", kind.name()))
    })
}

impl MemberKind {
    fn takes(self, text: &str) -> bool {
        match self {
            Self::Boolean => is_true(&Value::String(text.to_owned())).is_some(),
            Self::Integer => text.trim().parse::<i64>().is_ok(),
            Self::Real => text.trim().parse::<f64>().is_ok(),
            Self::TimeSpan => ncrontab::parse_time_span(text).is_ok(),
            Self::OneOf(names) => {
                let by_number = text.trim().parse::<usize>().is_ok_and(|number| number < names.len());
                by_number || names.iter().any(|name| name.eq_ignore_ascii_case(text.trim()))
            }
        }
    }

    fn name(self) -> String {
        match self {
            Self::Boolean => "true or false".to_owned(),
            Self::Integer => "a whole number".to_owned(),
            Self::Real => "a number".to_owned(),
            Self::TimeSpan => "a TimeSpan such as \"00:00:10\"".to_owned(),
            Self::OneOf(names) => format!("one of {}", names.join(", ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{take_unknown, unconvertible};

    #[test]
    fn section_1_1_unknown_members_are_named_by_their_path() {
        let mut document = json!({
            "version": "2.0", "magic": "1", "logging": { "anything": "1" },
            "customHandler": { "description": { "exe": "x" }, "http": { "routes": [{ "route": "a", "verb": "x" }] } },
        });
        let unknown = take_unknown(&mut document);
        assert_eq!(unknown, ["magic", "customHandler.description.exe", "customHandler.http.routes[0].verb"]);
        assert_eq!(document["customHandler"]["http"]["routes"], json!([{ "route": "a" }]));
    }

    #[test]
    fn section_1_1_a_value_that_dotnet_cannot_convert_stops_the_host_whatever_it_is_for() {
        let cases = [
            (json!({ "singleton": { "lockPeriod": "soon" } }), Some("singleton.lockPeriod \"soon\" is not a TimeSpan")),
            (json!({ "healthMonitor": { "enabled": "1" } }), Some("healthMonitor.enabled \"1\" is not true or false")),
            (json!({ "telemetryMode": "x" }), Some("telemetryMode \"x\" is not one of ApplicationInsights")),
            (json!({ "logging": { "fileLoggingMode": "DebugOnly" } }), None),
            (json!({ "aggregator": { "batchSize": "7", "flushTimeout": "5" } }), None),
            (json!({ "aggregator": "ignored" }), None),
        ];
        for (document, expected) in cases {
            let found = unconvertible(&document);
            assert_eq!(found.is_some(), expected.is_some(), "{document}");
            assert!(found.unwrap_or_default().starts_with(expected.unwrap_or_default()), "{document}");
        }
    }
}
