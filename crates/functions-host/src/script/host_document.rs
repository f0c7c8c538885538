//! The document `host.json`, with every leaf as a text.

use std::collections::BTreeMap;

use http::{HeaderName, HeaderValue};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::Value;

use super::{command::Description, configuration};

/// The form in which an HTTP function without further bindings reaches the handler.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HttpMode {
    /// The request and the answer are streamed (`enableProxyingHttpRequest`).
    Proxy,
    /// The request and the answer are buffered, and the query is rebuilt (`enableForwardingHttpRequest`).
    Forward,
    /// As with `Forward`, but the path is `/<function>` (the section `httpWorker`).
    ForwardToName,
    /// The request is the JSON of `Data` and `Metadata`.
    Payload,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Document {
    #[serde(default, deserialize_with = "configuration::optional_section")]
    pub(super) custom_handler: Option<CustomHandler>,
    /// The older name of `customHandler`.
    #[serde(default, deserialize_with = "configuration::optional_section")]
    pub(super) http_worker: Option<CustomHandler>,
    pub(super) function_timeout: Option<String>,
    #[serde(default, deserialize_with = "configuration::list")]
    pub(super) functions: Vec<String>,
    #[serde(default, deserialize_with = "configuration::section")]
    pub(super) logging: Logging,
    #[serde(default, deserialize_with = "configuration::section")]
    pub(super) extensions: Extensions,
    #[serde(default, deserialize_with = "configuration::optional_section")]
    pub(super) retry: Option<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomHandler {
    #[serde(default, deserialize_with = "configuration::optional_section")]
    pub(super) description: Option<Description>,
    #[serde(rename = "type")]
    kind: Option<String>,
    #[serde(default, deserialize_with = "configuration::boolean")]
    enable_forwarding_http_request: bool,
    #[serde(default, deserialize_with = "configuration::boolean")]
    enable_proxying_http_request: bool,
    pub(super) initialization_timeout: Option<String>,
    #[serde(default, deserialize_with = "configuration::number")]
    pub(super) port: Option<u16>,
    #[serde(default, deserialize_with = "configuration::section")]
    pub(super) http: RouteOptions,
}

/// The section `customHandler.http`: functions without `function.json`.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RouteOptions {
    #[serde(default, deserialize_with = "configuration::items")]
    pub(super) routes: Vec<RouteEntry>,
    #[serde(rename = "DefaultAuthorizationLevel")]
    pub(super) default_level: Option<String>,
    /// A page of the documentation names this member. The host reads `customHandler.enableProxyingHttpRequest` instead.
    enable_proxying: Option<IgnoredAny>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RouteEntry {
    pub(super) route: Option<String>,
    pub(super) authorization_level: Option<String>,
}

#[derive(Default, Deserialize)]
pub(super) struct Extensions {
    #[serde(default, deserialize_with = "configuration::section")]
    pub(super) http: HttpOptions,
    // These sections belong to other triggers and bindings. A function that has one of those is refused.
    #[serde(flatten)]
    pub(super) others: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct HttpOptions {
    pub(super) route_prefix: Option<String>,
    #[serde(default, deserialize_with = "configuration::section")]
    custom_headers: BTreeMap<String, String>,
    #[serde(default, deserialize_with = "configuration::number")]
    pub(super) max_outstanding_requests: Option<i32>,
    #[serde(default, deserialize_with = "configuration::number")]
    pub(super) max_concurrent_requests: Option<i32>,
    #[serde(default, deserialize_with = "configuration::boolean")]
    dynamic_throttles_enabled: bool,
    #[serde(default, deserialize_with = "configuration::boolean")]
    enable_chunked_request_binding: bool,
    #[serde(default, deserialize_with = "configuration::section")]
    hsts: Hsts,
}

#[derive(Default, Deserialize)]
struct Hsts {
    #[serde(default, rename = "isEnabled", deserialize_with = "configuration::boolean")]
    is_enabled: bool,
}

/// The section `logging`. Only the parts that can stop the host are read.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Logging {
    #[serde(default, deserialize_with = "configuration::section")]
    log_level: BTreeMap<String, Value>,
    #[serde(flatten)]
    others: BTreeMap<String, Value>,
}

/// The names of levels. Their numbers, from 0, are also accepted.
const LOG_LEVELS: [&str; 7] = ["Trace", "Debug", "Information", "Warning", "Error", "Critical", "None"];

impl Logging {
    /// Fails for a level that does not exist, because it stops the host.
    pub(super) fn check(&self) -> Result<(), String> {
        let exists = |level: &str| {
            LOG_LEVELS.iter().any(|known| known.eq_ignore_ascii_case(level))
                || level.parse::<usize>().is_ok_and(|number| number < LOG_LEVELS.len())
        };
        let levels = self.log_level.iter().filter_map(|(category, level)| Some((category, level.as_str()?)));
        match levels.into_iter().find(|(_, level)| !level.is_empty() && !exists(level.trim())) {
            Some((category, level)) => {
                let levels = LOG_LEVELS.join(", ");
                Err(format!(
                    "logging.logLevel.{category} is \"{level}\"; the levels are {levels}, and their numbers 0 to 6"
                ))
            }
            None => Ok(()),
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.log_level.is_empty() && self.others.is_empty()
    }
}

impl CustomHandler {
    /// Checks the type. `Http` is accepted, `None` gives a warning, and any other type stops the host.
    pub(super) fn check_kind(&self) -> Result<Option<String>, String> {
        match self.kind.as_deref().map(str::to_ascii_lowercase).as_deref() {
            None | Some("http") => Ok(None),
            Some("none") => Ok(Some("customHandler.type is not \"Http\"; the host takes it as \"Http\"".to_owned())),
            Some(other) => {
                Err(format!("customHandler.type is \"{other}\"; the host takes \"Http\", and \"None\" with a warning"))
            }
        }
    }

    /// Returns the mode. Proxying wins if both are set.
    pub(super) fn mode(&self) -> HttpMode {
        match (self.enable_proxying_http_request, self.enable_forwarding_http_request) {
            (true, _) => HttpMode::Proxy,
            (false, true) => HttpMode::Forward,
            (false, false) => HttpMode::Payload,
        }
    }

    /// Reports whether the host follows a redirect in an answer.
    pub(super) fn follows_redirects(&self) -> bool {
        !self.enable_forwarding_http_request
    }
}

impl RouteOptions {
    pub(super) fn warning(&self) -> Option<String> {
        self.enable_proxying.is_some().then(|| {
            "host.json: customHandler.http.enableProxying is not read by the Functions host: set \
             customHandler.enableProxyingHttpRequest"
                .to_owned()
        })
    }
}

impl HttpOptions {
    /// Returns warnings of members that are set and have no effect here.
    pub(super) fn warnings(&self) -> Vec<String> {
        [
            ("dynamicThrottlesEnabled", self.dynamic_throttles_enabled),
            ("enableChunkedRequestBinding", self.enable_chunked_request_binding),
            ("hsts", self.hsts.is_enabled),
        ]
        .into_iter()
        .filter(|(_, set)| *set)
        .map(|(name, _)| format!("host.json: extensions.http.{name} is not enforced by this host"))
        .collect()
    }

    /// Checks that each limit is at least 1, or -1. Any other number makes the host's request queue throw, so that
    /// every call is answered 500.
    pub(super) fn check_limits(&self) -> Result<(), String> {
        let limits = [
            ("maxOutstandingRequests", self.max_outstanding_requests),
            ("maxConcurrentRequests", self.max_concurrent_requests),
        ];
        match limits
            .into_iter()
            .find_map(|(name, limit)| Some((name, limit.filter(|limit| *limit < 1 && *limit != -1)?)))
        {
            Some((name, limit)) => Err(format!(
                "extensions.http.{name} is {limit}, with which Azure answers 500 to every call; it is at least 1, or -1 for \
                 no limit"
            )),
            None => Ok(()),
        }
    }

    pub(super) fn headers(&self) -> Result<Vec<(HeaderName, HeaderValue)>, String> {
        let parse = |(name, value): (&String, &String)| Some((name.parse().ok()?, value.parse().ok()?));
        self.custom_headers
            .iter()
            .map(|(name, value)| {
                parse((name, value)).ok_or_else(|| format!("customHeaders: \"{name}\" is not a valid header"))
            })
            .collect()
    }
}
