//! The suite's handler in Rust: one HTTP function `app` (`app/{*path}`) and one timer `tick`, in all three forms of a call.
//! Its siblings in Python, JavaScript and Go lie in `tests/host/suite`.

use std::{collections::BTreeMap, env};

use axum::{
    Json, Router,
    body::Body,
    extract::Query,
    http::{HeaderMap, Method, Response, StatusCode, Uri},
    response::IntoResponse,
};
use serde_json::{Value, json};
use tokio::net::TcpListener;

const TEXT: &str = "text/plain; charset=utf-8";

/// What the app answers, whatever the form of the call.
struct Answer {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: String,
}

impl Answer {
    fn text(body: impl Into<String>) -> Self {
        Self { status: 200, headers: vec![("content-type", TEXT.to_owned())], body: body.into() }
    }
}

/// The app itself: it knows nothing of the form of the call.
fn answer(method: &str, path: &str, name: Option<&str>, probe: Option<&str>, body: &str) -> Answer {
    let (head, rest) = path.split_once('/').unwrap_or((path, ""));
    match head {
        "hello" => Answer::text("hello"),
        "echo" => Answer::text(body),
        "upper" => Answer::text(body.to_uppercase()),
        "sum" => {
            let document: Value = serde_json::from_str(body).unwrap_or_default();
            let numbers = document["numbers"].as_array().into_iter().flatten().filter_map(Value::as_i64);
            Answer::text(numbers.sum::<i64>().to_string())
        }
        "method" => Answer::text(method),
        "query" => Answer::text(name.unwrap_or("(none)")),
        "header" => Answer::text(probe.unwrap_or("(none)")),
        "path" => Answer::text(rest),
        "status" => Answer { status: rest.parse().unwrap_or(500), ..Answer::text(format!("status {rest}")) },
        "json" => {
            let headers = vec![("content-type", "application/json; charset=utf-8".to_owned())];
            Answer { headers, ..Answer::text(r#"{"a":1,"b":"é"}"#) }
        }
        "reply" => {
            let headers = vec![("content-type", TEXT.to_owned()), ("x-reply", rest.to_owned())];
            Answer { headers, ..Answer::text("replied") }
        }
        "redirect" => {
            let headers = vec![("content-type", TEXT.to_owned()), ("location", "/api/app/hello".to_owned())];
            Answer { status: 302, headers, ..Answer::text("moved") }
        }
        "empty" => Answer::text(""),
        "large" => Answer::text("x".repeat(rest.parse().unwrap_or_default())),
        _ => Answer { status: 404, ..Answer::text("no such path") },
    }
}

async fn serve(
    method: Method,
    uri: Uri,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: String,
) -> Response<Body> {
    match uri.path() {
        "/" => StatusCode::OK.into_response(),
        "/tick" => tick(&body),
        "/app" => posted(&body),
        path => {
            let path = decoded(path.trim_start_matches("/api/app").trim_start_matches('/'));
            let probe = headers.get("x-probe").and_then(|value| value.to_str().ok());
            let answer = answer(method.as_str(), &path, query.get("name").map(String::as_str), probe, &body);
            let mut response = Response::builder().status(answer.status);
            for (name, value) in answer.headers {
                response = response.header(name, value);
            }
            response.body(Body::from(answer.body)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
        }
    }
}

fn tick(body: &str) -> Response<Body> {
    let payload: Value = serde_json::from_str(body).unwrap_or_default();
    match payload["Data"]["timer"]["IsPastDue"].as_bool() {
        Some(_) => Json(json!({ "Logs": ["ticked"] })).into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn posted(body: &str) -> Response<Body> {
    let payload: Value = serde_json::from_str(body).unwrap_or_default();
    let request = &payload["Data"]["req"];
    let probe = request["Headers"].as_object().into_iter().flatten();
    let probe = probe
        .into_iter()
        .find(|(name, _)| name.eq_ignore_ascii_case("x-probe"))
        .and_then(|(_, lines)| lines[0].as_str());
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let (method, path, body) = (text(&request["Method"]), text(&request["Params"]["path"]), text(&request["Body"]));
    let answer = answer(&method, &path, request["Query"]["name"].as_str(), probe, &body);
    let headers: BTreeMap<_, _> = answer.headers.into_iter().collect();
    let response = json!({ "statusCode": answer.status, "headers": headers, "body": answer.body });
    Json(json!({ "Outputs": { "res": response } })).into_response()
}

fn decoded(path: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = path.bytes();
    while let Some(byte) = rest.next() {
        let mut hex = || char::from(rest.next()?).to_digit(16);
        match (byte == b'%').then(|| Some((hex()? * 16 + hex()?) as u8)).flatten() {
            Some(escaped) => bytes.push(escaped),
            None => bytes.push(byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[tokio::main(flavor = "current_thread")]
#[expect(clippy::disallowed_methods, reason = "the protocol of a handler is environment variables")]
async fn main() -> std::io::Result<()> {
    let port = env::var("FUNCTIONS_CUSTOMHANDLER_PORT").unwrap_or_default();
    let listener = TcpListener::bind(format!("127.0.0.1:{port}")).await?;
    axum::serve(listener, Router::new().fallback(serve)).await
}
