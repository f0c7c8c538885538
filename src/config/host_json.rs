//! What the handler must know of `host.json`: the host acts on these, and the handler has to agree.
//!
//! <https://learn.microsoft.com/azure/azure-functions/functions-host-json>

use std::{fs, path::Path, time::Duration};

use jiff::SignedDuration;
use serde::Deserialize;
use tracing::warn;

/// Environment variables by which the host lets `host.json` be overridden.
const ROUTE_PREFIX: &str = "AzureFunctionsJobHost__extensions__http__routePrefix";
const FUNCTION_TIMEOUT: &str = "AzureFunctionsJobHost__functionTimeout";

/// The host's settings that the handler shares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct HostJson {
    /// What comes before each route, without slashes around it; may be empty, or have several segments.
    pub(crate) route_prefix: String,
    /// When the host gives up on an invocation, and kills the handler; `None` where it never does, or does not say.
    pub(crate) function_timeout: Option<Duration>,
}

impl HostJson {
    /// Reads `host.json` in the folder that the host names, and what the environment says in its place.
    ///
    /// Without the folder (a handler that was started by hand) or the file, the host's own defaults count. A file that
    /// is not JSON stops the host before it starts a handler, so it is not an error here.
    pub(super) fn read(script_root: Option<&Path>, lookup: impl Fn(&str) -> Option<String>) -> Self {
        let file = script_root.map(|root| root.join("host.json")).map_or_else(File::default, |path| {
            File::read(&path).unwrap_or_else(|error| {
                warn!("{} was not read, so the host's defaults count: {error}", path.display());
                File::default()
            })
        });
        // An empty prefix is a prefix, unlike other settings.
        let prefix = lookup(ROUTE_PREFIX).or(file.extensions.http.route_prefix).unwrap_or_else(|| "api".to_owned());
        let timeout = lookup(FUNCTION_TIMEOUT).filter(|text| !text.is_empty()).or(file.function_timeout);
        Self {
            route_prefix: prefix.trim_matches('/').to_owned(),
            function_timeout: timeout.and_then(|text| duration(&text)),
        }
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct File {
    function_timeout: Option<String>,
    extensions: Extensions,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Extensions {
    http: Http,
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Http {
    route_prefix: Option<String>,
}

impl File {
    fn read(path: &Path) -> Result<Self, Box<dyn std::error::Error>> {
        Ok(serde_json::from_slice(&fs::read(path)?)?)
    }
}

/// `hh:mm:ss` with days before (`1.00:00:00`) and a fraction after, as .NET writes a `TimeSpan`. -1 is unbounded.
fn duration(text: &str) -> Option<Duration> {
    let (days, time) = match text.split_once('.') {
        Some((days, time)) if time.contains(':') => (days.parse::<i64>().ok()?, time),
        _ => (0, text),
    };
    let mut parts = time.split(':');
    let (hours, minutes, seconds) =
        (parts.next()?.parse::<i64>().ok()?, parts.next()?.parse::<i64>().ok()?, parts.next());
    let seconds = seconds.map_or(Some(0.0), |text| text.parse::<f64>().ok())?;
    let whole = days.checked_mul(24)?.checked_add(hours)?.checked_mul(60)?.checked_add(minutes)?.checked_mul(60)?;
    let sum = SignedDuration::from_secs(whole).checked_add(SignedDuration::try_from_secs_f64(seconds).ok()?)?;
    sum.is_positive().then(|| sum.unsigned_abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, environment: &[(&str, &str)]) -> HostJson {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("host.json"), text).unwrap();
        let lookup = |name: &str| environment.iter().find(|(n, _)| *n == name).map(|(_, value)| (*value).to_owned());
        HostJson::read(Some(folder.path()), lookup)
    }

    fn prefix(text: &str, environment: &[(&str, &str)]) -> String {
        read(text, environment).route_prefix
    }

    #[test]
    fn the_prefix_is_api_unless_host_json_says_otherwise() {
        assert_eq!(prefix("{}", &[]), "api");
        assert_eq!(prefix(r#"{"extensions":{"http":{"routePrefix":"/v1/things/"}}}"#, &[]), "v1/things");
        assert_eq!(prefix(r#"{"extensions":{"http":{"routePrefix":""}}}"#, &[]), "");
    }

    #[test]
    fn the_environment_wins_over_host_json() {
        let text = r#"{"functionTimeout":"00:05:00","extensions":{"http":{"routePrefix":"v1"}}}"#;
        assert_eq!(prefix(text, &[(ROUTE_PREFIX, "v2")]), "v2");
        assert_eq!(prefix(text, &[(ROUTE_PREFIX, "")]), "");
        let timeout = read(text, &[(FUNCTION_TIMEOUT, "00:00:30")]).function_timeout;
        assert_eq!(timeout, Some(Duration::from_secs(30)));
    }

    #[test]
    fn without_a_file_the_hosts_defaults_count() {
        let expected = HostJson { route_prefix: "api".to_owned(), function_timeout: None };
        assert_eq!(HostJson::read(None, |_| None), expected);
        assert_eq!(HostJson::read(Some(Path::new("/nowhere")), |_| None), expected);
        assert_eq!(read("not JSON", &[]), expected);
    }

    #[test]
    fn a_time_span_is_read_as_dotnet_writes_it() {
        for (text, seconds) in [("00:05:00", 300.0), ("1.00:00:00", 86400.0), ("00:00:01.5", 1.5), ("02:30", 9000.0)] {
            assert_eq!(duration(text), Some(Duration::from_secs_f64(seconds)), "{text}");
        }
        for text in ["-1", "", "00:00:00", "soon", "99999999999999999.00:00:00", "00:00:NaN", "00:00:inf"] {
            assert_eq!(duration(text), None, "{text}");
        }
    }
}
