//! The settings of `host.json` on which host and handler must agree.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-host-json>

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::{Map, Value};

use crate::{
    environment::Environment,
    host_document::{self, DocumentError, member},
    time_span,
};

const ROUTE_PREFIX: [&str; 3] = ["extensions", "http", "routePrefix"];
const PROFILE: [&str; 1] = ["configurationProfile"];
const FUNCTION_TIMEOUT: [&str; 1] = ["functionTimeout"];

/// The host's default on every plan except Consumption. There it is 5 minutes.
const DEFAULT_FUNCTION_TIMEOUT: Duration = Duration::from_secs(30 * 60);

/// The settings of `host.json` that the handler shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostJson {
    /// The text before each route. It may be empty, or have several segments.
    pub(crate) route_prefix: String,
    /// The time after which the host gives up an invocation and kills the handler. `None`: never.
    pub(crate) function_timeout: Option<Duration>,
}

/// A `host.json` that the host does not start with. If the handler went on, its routes would differ from the host's.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HostJsonError {
    #[error("cannot read {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("{}: {source}", path.display())]
    Document { path: PathBuf, source: DocumentError },
    #[error("functionTimeout of host.json is \"{0}\"; it is a time such as 00:05:00, or -1 for none")]
    FunctionTimeout(String),
    #[error(
        "configurationProfile of host.json is \"{0}\"; it is default, mcp-custom-handler or web-app-custom-handler"
    )]
    Profile(String),
}

impl HostJson {
    /// Reads `host.json` in the script root, and the variables that override it. Without the file the host writes a
    /// default one, so the defaults apply.
    pub(crate) fn read(script_root: Option<&Path>, environment: &Environment) -> Result<Self, HostJsonError> {
        let members = script_root.map_or(Ok(Map::new()), |root| file(root.join("host.json")))?;
        let text =
            |path: &[&str]| environment.host_json_override(path).map(str::to_owned).or_else(|| leaf(&members, path));
        let function_timeout = match text(&FUNCTION_TIMEOUT).filter(|text| !text.is_empty()) {
            None => Some(DEFAULT_FUNCTION_TIMEOUT),
            Some(text) if text.trim() == "-1" => None,
            Some(text) => {
                let span = time_span::parse(&text).filter(|span| span.is_positive());
                Some(span.ok_or(HostJsonError::FunctionTimeout(text))?.unsigned_abs())
            }
        };
        let profile = text(&PROFILE).unwrap_or_default();
        let default_prefix = match profile.to_ascii_lowercase().as_str() {
            "" | "default" => "api",
            "mcp-custom-handler" | "web-app-custom-handler" => "",
            _ => return Err(HostJsonError::Profile(profile)),
        };
        Ok(Self { route_prefix: text(&ROUTE_PREFIX).unwrap_or_else(|| default_prefix.to_owned()), function_timeout })
    }
}

fn file(path: PathBuf) -> Result<Map<String, Value>, HostJsonError> {
    match fs::read_to_string(&path) {
        Ok(text) => host_document::read(&text).map_err(|source| HostJsonError::Document { path, source }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Map::new()),
        Err(source) => Err(HostJsonError::Unreadable { path, source }),
    }
}

