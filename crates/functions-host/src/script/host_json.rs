//! `host.json`: the members that the host uses, those without effect, which it reports, and those that it refuses.
//!
//! Reference: <https://learn.microsoft.com/azure/azure-functions/functions-host-json> and `HttpWorkerOptions.cs` of
//! `Azure/azure-functions-host`.

use std::{fs, io, path::Path, time::Duration};

use http::{HeaderName, HeaderValue};
use serde_json::Value;

use super::{
    HandlerCommand, ScriptError, Settings, configuration,
    host_document::{CustomHandler, Document, HttpMode},
    known_members::{NO_EFFECT, take_unknown, unconvertible},
    overrides, profile,
    route_entries::Route,
};
use crate::{
    json::{self, Json},
    request_path::is_reserved,
    retry::Retry,
};

/// The checked content of `host.json`.
#[derive(Debug)]
pub(crate) struct HostJson {
    pub(crate) command: HandlerCommand,
    pub(crate) http: HttpMode,
    /// Whether the host follows a redirect in the handler's answer. It does not where requests are forwarded.
    pub(crate) follows_redirects: bool,
    /// The time limit until a handler answers `GET /`.
    pub(crate) initialization_timeout: Duration,
    /// The port fixed in `host.json`. Absent if any free port is used.
    pub(crate) port: Option<u16>,
    /// The time limit of a function. Absent if there is no limit.
    pub(crate) function_timeout: Option<Duration>,
    /// The prefix of every route, as written. It may be empty.
    pub(crate) route_prefix: String,
    /// Headers for each response that does not have them.
    pub(crate) custom_headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) throttle: Throttle,
    /// Warnings of members that are not enforced here.
    pub(crate) warnings: Vec<String>,
    /// The retry policy for functions that have none.
    pub(crate) retry: Option<Retry>,
    /// The functions without a folder: `customHandler.http.routes`.
    pub(super) routes: Vec<Route>,
    /// Whether the members that Azure ignores are ignored here, too.
    pub(super) lenient: bool,
    allowed: Vec<String>,
}

/// The limits of `extensions.http`: of requests that are served at once, and of requests that wait or are served.
/// Absent if there is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Throttle {
    pub(crate) concurrent: Option<usize>,
    pub(crate) outstanding: Option<usize>,
}

const DEFAULT_INITIALIZATION_TIMEOUT: Duration = Duration::from_secs(30);
const DEFAULT_FUNCTION_TIMEOUT: Duration = Duration::from_secs(30 * 60);
const MINIMUM_FUNCTION_TIMEOUT: Duration = Duration::from_secs(1);

impl HostJson {
    /// Reads and checks `host.json`. With `lenient`, members that Azure ignores are ignored here too, with a warning.
    pub(super) fn load(
        root: &Path,
        environment: &Settings,
        settings: &Settings,
        lenient: bool,
    ) -> Result<Self, ScriptError> {
        let written = read(root)?;
        let Json::Object(members) = &written else { return Err(problem("not an object")) };
        // The version is read only from the file, as written.
        let version = members.iter().rfind(|(name, _)| name.eq_ignore_ascii_case("version"));
        if version.is_none_or(|(_, version)| *version != Json::text("2.0")) {
            return Err(problem("\"version\" must be \"2.0\""));
        }
        let mut document = configuration::from_document(&written);
        overrides::apply(&mut document, settings);
        let mut document = profile::apply(document).map_err(|error| problem(&error))?;
        let unknown = take_unknown(&mut document);
        if let (false, Some(member)) = (lenient, unknown.first()) {
            return Err(problem(&format!(
                "the member \"{member}\" is unknown: Azure ignores it, and so does this host when it is lenient"
            )));
        }
        if let Some(value) = unconvertible(&document) {
            return Err(problem(&format!("{value}, and such a value stops the host")));
        }
        let ignored = unknown.iter().map(|member| format!("host.json: the unknown member \"{member}\" is ignored"));
        let warnings = ignored.chain(profile::warning(&document, settings)).chain(no_effect(&document)).collect();
        let document = configuration::read(document).map_err(|error| problem(error.trim_start_matches('.')))?;
        Self::check(document, root, environment, lenient, warnings)
    }

    /// Reports whether `functions` lists this function. An empty list allows all functions.
    pub(super) fn allows(&self, name: &str) -> bool {
        self.allowed.is_empty() || self.allowed.iter().any(|allowed| allowed.eq_ignore_ascii_case(name))
    }

