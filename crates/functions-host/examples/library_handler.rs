//! The suite's handler on the library `functions-handler`. The library handles all forms of a call.

#[path = "suite/app.rs"]
mod app;

use std::{collections::BTreeMap, convert::Infallible, process::ExitCode};

use functions_handler::{
    Function, FunctionApp, Outputs, Timer,
    axum::{
        body::Body,
        extract::{Path, Query},
        http::{HeaderMap, Method, Response, StatusCode},
        response::IntoResponse,
    },
};

const APP: &str = r#"{ "bindings": [
    { "type": "httpTrigger", "name": "req", "route": "app/{*path}", "authLevel": "anonymous" },
    { "type": "http", "direction": "out", "name": "res" } ] }"#;
const TICK: &str = r#"{ "bindings": [{ "type": "timerTrigger", "name": "timer", "schedule": "0 0 0 1 1 *" }] }"#;

fn main() -> ExitCode {
    FunctionApp::new(|| Ok::<_, Infallible>(()))
        .http(Function::new("app", APP), serve)
        .timer(Function::new("tick", TICK), tick)
        .run()
}

async fn serve(
    path: Option<Path<String>>,
    method: Method,
    Query(query): Query<BTreeMap<String, String>>,
    headers: HeaderMap,
    body: String,
) -> Response<Body> {
    let path = path.map(|Path(path)| path).unwrap_or_default();
    let probe = headers.get("x-probe").and_then(|value| value.to_str().ok());
    let answer = app::answer(method.as_str(), &path, query.get("name").map(String::as_str), probe, &body);
    let response = answer
        .headers
        .into_iter()
        .fold(Response::builder().status(answer.status), |response, (name, value)| response.header(name, value));
    response.body(Body::from(answer.body)).unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn tick(_timer: Timer) -> Outputs {
    Outputs::new().log("ticked")
}
