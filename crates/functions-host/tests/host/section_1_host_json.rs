//! `host.json`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::TcpListener;

use axum::body::Body;
use functions_host::HostError;
use http::{Method, StatusCode};
use serde_json::json;

use crate::rig::{Rig, ScriptRoot, request, scripted_handler};

#[tokio::test]
async fn section_1_1_a_script_root_that_cannot_run_says_what_to_do() {
    let root = ScriptRoot::new();
    let folder = root.folder.path().to_owned();
    std::fs::remove_file(folder.join("host.json")).unwrap();
    assert_eq!(root.refusal().await, format!("no host.json in {}", folder.display()));

    let handler = scripted_handler();
    let description = |path: &str| json!({ "description": { "defaultExecutablePath": path } });
    let good = description(&handler.to_string_lossy());
    let root = ScriptRoot::new();
    let folder = root.folder.path().to_owned();
    let missing = json!({ "version": "2.0", "customHandler": description("handler-that-is-nowhere") }).to_string();
    let refusal = root.file("host.json", &missing).refusal().await;
    let expected = format!("the handler \"handler-that-is-nowhere\" is neither in {} nor on PATH", folder.display());
    assert_eq!(refusal, expected);

    let cases = [
        (
            "{\n  \"version\" \"2.0\"\n}".to_owned(),
            "host.json: \":\" is expected after \"version\" at line 2 column 13",
        ),
        (r#"{ "version": 2.0 }"#.to_owned(), "host.json: \"version\" must be \"2.0\""),
        (
            json!({ "version": "2.0", "customHandler": good, "logging": { "logLevel": { "default": "foo" } } })
                .to_string(),
            "host.json: logging.logLevel.default \"foo\" is none of Trace, Debug, Information, Warning, Error, Critical, None",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "type": "foo", "description": {} } }).to_string(),
            "host.json: customHandler.type \"foo\" is neither \"Http\" nor \"None\"",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "enableProxyingHttpRequest": 1 } }).to_string(),
            "host.json: \"1\" is neither true nor false",
        ),
        (json!({ "customHandler": good }).to_string(), "host.json: \"version\" must be \"2.0\""),
        (json!({ "version": "2.0" }).to_string(), "host.json: there is no \"customHandler\" section"),
        (
            json!({ "version": "2.0", "retry": { "strategy": "fixedDelay" }, "customHandler": good }).to_string(),
            "host.json: retry: maxRetryCount is missing",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "description": {}, "http": {} } }).to_string(),
            "host.json: \"customHandler.http\" (routes without function.json) is not supported by this host",
        ),
        (
            json!({ "version": "2.0", "functionTimeout": "soon", "customHandler": good }).to_string(),
            "host.json: functionTimeout \"soon\": not a TimeSpan such as \"00:05:00\" or \"1.12:00:00\"",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "description": {} } }).to_string(),
            "host.json: \"defaultExecutablePath\" is missing or empty",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(ScriptRoot::new().file("host.json", &text).refusal().await, expected);
    }
    let unknown = json!({ "version": "2.0", "customHandler": good, "magic": 1 }).to_string();
    let refusal = ScriptRoot::new().file("host.json", &unknown).refusal().await;
    assert!(refusal.starts_with("host.json: unknown field `magic`, expected one of"), "{refusal}");
}

#[tokio::test]
async fn section_1_1_settings_override_host_json() {
    let root = ScriptRoot::new().http("a", "a").http("b", "b");
    let rig = root
        .setting("AzureFunctionsJobHost__extensions__http__routePrefix", "v1")
        .setting("AzureFunctionsJobHost__functions__0", "B")
        .start()
        .await;
    assert_eq!(rig.host.functions().len(), 1);
    assert!(rig.host.functions()[0].invoke_url.as_ref().unwrap().ends_with("/v1/b"));
}

