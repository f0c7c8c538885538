//! The handler's answer to an invocation with a JSON payload, and the answers that fail the invocation.
//!
//! Source: `DefaultHttpWorkerService.cs` and `HttpScriptInvocationResult.cs` of `Azure/azure-functions-host`.

use http::StatusCode;
use serde_json::Value;

use super::json::{self, Json};

/// The longest failure text that is kept.
const LONGEST_REASON: usize = 500;

/// A usable answer.
#[derive(Debug, PartialEq)]
pub(super) struct WorkerAnswer {
    /// The values by the name of the output binding. Absent and `null` mean the same.
    pub(super) outputs: Option<Vec<(String, Json)>>,
    pub(super) logs: Vec<String>,
    pub(super) return_value: Json,
}

/// The reason why an invocation failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    /// The handler's status reports a failure.
    #[error("the handler answered {status}{}", if body.is_empty() { String::new() } else { format!(": {body}") })]
    Status { status: StatusCode, body: String },
    /// An answer after which the real host waits until `functionTimeout`.
    #[error(
        "the handler answered {status} with {what}. The Functions host never completes such an invocation: it waits until \
         functionTimeout and then kills the handler. Answer at least {{}} with Content-Type application/json"
    )]
    Hangs { status: StatusCode, what: &'static str },
    /// The answer is missing or cannot be read.
    #[error("{0}")]
    Other(String),
}

impl Failure {
    /// Returns the failure in the words of .NET's HTTP client, as `RetryContext` has them.
    pub(super) fn in_dotnet_words(&self) -> String {
        match self {
            Self::Status { status, .. } => format!(
                "Response status code does not indicate success: {} ({}).",
                status.as_u16(),
                status.canonical_reason().unwrap_or_default()
            ),
            other => other.to_string(),
        }
    }

    /// Returns the handler's own words if it has some, or else the failure itself. The text has at most 500 characters.
    pub(super) fn reason(&self) -> String {
        match self {
            Self::Status { body, .. } if !body.is_empty() => reason(body),
            other => shorten(&other.to_string()),
        }
    }
}

/// Returns the message in a JSON error body, or else the whole text. The result has at most 500 characters.
pub(super) fn reason(body: &str) -> String {
    let document: Value = serde_json::from_str(body).unwrap_or_default();
    let error = document.get("error").unwrap_or(&document);
    let message = error.as_str().or_else(|| error.get("message")?.as_str());
    shorten(message.unwrap_or(body).trim())
}

fn shorten(text: &str) -> String {
    text.chars().take(LONGEST_REASON).collect()
}

impl WorkerAnswer {
    /// Reads an answer. A redirect that was not followed is a failure.
    pub(super) fn read(status: StatusCode, content_type: Option<&str>, body: &[u8]) -> Result<Self, Failure> {
        if !status.is_success() {
            return Err(Failure::Status { status, body: String::from_utf8_lossy(body).trim().to_owned() });
        }
        if body.is_empty() {
            return Err(Failure::Hangs { status, what: "an empty body" });
        }
        let media_type = content_type.and_then(|value| value.split(';').next()).unwrap_or_default().trim();
        if !["application/json", "text/json"].iter().any(|json| media_type.eq_ignore_ascii_case(json)) {
            return Err(Failure::Other(format!(
                "the handler answered {status} with {}, which the Functions host refuses as an unsupported media type: \
                 send Content-Type application/json",
                if media_type.is_empty() { "no Content-Type".to_owned() } else { format!("Content-Type {media_type}") }
            )));
        }
        let unreadable = |problem: String| {
            Failure::Other(format!("the handler answered {status} with a body that is not JSON: {problem}"))
        };
        let text = decode(content_type.unwrap_or_default(), body).map_err(unreadable)?;
        match json::read_first(&text).map_err(|error| unreadable(error.to_string()))? {
            Json::Null => Err(Failure::Hangs { status, what: "the body null" }),
            Json::Object(members) => Self::from_members(members),
            _ => Err(Failure::Other("the handler answered with JSON that is not an object".to_owned())),
        }
    }

    /// Reads the members of an answer. Names match in any letter case, and unknown names have no meaning.
    fn from_members(members: Vec<(String, Json)>) -> Result<Self, Failure> {
        let mut answer = Self { outputs: None, logs: Vec::new(), return_value: Json::Null };
        for (name, value) in members {
            match (name.to_ascii_lowercase().as_str(), value) {
                ("outputs", Json::Object(outputs)) => answer.outputs = Some(outputs),
                ("logs", Json::Array(lines)) => {
                    answer.logs = lines.into_iter().map(log_line).collect::<Result<_, _>>()?;
                }
                ("outputs" | "logs", Json::Null) => {}
                (name @ ("outputs" | "logs"), _) => {
                    let expected = if name == "logs" { "an array of texts" } else { "an object" };
                    return Err(Failure::Other(format!("\"{name}\" of the handler's answer is not {expected}")));
                }
                ("returnvalue", value) => answer.return_value = value,
                _ => {}
            }
        }
        Ok(answer)
    }
}

