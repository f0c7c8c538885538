//! The router, called directly, with functions that only tests have.

mod forms;
mod invocations;
mod log;
mod routes;
mod starting;

use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    handler::Handler,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::{
    Function, FunctionApp, StartError, environment::Environment, error::SharedError, host_json::HostJson,
    router::Functions, start_error::StartProblem,
};

const PREFIX: &str = "AzureFunctionsJobHost__extensions__http__routePrefix";
const TIMEOUT: &str = "AzureFunctionsJobHost__functionTimeout";

/// An answer that has been read to its end.
struct HandlerAnswer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl HandlerAnswer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// An error of another library that follows the contract.
#[derive(Debug, thiserror::Error)]
#[error("{text}")]
struct TestError {
    status: StatusCode,
    text: &'static str,
}

impl IntoResponse for TestError {
    fn into_response(self) -> Response {
        let mut response = (self.status, "failed").into_response();
        response.extensions_mut().insert::<SharedError>(Arc::new(self));
        response
    }
}

fn leaked(text: String) -> &'static str {
    Box::leak(text.into_boxed_str())
}

/// Makes a function with only an HTTP trigger.
fn http_function(name: &'static str, methods: &[&str], route: &str) -> Function {
    let trigger = json!({ "type": "httpTrigger", "name": "req", "methods": methods, "route": route });
    let definition = json!({ "bindings": [trigger, { "type": "http", "direction": "out", "name": "res" }] });
    Function::new(name, leaked(definition.to_string()))
}

fn timer_function(name: &'static str) -> Function {
    Function::new(name, r#"{"bindings":[{"type":"timerTrigger","name":"timer","schedule":"0 * * * * *"}]}"#)
}

fn app() -> FunctionApp {
    FunctionApp::stateless()
}

/// Makes an app with one HTTP function.
fn http<H: Handler<T, ()>, T: 'static>(name: &'static str, methods: &[&str], route: &str, handler: H) -> FunctionApp {
    app().http(http_function(name, methods, route), handler)
}

fn try_router<S: Clone + Send + Sync + 'static>(
    app: FunctionApp<S>,
    variables: &[(&str, &str)],
) -> Result<Functions, StartError> {
    let environment = Environment::from_variables(variables);
    let host_json = HostJson::read(None, &environment).map_err(StartProblem::HostJson);
    app.assemble(host_json, &environment, Vec::new()).map(|assembled| assembled.functions)
}

fn router<S: Clone + Send + Sync + 'static>(app: FunctionApp<S>, variables: &[(&str, &str)]) -> Functions {
    try_router(app, variables).unwrap_or_else(|error| panic!("{error}"))
}

fn request(method: Method, path: &str, body: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json; charset=utf-8");
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn answer(router: &Functions, request: Request<Body>) -> HandlerAnswer {
    let (head, body) = router.answer(request).await.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    HandlerAnswer { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

async fn send(router: &Functions, method: Method, path: &str, body: &str) -> HandlerAnswer {
    answer(router, request(method, path, body)).await
}

/// The payload of a timer that is due.
const TICK: &str = r#"{"Data":{"timer":{}},"Metadata":{}}"#;