#[tokio::test]
async fn section_1_5_custom_headers_and_what_is_not_enforced() {
    let host = json!({
        "version": "2.0",
        "logging": { "logLevel": { "default": "Debug" } },
        "extensions": { "http": { "customHeaders": { "X-Frame": "DENY", "x-from": "host" }, "maxConcurrentRequests": 9 } },
    });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let mut rig = root.http("echo", "echo").start().await;
    rig.line("host.json: extensions.http.maxConcurrentRequests is not enforced by this host").await;
    let response = rig.send(crate::rig::request(http::Method::GET, "/api/echo", axum::body::Body::empty())).await;
    assert_eq!(response.headers()["x-frame"], "DENY");
    assert_eq!(response.headers()["x-from"], "handler");
}

#[tokio::test]
async fn section_1_4_a_function_that_takes_too_long_fails_and_the_handler_is_replaced() {
    let root =
        ScriptRoot::new().whole_host_json(&json!({ "version": "2.0", "functionTimeout": "00:00:01" }), &json!({}));
    let mut rig = root.timer("forever", "0 0 0 1 1 *").timer("tick", "0 0 0 1 1 *").start().await;
    rig.line("listening on").await;
    let invocation = rig.host.invoke("forever", None).await.unwrap();
    let expected = "functionTimeout exceeded after 1 s; the handler is killed and restarted";
    assert_eq!(invocation.error.as_deref(), Some(expected));
    rig.line("listening on").await;
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
}

#[tokio::test]
async fn section_1_2_a_fixed_port_is_the_handlers_or_the_host_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let root = |port: u16| ScriptRoot::new().host_json(&json!({ "port": port })).timer("tick", "0 0 0 1 1 *");
    for refused in [port, 0] {
        let refusal = root(refused).refusal().await;
        assert!(
            refusal.starts_with(&format!("Unable to bind to port {refused}, which customHandler.port")),
            "{refusal}"
        );
    }
    drop(taken);
    let (port, mut rig) = on_a_free_port(root).await;
    rig.line(&format!("listening on 127.0.0.1:{port}")).await;
}

/// A port that was free a moment ago may be another test's by now.
async fn on_a_free_port(root: impl Fn(u16) -> ScriptRoot) -> (u16, Rig) {
    for _ in 0..50 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        match root(port).try_start().await {
            Ok(rig) => return (port, rig),
            Err(HostError::HandlerPort(_)) => {}
            Err(error) => panic!("{error}"),
        }
    }
    panic!("none of 50 ports stayed free");
}

#[tokio::test]
async fn section_1_6_members_without_effect_are_named_and_letter_case_is_free() {
    let host = json!({
        "VERSION": "2.0",
        "$schema": "x",
        "logging": { "logLevel": { "default": "Debug" } },
        "ExtensionBundle": { "id": "x" },
        "extensions": { "HTTP": { "RoutePrefix": "v2" }, "queues": { "batchSize": 1 } },
    });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "EnableProxyingHttpRequest": true }));
    let mut rig = root.http("echo", "echo").start().await;
    rig.line("host.json: extensions.queues has no effect").await;
    rig.line("host.json: no effect in this host: extensionBundle").await;
    assert_eq!(rig.get("/v2/echo").await.0, StatusCode::OK);
}

#[tokio::test]
async fn section_1_4_a_proxied_call_that_takes_too_long_is_cut_and_the_handler_replaced() {
    let host = json!({ "version": "2.0", "functionTimeout": "00:00:01" });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let mut rig = root.http("stream", "stream").http("hold", "hold").http("echo", "echo").start().await;
    assert_eq!(rig.get("/api/hold").await, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
    rig.line("functionTimeout exceeded after 1 s; the handler is killed and restarted").await;
    rig.line("listening on").await;
    rig.host.wait_ready().await.unwrap();
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
    // An answer that has begun is broken off.
    let cut = rig.send(request(Method::GET, "/api/stream", Body::empty())).await;
    assert!(http_body_util::BodyExt::collect(cut.into_body()).await.is_err());
    rig.line("functionTimeout exceeded").await;
}
