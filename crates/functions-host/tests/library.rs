//! The library `functions-handler` does not start with a function that the host leaves out, or with a route that stops
//! the host.
//!
//! The two share no code: each has its own reader of `function.json` and route templates.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{collections::BTreeMap, convert::Infallible, fs, panic};

use functions_handler::{Function, FunctionApp};
use functions_host::ScriptSummary;
use proptest::prelude::*;
use serde_json::{Value, json};

/// Reports whether an app with only this function starts.
fn library_starts(function: &Value) -> bool {
    // Definitions are embedded at compile time, so the text lives as long as the process.
    let text: &'static str = Box::leak(function.to_string().into_boxed_str());
    let start = || {
        FunctionApp::new(|| Ok::<_, Infallible>(())).http(Function::new("one", text), async || "answer").test();
    };
    panic::catch_unwind(start).is_ok()
}

/// Reports whether the host serves the function.
fn host_serves(function: &Value) -> bool {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("one")).unwrap();
    fs::write(folder.path().join("handler"), "").unwrap();
    let host = json!({ "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "handler" } } });
    fs::write(folder.path().join("host.json"), host.to_string()).unwrap();
    fs::write(folder.path().join("one/function.json"), function.to_string()).unwrap();
    ScriptSummary::read(folder.path(), &BTreeMap::new()).is_ok_and(|summary| summary.functions == ["one"])
}

fn function(route: &Value, member: &str, value: &Value) -> Value {
    let mut trigger = json!({ "type": "httpTrigger", "name": "req", "route": route });
    trigger[member] = value.clone();
    json!({ "bindings": [trigger, { "type": "http", "direction": "out", "name": "res" }] })
}

proptest! {
    #[test]
    fn what_the_library_starts_with_the_host_serves(
        route in r"(a|/|\{|\}|\{a\}|\{b\?\}|\{\*c\}|\{d:int\}|\{e:len\(2\)\}|\{f=1\}|\.|-|~|\?|\{\{|\}\}|admin){0,6}",
        (member, value) in proptest::sample::select(vec![
            ("authLevel", json!("anonymous")), ("authLevel", json!("nobody")), ("authLevel", json!(7)),
            ("methods", json!(["get"])), ("methods", json!("get")), ("direction", json!("out")),
            ("dataType", json!("x")), ("cardinality", json!("few")), ("name", json!("a_b")), ("type", json!("queueTrigger")),
            ("properties", json!({ "supportsDeferredBinding": true })), ("connection", json!("x")),
        ]),
    ) {
        let function = function(&json!(route), member, &value);
        if library_starts(&function) {
            prop_assert!(host_serves(&function), "the library starts, and the host does not serve {function}");
        }
    }
}

#[test]
fn both_take_the_routes_that_azure_takes() {
    for route in
        ["", "a", "a/", "a/{b}", "{a}.{b?}", "{{x}}", "{*rest}", "a/{b:int}/{c?}", "{a=1}/{b:length(2)}", "100%", "é"]
    {
        let function = function(&json!(route), "authLevel", &json!("anonymous"));
        assert!(library_starts(&function), "the library refuses {route}");
        assert!(host_serves(&function), "the host refuses {route}");
    }
}
