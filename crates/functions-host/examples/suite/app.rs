//! The app of the suite. It does not depend on the form of a call.

use serde_json::Value;

const TEXT: &str = "text/plain; charset=utf-8";

/// An answer of the app. It is the same in every form of a call.
pub(crate) struct AppAnswer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: String,
}

impl AppAnswer {
    fn text(body: impl Into<String>) -> Self {
        Self { status: 200, headers: vec![("content-type", TEXT.to_owned())], body: body.into() }
    }
}

/// Answers a request. `path` is the part below `/api/app`.
pub(crate) fn answer(method: &str, path: &str, name: Option<&str>, probe: Option<&str>, body: &str) -> AppAnswer {
    let (head, rest) = path.split_once('/').unwrap_or((path, ""));
    match head {
        "hello" => AppAnswer::text("hello"),
        "echo" => AppAnswer::text(body),
        "upper" => AppAnswer::text(body.to_uppercase()),
        "sum" => {
            let document: Value = serde_json::from_str(body).unwrap_or_default();
            let numbers = document["numbers"].as_array().into_iter().flatten().filter_map(Value::as_i64);
            AppAnswer::text(numbers.sum::<i64>().to_string())
        }
        "method" => AppAnswer::text(method),
        "query" => AppAnswer::text(name.unwrap_or("(none)")),
        "header" => AppAnswer::text(probe.unwrap_or("(none)")),
        "path" => AppAnswer::text(rest),
        "status" => AppAnswer { status: rest.parse().unwrap_or(500), ..AppAnswer::text(format!("status {rest}")) },
        "json" => {
            let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
            AppAnswer { headers, ..AppAnswer::text(r#"{"a":1,"b":"é"}"#) }
        }
        "reply" => {
            let headers = vec![("content-type", TEXT.to_owned()), ("x-reply", rest.to_owned())];
            AppAnswer { headers, ..AppAnswer::text("replied") }
        }
        "redirect" => {
            let headers = vec![("content-type", TEXT.to_owned()), ("location", "/api/app/hello".to_owned())];
            AppAnswer { status: 302, headers, ..AppAnswer::text("moved") }
        }
        "empty" => AppAnswer::text(""),
        "large" => AppAnswer::text("x".repeat(rest.parse().unwrap_or_default())),
        _ => AppAnswer { status: 404, ..AppAnswer::text("no such path") },
    }
}
