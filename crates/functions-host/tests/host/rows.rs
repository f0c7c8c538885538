//! A host with the functions `echo` and `rest`, called byte by byte.
#![expect(clippy::unwrap_used, reason = "tests")]

use serde_json::{Value, json};

use crate::raw::{CallerAnswer, RawRig, Received};

/// Starts a host with the functions `echo` and `rest` (`r/{*rest}`). An empty `mode` selects the form of JSON.
pub(crate) async fn rig(mode: &str) -> RawRig {
    let mut handler = json!({ "description": { "defaultExecutablePath": "handler" } });
    if !mode.is_empty() {
        handler[mode] = json!(true);
    }
    let output = json!({ "type": "http", "direction": "out", "name": "res" });
    let function = |route: Value| {
        let trigger = json!({ "type": "httpTrigger", "name": "req", "authLevel": "anonymous", "route": route });
        json!({ "bindings": [trigger, output] })
    };
    let root = json!({
        "host.json": { "version": "2.0", "customHandler": handler },
        "functions": { "echo": function(Value::Null), "rest": function(json!("r/{*rest}")) },
    });
    RawRig::start(&root, &Value::Null).await.unwrap()
}

pub(crate) async fn call(rig: &RawRig, request: &str) -> (CallerAnswer, Vec<Received>) {
    let answer = rig.call(request).await.unwrap_or_default();
    (answer, rig.received())
}