/// Returns a member as the text that .NET's configuration makes of it. `null` is an empty text.
fn leaf(members: &Map<String, Value>, path: &[&str]) -> Option<String> {
    let (last, before) = path.split_last()?;
    let mut members = members;
    for step in before {
        members = member(members, step)?.as_object()?;
    }
    match member(members, last)? {
        Value::Null => Some(String::new()),
        Value::String(text) => Some(text.clone()),
        value @ (Value::Bool(_) | Value::Number(_)) => Some(value.to_string()),
        Value::Array(_) | Value::Object(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "AzureFunctionsJobHost__extensions__http__routePrefix";

    fn read(text: &str, environment: &[(&str, &str)]) -> Result<HostJson, HostJsonError> {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("host.json"), text).unwrap();
        HostJson::read(Some(folder.path()), &Environment::from_variables(environment))
    }

    fn prefix(text: &str, environment: &[(&str, &str)]) -> String {
        read(text, environment).unwrap().route_prefix
    }

    #[test]
    fn the_prefix_is_api_unless_host_json_says_otherwise() {
        assert_eq!(prefix("{}", &[]), "api");
        assert_eq!(prefix(r#"{"extensions":{"http":{"routePrefix":"v1/things"}}}"#, &[]), "v1/things");
        assert_eq!(prefix(r#"{"Extensions":{"HTTP":{"routeprefix":5}}} // in any case"#, &[]), "5");
        for none in [r#"{"extensions":{"http":{"routePrefix":""}}}"#, r#"{"extensions":{"http":{"routePrefix":null}}}"#]
        {
            assert_eq!(prefix(none, &[]), "");
        }
    }

    #[test]
    fn a_profile_takes_the_prefix_away_unless_host_json_has_one() {
        for profile in ["mcp-custom-handler", "Web-App-Custom-Handler"] {
            assert_eq!(prefix(&format!(r#"{{"configurationProfile":"{profile}"}}"#), &[]), "");
        }
        let own = r#"{"configurationProfile":"mcp-custom-handler","extensions":{"http":{"routePrefix":"v1"}}}"#;
        assert_eq!(prefix(own, &[]), "v1");
        assert_eq!(prefix(r#"{"configurationProfile":"default"}"#, &[]), "api");
    }

    #[test]
    fn the_environment_wins_over_host_json() {
        let text = r#"{"functionTimeout":"00:05:00","extensions":{"http":{"routePrefix":"v1"}}}"#;
        assert_eq!(prefix(text, &[(PREFIX, "v2")]), "v2");
        assert_eq!(prefix(text, &[(PREFIX, "")]), "");
        assert_eq!(prefix(text, &[("AZUREFUNCTIONSJOBHOST:Extensions:http:routePrefix", "v3")]), "v3");
        let timeout = read(text, &[("AzureFunctionsJobHost__functionTimeout", "00:00:30")]).unwrap().function_timeout;
        assert_eq!(timeout, Some(Duration::from_secs(30)));
    }

    #[test]
    fn without_a_file_the_hosts_defaults_count() {
        let expected = HostJson { route_prefix: "api".to_owned(), function_timeout: Some(DEFAULT_FUNCTION_TIMEOUT) };
        assert_eq!(HostJson::read(None, &Environment::from_variables(&[])).unwrap(), expected);
        assert_eq!(HostJson::read(Some(Path::new("/nowhere")), &Environment::from_variables(&[])).unwrap(), expected);
        assert_eq!(read("{\"functionTimeout\": null}", &[]).unwrap(), expected);
    }

    #[test]
    fn a_function_may_have_no_time_limit() {
        assert_eq!(read("{\"functionTimeout\": \"-1\"}", &[]).unwrap().function_timeout, None);
    }

    #[test]
    fn a_host_json_that_the_host_refuses_is_refused_by_name() {
        for (text, expected) in [
            ("not JSON", "host.json: it is not JSON"),
            ("[]", "host.json: it is not a JSON object"),
            ("{\"functionTimeout\": \"soon\"}", "functionTimeout of host.json is \"soon\""),
            ("{\"functionTimeout\": 0}", "functionTimeout of host.json is \"0\""),
            ("{\"configurationProfile\": \"mine\"}", "configurationProfile of host.json is \"mine\""),
        ] {
            let message = read(text, &[]).unwrap_err().to_string();
            assert!(message.contains(expected), "{message}");
        }
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("host.json")).unwrap();
        let message = HostJson::read(Some(folder.path()), &Environment::from_variables(&[])).unwrap_err().to_string();
        assert!(message.starts_with("cannot read "), "{message}");
    }
}
