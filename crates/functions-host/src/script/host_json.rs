//! `host.json`: what the host takes from it, what it takes note of, what it refuses.
//!
//! Reference: <https://learn.microsoft.com/azure/azure-functions/functions-host-json> and `HttpWorkerOptions.cs` of
//! `Azure/azure-functions-host`.

use std::{collections::BTreeMap, fs, io, path::Path, time::Duration};

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{
    HandlerCommand, ScriptError, Settings,
    configuration::{self, leaves_as_texts},
    member_names::as_documented,
    overrides,
};
use crate::{json, retry::Retry};

/// `host.json`, checked.
#[derive(Debug)]
pub(crate) struct HostJson {
    pub(crate) command: HandlerCommand,
    pub(crate) http: HttpMode,
    /// How long a handler may take until it answers `GET /`.
    pub(crate) initialization_timeout: Duration,
    /// A port fixed in `host.json`; otherwise any free one.
    pub(crate) port: Option<u16>,
    /// Absent: unbounded.
    pub(crate) function_timeout: Option<Duration>,
    /// As written; may be empty.
    pub(crate) route_prefix: String,
    /// Added to each response that has no such header.
    pub(crate) custom_headers: Vec<(HeaderName, HeaderValue)>,
    /// What is in the file but not enforced here.
    pub(crate) warnings: Vec<String>,
    /// For functions without a policy of their own.
    pub(crate) retry: Option<Retry>,
    allowed: Vec<String>,
}

/// How an HTTP function without further bindings reaches the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpMode {
    /// Streamed both ways, path and query untouched (`enableProxyingHttpRequest`).
    Proxy,
    /// Buffered, query rebuilt (`enableForwardingHttpRequest`).
    Forward,
    /// As the JSON of `Data` and `Metadata`.
    Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    #[serde(rename = "version")]
    _version: Option<IgnoredAny>,
    custom_handler: Option<CustomHandler>,
    function_timeout: Option<String>,
    #[serde(default, deserialize_with = "configuration::list")]
    functions: Vec<String>,
    #[serde(default)]
    logging: Logging,
    #[serde(default)]
    extensions: Extensions,
    configuration_profile: Option<String>,
    http_worker: Option<IgnoredAny>,
    retry: Option<Value>,
}

/// Sections that change nothing for HTTP and timer functions in one local process.
const NO_EFFECT: &[&str] = &[
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

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CustomHandler {
    description: Option<super::command::Description>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "configuration::boolean")]
    enable_forwarding_http_request: bool,
    #[serde(default, deserialize_with = "configuration::boolean")]
    enable_proxying_http_request: bool,
    initialization_timeout: Option<String>,
    #[serde(default, deserialize_with = "configuration::number")]
    port: Option<u16>,
    http: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
struct Extensions {
    #[serde(default)]
    http: HttpOptions,
    // Each belongs to triggers and bindings of its own, which are refused where a function has them.
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct HttpOptions {
    /// Null is the empty prefix, absence is "api".
    #[serde(default = "default_prefix")]
    route_prefix: Option<String>,
    #[serde(default)]
    custom_headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "configuration::number")]
    max_outstanding_requests: Option<i64>,
    #[serde(default, deserialize_with = "configuration::number")]
    max_concurrent_requests: Option<i64>,
    #[serde(default, deserialize_with = "configuration::boolean")]
    dynamic_throttles_enabled: bool,
    #[serde(default, deserialize_with = "configuration::boolean")]
    enable_chunked_request_binding: bool,
    hsts: Option<Hsts>,
}

#[derive(Deserialize)]
struct Hsts {
    #[serde(default, rename = "isEnabled", deserialize_with = "configuration::boolean")]
    is_enabled: bool,
}

/// Only what can stop the host is read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Logging {
    #[serde(default)]
    log_level: BTreeMap<String, Option<String>>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// Names of levels; their numbers, from 0, are taken too.
const LOG_LEVELS: [&str; 7] = ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"];

impl Default for HttpOptions {
    fn default() -> Self {
        Self {
            route_prefix: default_prefix(),
            custom_headers: BTreeMap::new(),
            max_outstanding_requests: None,
            max_concurrent_requests: None,
            dynamic_throttles_enabled: false,
            enable_chunked_request_binding: false,
            hsts: None,
        }
    }
}

fn default_prefix() -> Option<String> {
    Some("api".to_owned())
}