    fn check(
        mut document: Document,
        root: &Path,
        environment: &Settings,
        lenient: bool,
        mut warnings: Vec<String>,
    ) -> Result<Self, ScriptError> {
        document.logging.check().map_err(|error| problem(&error))?;
        let function_timeout = function_timeout(document.function_timeout.as_deref())?;
        let (handler, http) = handler(&mut document, &mut warnings)?;
        let http_options = &document.extensions.http;
        http_options.check_limits().map_err(|error| problem(&error))?;
        warnings.extend(http_options.warnings());
        warnings.extend(
            document.extensions.others.keys().map(|name| format!("host.json: extensions.{name} has no effect")),
        );
        if !document.logging.is_empty() {
            warnings.push("host.json: no effect in this host: logging".to_owned());
        }
        let route_prefix = http_options.route_prefix.clone().unwrap_or_else(|| "api".to_owned());
        if is_reserved(&format!("/{}", route_prefix.trim_start_matches('/'))) {
            warnings.push(format!(
                "host.json: routePrefix \"{route_prefix}\": every function is 404, since the host keeps paths below /admin and \
                 /runtime to itself"
            ));
        }
        let initialization_timeout = match &handler.initialization_timeout {
            Some(text) => time_span("customHandler.initializationTimeout", text)?,
            None => DEFAULT_INITIALIZATION_TIMEOUT,
        };
        let (follows_redirects, port) = (handler.follows_redirects(), handler.port);
        let routes = Route::read_all(&handler.http).map_err(|error| problem(&error))?;
        let description = handler.description.ok_or_else(|| problem("\"customHandler\" has no \"description\""))?;
        let command = HandlerCommand::new(root, description);
        command.executable(environment)?;
        let limit = |number: Option<i32>| number.and_then(|number| usize::try_from(number).ok());
        let retry = document.retry.map(Retry::parse).transpose();
        Ok(Self {
            command,
            http,
            follows_redirects,
            initialization_timeout,
            port,
            function_timeout,
            route_prefix,
            custom_headers: http_options.headers().map_err(|error| problem(&error))?,
            throttle: Throttle {
                concurrent: limit(http_options.max_concurrent_requests),
                outstanding: limit(http_options.max_outstanding_requests),
            },
            warnings,
            retry: retry.map_err(|error| problem(&error))?,
            routes,
            lenient,
            allowed: document.functions,
        })
    }
}

/// Returns `customHandler`, or else the section under its older name `httpWorker`, and the mode of HTTP functions.
fn handler(document: &mut Document, warnings: &mut Vec<String>) -> Result<(CustomHandler, HttpMode), ScriptError> {
    match (document.custom_handler.take(), document.http_worker.take()) {
        (Some(handler), older) => {
            if older.is_some() {
                warnings.push("host.json: \"httpWorker\" has no effect beside \"customHandler\"".to_owned());
            }
            warnings.extend(handler.check_kind().map_err(|error| problem(&error))?);
            warnings.extend(handler.http.warning());
            let mode = handler.mode();
            Ok((handler, mode))
        }
        (None, Some(older)) => {
            older.check_kind().map_err(|error| problem(&error))?;
            warnings.push(
                "host.json: \"httpWorker\" is the older name of \"customHandler\": each HTTP function is sent to the \
                 path /<function>, whatever its route"
                    .to_owned(),
            );
            Ok((older, HttpMode::ForwardToName))
        }
        (None, None) => Err(problem("there is no \"customHandler\" section")),
    }
}

/// Reads the file as written.
pub(super) fn read(root: &Path) -> Result<Json, ScriptError> {
    let path = root.join("host.json");
    let text = fs::read_to_string(&path).map_err(|source| match source.kind() {
        io::ErrorKind::NotFound => ScriptError::NoHostJson(root.to_owned()),
        _ => ScriptError::Read { path, source },
    })?;
    json::read_whole(&text).map_err(|error| problem(&error.to_string()))
}

/// Returns a warning that names the sections without effect.
fn no_effect(document: &Value) -> Option<String> {
    let there: Vec<&str> = NO_EFFECT.iter().filter(|name| document.get(**name).is_some()).copied().collect();
    (!there.is_empty()).then(|| format!("host.json: no effect in this host: {}", there.join(", ")))
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
