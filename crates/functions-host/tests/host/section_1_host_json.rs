//! `host.json`.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::net::TcpListener;

use axum::body::Body;
use functions_host::{HostError, ScriptSummary};
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
            "host.json: logging.logLevel.default is \"foo\"; the levels are Trace, Debug, Information, Warning, Error, Critical, \
             None, and their numbers 0 to 6",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "type": "foo", "description": {} } }).to_string(),
            "host.json: customHandler.type is \"foo\"; the host takes \"Http\", and \"None\" with a warning",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "enableProxyingHttpRequest": 1 } }).to_string(),
            "host.json: customHandler.enableProxyingHttpRequest: \"1\" is not true or false",
        ),
        (json!({ "customHandler": good }).to_string(), "host.json: \"version\" must be \"2.0\""),
        (json!({ "version": "2.0" }).to_string(), "host.json: there is no \"customHandler\" section"),
        (
            json!({ "version": "2.0", "retry": { "strategy": "fixedDelay" }, "customHandler": good }).to_string(),
            "host.json: retry: maxRetryCount is missing",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "description": {}, "initializationTimeout": null } })
                .to_string(),
            "host.json: customHandler.initializationTimeout \"\": not a TimeSpan such as \"00:05:00\" or \"1.12:00:00\"",
        ),
        (
            json!({ "version": "2.0", "customHandler": good, "singleton": { "lockPeriod": "soon" } }).to_string(),
            "host.json: singleton.lockPeriod \"soon\" is not a TimeSpan such as \"00:00:10\", and such a value stops the host",
        ),
        (
            json!({ "version": "2.0", "customHandler": good, "configurationProfile": "mine" }).to_string(),
            "host.json: configurationProfile \"mine\" is not supported: \"\", \"default\", \"mcp-custom-handler\" and \
             \"web-app-custom-handler\" are",
        ),
        (
            json!({ "version": "2.0", "customHandler": good, "extensions": { "http": { "maxConcurrentRequests": 0 } } })
                .to_string(),
            "host.json: extensions.http.maxConcurrentRequests is 0, with which Azure answers 500 to every call; it is at \
             least 1, or -1 for no limit",
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
    let expected =
        "host.json: the member \"magic\" is unknown: Azure ignores it, and so does this host when it is lenient";
    assert_eq!(ScriptRoot::new().file("host.json", &unknown).refusal().await, expected);
}

#[tokio::test]
async fn section_1_1_a_lenient_host_ignores_what_azure_ignores_and_names_it() {
    let handler = scripted_handler();
    let host = json!({
        "version": "2.0", "magic": 1, "functions": "echo",
        "customHandler": {
            "description": { "defaultExecutablePath": handler, "exe": 1 },
            "enableForwardingHttpRequest": "True", "more": {},
        },
    });
    let function = r#"{ "magic": 1, "bindings": [{ "type": "httpTrigger", "name": "req", "verbs": [] },
                        { "type": "http", "direction": "out", "name": "res", "more": 1 }] }"#;
    let root = ScriptRoot::new().file("host.json", &host.to_string()).file("echo/function.json", function);
    let mut rig = root.lenient().start().await;
    for member in ["magic", "customHandler.more", "customHandler.description.exe"] {
        rig.line(&format!("host.json: the unknown member \"{member}\" is ignored")).await;
    }
    rig.line("'echo': the unknown member \"magic\" is ignored").await;
    for member in ["more", "verbs"] {
        rig.line(&format!("the member \"{member}\" of a binding is unknown and ignored")).await;
    }
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
}

#[test]
fn section_1_3_a_summary_of_a_script_root_has_its_warnings() {
    let host = json!({
        "version": "2.0",
        "customHandler": { "description": { "defaultExecutablePath": "handler" }, "http": { "enableProxying": true } },
    });
    let root = ScriptRoot::new().file("host.json", &host.to_string()).file("handler", "").http("echo", "50%");
    let summary = ScriptSummary::read(root.folder.path(), &std::collections::BTreeMap::new()).unwrap();
    assert_eq!(summary.functions, ["echo"]);
    let expected = [
        "host.json: customHandler.http.enableProxying is not read by the Functions host: set \
         customHandler.enableProxyingHttpRequest",
        "'echo': \"%\" in its route is a literal character, no setting",
    ];
    assert_eq!(summary.warnings, expected);
}