const DEFAULT_INITIALIZATION_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_FUNCTION_TIMEOUT: Duration = Duration::from_secs(30 * 60);
const MINIMUM_FUNCTION_TIMEOUT: Duration = Duration::from_secs(1);

impl HostJson {
    pub(super) fn load(root: &Path, environment: &Settings, settings: &Settings) -> Result<Self, ScriptError> {
        let mut document = read(root)?;
        if !document.is_object() {
            return Err(problem("not an object"));
        }
        // Read from the file alone, and as it is written.
        if document.get("version").is_none_or(|version| version != "2.0") {
            return Err(problem("\"version\" must be \"2.0\""));
        }
        overrides::apply(&mut document, settings);
        let mut document = as_documented(leaves_as_texts(document));
        let warning = drop_what_has_no_effect(&mut document);
        let mut host = Self::check(serde_json::from_value(document)?, root, environment)?;
        host.warnings.extend(warning);
        Ok(host)
    }

    /// Whether `functions`, unless it is empty, lists this one.
    pub(super) fn allows(&self, name: &str) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
    }

    fn check(document: Document, root: &Path, environment: &Settings) -> Result<Self, ScriptError> {
        document.refuse_unsupported()?;
        let function_timeout = function_timeout(document.function_timeout.as_deref())?;
        let Some(handler) = document.custom_handler else {
            return Err(problem("there is no \"customHandler\" section"));
        };
        if handler.http.is_some() {
            return Err(problem("\"customHandler.http\" (routes without function.json) is not supported by this host"));
        }
        let mut warnings = document.extensions.http.warnings();
        warnings.extend(
            document.extensions.others.keys().map(|name| format!("host.json: extensions.{name} has no effect")),
        );
        if document.logging.log_level.len() + document.logging.others.len() > 0 {
            warnings.push("host.json: no effect in this host: logging".to_owned());
        }
        warnings.extend(handler.check_kind()?);
        let prefix = document.extensions.http.route_prefix.as_deref().unwrap_or_default();
        if prefix.trim_matches('/').eq_ignore_ascii_case("admin") {
            warnings.push(
                "host.json: routePrefix \"admin\": the host's own paths below /admin come first, and releases of 2019 \
                 answered 404 to every function there (azure-functions-host#5322)"
                    .to_owned(),
            );
        }
        let http = handler.mode();
        let initialization_timeout = match handler.initialization_timeout {
            Some(text) => time_span("customHandler.initializationTimeout", &text)?,
            None => DEFAULT_INITIALIZATION_TIMEOUT,
        };
        let description = handler.description.ok_or_else(|| problem("\"customHandler\" has no \"description\""))?;
        let command = HandlerCommand::new(root, description);
        command.executable(environment)?;
        Ok(Self {
            command,
            http,
            initialization_timeout,
            port: handler.port,
            function_timeout,
            route_prefix: document.extensions.http.route_prefix.clone().unwrap_or_default(),
            custom_headers: document.extensions.http.headers()?,
            warnings,
            retry: document.retry.map(Retry::parse).transpose().map_err(|error| problem(&error))?,
            allowed: document.functions,
        })
    }
}

/// `customHandler.description.defaultExecutablePath` of the `host.json` in `script_root`, as written; empty where there is
/// none.
///
/// # Errors
/// [`ScriptError`] if the file is missing or is no JSON.
pub fn executable_name(script_root: &Path) -> Result<String, ScriptError> {
    let document = read(script_root)?;
    let steps = ["customHandler", "description", "defaultExecutablePath"];
    let value = steps.iter().try_fold(&document, |value, step| value.get(step));
    Ok(value.and_then(Value::as_str).unwrap_or_default().to_owned())
}

/// The document, its members spelt as documented.
fn read(root: &Path) -> Result<Value, ScriptError> {
    let path = root.join("host.json");
    let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ScriptError::NoHostJson(root.to_owned()),
        _ => ScriptError::Read { path, source },
    })?;
    let document = json::read_whole(&text).map_err(|error| problem(&error.to_string()))?.to_value();
    Ok(as_documented(document))
}

/// Removes whole sections, and says which.
fn drop_what_has_no_effect(document: &mut Value) -> Option<String> {
    let members = document.as_object_mut()?;
    for note_to_tools in ["$schema", "isDefaultHostConfig"] {
        members.remove(note_to_tools);
    }
    let dropped: Vec<&str> = NO_EFFECT.iter().filter(|name| members.remove(**name).is_some()).copied().collect();
    (!dropped.is_empty()).then(|| format!("host.json: no effect in this host: {}", dropped.join(", ")))
}

