//! The suite's handler in Rust: one HTTP function `app` (`app/{*path}`) and one timer `tick`, in all three forms of a
//! call. The same handler in Python, JavaScript and Go is in `tests/host/suite`, and on the library in
//! `library_handler.rs`.

#[path = "suite/app.rs"]
mod app;

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

use self::app::answer;

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
