//! A handler answers every request: forwarded requests, and the posted form of an invocation.

#![no_main]

use std::cell::OnceCell;

use functions_handler::{
    Function, FunctionApp, Invocation, TestApp, Timer,
    axum::{
        body::{Body, Bytes},
        extract::{Path, Request},
    },
};
use fuzz::{Text, runtime};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

const HTTP: &str = r#"{ "bindings": [
    { "type": "httpTrigger", "direction": "in", "name": "req", "route": "ROUTE" },
    { "type": "http", "direction": "out", "name": "$return" } ] }"#;
const TIMER: &str =
    r#"{ "bindings": [{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 0 * * * *" }] }"#;
const QUEUE: &str =
    r#"{ "bindings": [{ "type": "queueTrigger", "direction": "in", "name": "item", "queueName": "q" }] }"#;

thread_local! {
    static APP: OnceCell<TestApp> = const { OnceCell::new() };
}

fn with_route(name: &'static str, route: &str) -> Function {
    Function::new(name, HTTP.replace("ROUTE", route).leak())
}

fn app() -> TestApp {
    FunctionApp::stateless()
        .http(with_route("order", "orders/{id:int}/{part?}"), async |Path(values): Path<Vec<(String, String)>>| {
            format!("{values:?}")
        })
        .http(with_route("file", "files/{name:alpha:length(2,9)}.{kind=txt}"), async |body: Bytes| body)
        .http(with_route("rest", "rest/{*path}"), async |request: Request| request.into_body())
        .timer(Function::new("timer", TIMER), async |timer: Timer| drop(format!("{timer:?}")))
        .function(Function::new("queue", QUEUE), async |item: Invocation<Value>| drop(format!("{item:?}")))
        .test()
}

fuzz_target!(|bytes: &[u8]| {
    let Some(request) = Text::request(bytes) else { return };
    APP.with(|kept| {
        let app = kept.get_or_init(app);
        let answer = runtime(|runtime| runtime.block_on(app.http(request.map(Body::from))));
        assert!(answer.status().as_u16() >= 200, "{answer:?}");
    });
});