impl Document {
    fn refuse_unsupported(&self) -> Result<(), ScriptError> {
        self.logging.check()?;
        let profile = self.configuration_profile.as_deref().unwrap_or_default();
        let unsupported = [
            ("httpWorker", self.http_worker.is_some()),
            ("configurationProfile", !(profile.is_empty() || profile.eq_ignore_ascii_case("default"))),
        ];
        match unsupported.into_iter().find(|(_, present)| *present) {
            Some((name, _)) => Err(problem(&format!("\"{name}\" is not supported by this host"))),
            None => Ok(()),
        }
    }
}

impl Logging {
    /// A level that does not exist stops the host.
    fn check(&self) -> Result<(), ScriptError> {
        let exists = |level: &str| {
            LOG_LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
                || level.parse::<usize>().is_ok_and(|number| number < LOG_LEVELS.len())
        };
        for (category, level) in &self.log_level {
            if let Some(level) = level.as_deref().filter(|level| !level.is_empty() && !exists(level.trim())) {
                return Err(problem(&format!(
                    "logging.logLevel.{category} \"{level}\" is none of {}",
                    LOG_LEVELS.join(", ")
                )));
            }
        }
        Ok(())
    }
}

impl CustomHandler {
    /// `Http`; `None` is warned about, another type stops the host.
    fn check_kind(&self) -> Result<Option<String>, ScriptError> {
        match self.kind.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("http" | "") => Ok(None),
            Some("none") => Ok(Some("customHandler.type is not \"Http\"; the host takes it as \"Http\"".to_owned())),
            Some(other) => Err(problem(&format!("customHandler.type \"{other}\" is neither \"Http\" nor \"None\""))),
        }
    }

    /// Proxying wins where both are set.
    fn mode(&self) -> HttpMode {
        match (self.enable_proxying_http_request, self.enable_forwarding_http_request) {
            (true, _) => HttpMode::Proxy,
            (false, true) => HttpMode::Forward,
            (false, false) => HttpMode::Payload,
        }
    }
}

impl HttpOptions {
    fn warnings(&self) -> Vec<String> {
        let limited = |limit: Option<i64>| limit.is_some_and(|limit| limit >= 0);
        [
            ("maxOutstandingRequests", limited(self.max_outstanding_requests)),
            ("maxConcurrentRequests", limited(self.max_concurrent_requests)),
            ("dynamicThrottlesEnabled", self.dynamic_throttles_enabled),
            ("enableChunkedRequestBinding", self.enable_chunked_request_binding),
            ("hsts", self.hsts.as_ref().is_some_and(|hsts| hsts.is_enabled)),
        ]
        .into_iter()
        .filter(|(_, set)| *set)
        .map(|(name, _)| format!("host.json: extensions.http.{name} is not enforced by this host"))
        .collect()
    }

    fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, ScriptError> {
        let parse = |(name, value): (&String, &String)| Some((name.parse().ok()?, value.parse().ok()?));
        self.custom_headers
            .iter()
            .map(|(name, value)| {
                parse((name, value)).ok_or_else(|| problem(&format!("customHeaders: \"{name}\" is not a valid header")))
            })
            .collect()
    }
}

fn function_timeout(text: Option<&str>) -> Result<Option<Duration>, ScriptError> {
    match text {
        None | Some("") => Ok(Some(DEFAULT_FUNCTION_TIMEOUT)),
        Some("-1") => Ok(None),
        Some(text) => match time_span("functionTimeout", text)? {
            timeout if timeout < MINIMUM_FUNCTION_TIMEOUT => Err(problem("functionTimeout is less than 00:00:01")),
            timeout => Ok(Some(timeout)),
        },
    }
}

fn time_span(member: &str, text: &str) -> Result<Duration, ScriptError> {
    let duration =
        ncrontab::parse_time_span(text).map_err(|error| problem(&format!("{member} \"{text}\": {error}")))?;
    Duration::try_from(duration).map_err(|_| problem(&format!("{member} \"{text}\" is negative")))
}

fn problem(text: &str) -> ScriptError {
    ScriptError::HostJson(text.to_owned())
}