#[tokio::test]
async fn section_1_3_routes_make_functions_without_folders() {
    let http = json!({
        "DefaultAuthorizationLevel": "Anonymous", "enableProxying": true,
        "routes": [{ "route": "a/{id:int}" }, { "route": "{a" }, { "route": " " }, { "route": "b", "authorizationLevel": "admin" }],
    });
    let host = json!({ "enableForwardingHttpRequest": true, "http": http });
    let root = || ScriptRoot::new().host_json(&host);
    let refusal = root().refusal().await;
    assert_eq!(refusal, "host.json: customHandler.http.routes needs the app setting FUNCTIONS_WORKER_RUNTIME=custom");
    let custom = |root: ScriptRoot| root.setting("FUNCTIONS_WORKER_RUNTIME", "Custom");
    let refusal = custom(root()).timer("tick", "0 0 0 1 1 *").refusal().await;
    assert!(
        refusal.contains("customHandler.http.routes in host.json and tick/function.json cannot stand"),
        "{refusal}"
    );
    let mut rig = custom(root()).enforcing_keys().start().await;
    rig.line("customHandler.http.enableProxying is not read by the Functions host").await;
    rig.line("The 'http-handler2' function is in error: its route \"{a\" in customHandler.http.routes[1]").await;
    rig.line("The 'http-handler3' function is in error: its route in customHandler.http.routes[2] is empty").await;
    let names: Vec<String> = rig.host.functions().into_iter().map(|function| function.name).collect();
    assert_eq!(names, ["http-handler1", "http-handler4"]);
    assert_eq!(rig.host.functions()[0].methods.len(), 9);
    assert_eq!(rig.get("/api/a/7").await.0, StatusCode::OK);
    assert_eq!(rig.get("/api/b").await.0, StatusCode::UNAUTHORIZED);
    let purge = Method::from_bytes(b"PURGE").unwrap();
    assert_eq!(rig.call(request(purge, "/api/a/7", Body::empty())).await.0, StatusCode::NOT_FOUND);
    let bad = json!({ "http": { "routes": [{ "route": "a", "authorizationLevel": "nobody" }] } });
    let refusal = ScriptRoot::new().host_json(&bad).refusal().await;
    assert_eq!(refusal, "host.json: customHandler.http.routes[0].authorizationLevel: \"nobody\" is not an authLevel");
}

#[tokio::test]
async fn section_1_3_a_profile_sets_proxying_no_prefix_and_one_route_for_everything() {
    for profile in ["mcp-custom-handler", "Web-App-Custom-Handler"] {
        let host = json!({ "version": "2.0", "configurationProfile": profile });
        let root = ScriptRoot::new().whole_host_json(&host, &json!({}));
        let mut rig = root.setting("FUNCTIONS_WORKER_RUNTIME", "custom").start().await;
        if profile.starts_with("mcp") {
            rig.line("AzureWebJobsFeatureFlags=EnableMcpCustomHandlerPreview").await;
        }
        let (status, body) = rig.get("/any/path").await;
        assert_eq!(status, StatusCode::OK, "{profile}");
        // Only proxying sets this header.
        assert!(body.contains("x-forwarded-host"), "{body}");
        // There is no home page: the answer is the handler's.
        assert_eq!(rig.get("/").await.0, StatusCode::NOT_FOUND);
    }
}

#[tokio::test]
async fn section_1_2_the_older_section_sends_each_function_to_its_name() {
    let host = json!({
        "version": "2.0",
        "httpWorker": { "description": { "defaultExecutablePath": scripted_handler() } },
    });
    let root = ScriptRoot::new().file("host.json", &host.to_string()).http("named", "other/{id}");
    let mut rig = root.start().await;
    rig.line("\"httpWorker\" is the older name of \"customHandler\"").await;
    let (status, _) = rig.call(request(Method::POST, "/api/other/7?x=1", "hello")).await;
    assert_eq!(status, StatusCode::OK);
    // The handler has this path for requests that are posted to a function's name.
    rig.line("payload hello").await;
    assert_eq!(rig.last_invocation().path, "/named");
}

#[tokio::test]
async fn section_1_5_requests_beyond_the_limits_wait_or_are_429() {
    let host = json!({ "version": "2.0", "extensions": { "http": { "maxOutstandingRequests": "1" } } });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let mut rig = root.http("hold", "hold").http("echo", "echo").start().await;
    let held = tokio::spawn(rig.later(request(Method::GET, "/api/hold", Body::empty())));
    rig.line("held").await;
    let refused = rig.send(request(Method::GET, "/api/echo", Body::empty())).await;
    assert_eq!(
        (refused.status(), &refused.headers()["x-function-scaleout"]),
        (StatusCode::TOO_MANY_REQUESTS, &"1".parse().unwrap())
    );
    assert_eq!(rig.get("/admin/host/ping").await.0, StatusCode::OK);
    held.abort();
    let _ = held.await;
    rig.line("Executed 'Functions.hold' (Failed").await;
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
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
        "extensions": { "http": { "customHeaders": { "X-Frame": "DENY", "x-from": "host" }, "dynamicThrottlesEnabled": true } },
    });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let mut rig = root.http("echo", "echo").start().await;
    rig.line("host.json: extensions.http.dynamicThrottlesEnabled is not enforced by this host").await;
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

/// Finds a free port. Another test may have taken a port that was free a moment ago.
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
    rig.line("host.json: no effect in this host: extensionBundle").await;
    rig.line("host.json: extensions.queues has no effect").await;
    assert_eq!(rig.get("/v2/echo").await.0, StatusCode::OK);
}

#[tokio::test]
async fn section_1_4_a_proxied_call_that_takes_too_long_is_cut_and_the_handler_replaced() {
    let host = json!({ "version": "2.0", "functionTimeout": "00:00:01" });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let mut rig = root.http("stream", "stream").http("hold", "hold").http("echo", "echo").start().await;
    assert_eq!(rig.get("/api/hold").await, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
    rig.line("held").await;
    // The kill breaks the connection, and the request is sent again to the next process.
    rig.line("listening on").await;
    rig.line("held").await;
    rig.line("functionTimeout exceeded after 1 s; the handler is killed and restarted").await;
    rig.host.wait_ready().await.unwrap();
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
    // An answer that has begun is broken off.
    let cut = rig.send(request(Method::GET, "/api/stream", Body::empty())).await;
    assert!(http_body_util::BodyExt::collect(cut.into_body()).await.is_err());
    rig.line("functionTimeout exceeded").await;
}