/// Decodes the body as UTF-8, or as UTF-16 if `charset` says so.
fn decode(content_type: &str, body: &[u8]) -> Result<String, String> {
    let lower = content_type.to_ascii_lowercase();
    let charset = lower.split_once("charset=").map_or("utf-8", |(_, rest)| rest);
    match charset.split(';').next().unwrap_or_default().trim().trim_matches('"') {
        "utf-8" => String::from_utf8(body.to_vec()).map_err(|error| error.to_string()),
        "utf-16" => {
            let units: Vec<u16> = body.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]])).collect();
            String::from_utf16(&units).map_err(|error| error.to_string())
        }
        other => Err(format!("the charset \"{other}\" is neither utf-8 nor utf-16")),
    }
}

fn log_line(value: Json) -> Result<String, Failure> {
    match value {
        Json::Null => Ok(String::new()),
        Json::Array(_) | Json::Object(_) => {
            Err(Failure::Other("\"logs\" of the handler's answer holds something that is not a text".to_owned()))
        }
        scalar => Ok(scalar.scalar_text().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use http::StatusCode;
    use serde_json::json;

    use super::{Json, WorkerAnswer, reason};

    fn read(status: u16, content_type: Option<&str>, body: &str) -> Result<WorkerAnswer, String> {
        let status = StatusCode::from_u16(status).unwrap();
        WorkerAnswer::read(status, content_type, body.as_bytes()).map_err(|failure| failure.to_string())
    }

    #[test]
    fn members_are_read_in_any_letter_case() {
        let body = r#"{"outputs":{"res":{"statusCode":201}},"LOGS":["a",1,null],"ReturnValue":[1],"More":0}"#;
        let answer = read(200, Some("application/json; charset=utf-8"), body).unwrap();
        assert_eq!(answer.outputs, Some(vec![("res".to_owned(), Json::from(json!({ "statusCode": 201 })))]));
        assert_eq!(answer.logs, ["a", "1", ""]);
        assert_eq!(answer.return_value, Json::from(json!([1])));
        let lenient = "\u{feff}{'Logs':['a',],} more";
        assert_eq!(read(200, Some("text/json"), lenient).unwrap().logs, ["a"]);
    }

    #[test]
    fn answers_that_fail_the_invocation_say_why() {
        let json = Some("application/json");
        let hang = "The Functions host never completes such an invocation: it waits until functionTimeout and then kills \
                    the handler. Answer at least {} with Content-Type application/json";
        let cases = [
            (500, json, r#"{"e":1}"#, r#"the handler answered 500 Internal Server Error: {"e":1}"#.to_owned()),
            (404, None, "", "the handler answered 404 Not Found".to_owned()),
            (302, json, "{}", "the handler answered 302 Found: {}".to_owned()),
            (200, json, "", format!("the handler answered 200 OK with an empty body. {hang}")),
            (204, None, "", format!("the handler answered 204 No Content with an empty body. {hang}")),
            (200, json, "null", format!("the handler answered 200 OK with the body null. {hang}")),
            (
                200,
                Some("text/plain; charset=utf-8"),
                "{}",
                "the handler answered 200 OK with Content-Type text/plain, which the Functions host refuses as an \
                 unsupported media type: send Content-Type application/json"
                    .to_owned(),
            ),
            (
                200,
                json,
                "{",
                "the handler answered 200 OK with a body that is not JSON: a name is expected at line 1 column 2"
                    .to_owned(),
            ),
            (
                200,
                Some("application/json; charset=iso-8859-1"),
                "{}",
                "the handler answered 200 OK with a body that is not JSON: the charset \"iso-8859-1\" is neither utf-8 nor \
                 utf-16"
                    .to_owned(),
            ),
            (200, json, "[]", "the handler answered with JSON that is not an object".to_owned()),
            (200, json, r#"{"Logs":"a"}"#, "\"logs\" of the handler's answer is not an array of texts".to_owned()),
            (
                200,
                json,
                r#"{"Logs":[{}]}"#,
                "\"logs\" of the handler's answer holds something that is not a text".to_owned(),
            ),
        ];
        for (status, content_type, body, expected) in cases {
            assert_eq!(read(status, content_type, body), Err(expected), "{status} {body}");
        }
    }

    #[test]
    fn a_reason_is_the_message_of_the_error_body() {
        assert_eq!(reason(r#"{"error":{"code":"refused","message":"Key Vault refused"}}"#), "Key Vault refused");
        assert_eq!(reason(r#"{"error":"no"}"#), "no");
        assert_eq!(reason(r#"{"message":"no"}"#), "no");
        assert_eq!(reason(r#"{"else":1}"#), r#"{"else":1}"#);
        assert_eq!(reason(" plain "), "plain");
        assert_eq!(reason(&"é".repeat(600)).chars().count(), 500);
    }
}
