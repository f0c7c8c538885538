//! HTTP functions: routes, and the three ways a request reaches the handler.

use axum::body::Body;
use futures_util::StreamExt as _;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::rig::{ScriptRoot, request, text};

fn forwarding() -> ScriptRoot {
    ScriptRoot::new().host_json(&json!({ "enableForwardingHttpRequest": true }))
}

#[tokio::test]
async fn the_first_function_by_name_wins_whatever_its_route() {
    let mut rig = ScriptRoot::new().http("b_literal", "orders/new").http("a_catch_all", "orders/{*rest}").start().await;
    let (status, _) = rig.get("/api/orders/new").await;
    assert_eq!(status, StatusCode::OK);
    rig.line("Executing 'Functions.a_catch_all'").await;
}

#[tokio::test]
async fn what_no_function_answers_is_404_methods_included() {
    let trigger = json!({ "type": "httpTrigger", "name": "req", "methods": ["get"], "route": "items/{id:int?}" });
    let output = json!({ "type": "http", "direction": "out", "name": "res" });
    let root = ScriptRoot::new().function("items", &json!([trigger, output.clone()]));
    // Without a route, the name is the route.
    let rig = root.function("bare", &json!([{ "type": "httpTrigger", "name": "req" }, output])).start().await;
    for path in ["/api/items", "/api/items/7", "/API/Items/7/", "/api/bare"] {
        assert_eq!(rig.get(path).await.0, StatusCode::OK, "{path}");
    }
    for path in ["/items", "/api/items/x", "/api/items/7/8", "/api", "/runtime/webhooks/x"] {
        assert_eq!(rig.get(path).await, (StatusCode::NOT_FOUND, String::new()), "{path}");
    }
    let (status, _) = rig.call(request(Method::POST, "/api/items", Body::empty())).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, page) = rig.get("/").await;
    assert!(status == StatusCode::OK && page.contains("local-azure"), "{status} {page}");
}

#[tokio::test]
async fn an_empty_route_prefix_leaves_the_route_alone() {
    let host = json!({ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let rig = root.http("all", "{*path}").setting("AzureWebJobsDisableHomepage", "true").start().await;
    assert_eq!(
        rig.host.functions()[0].invoke_url,
        Some(format!("http://localhost:{}/{{*path}}", rig.host.url().port().unwrap()))
    );
    assert_eq!(rig.get("/x/y").await.0, StatusCode::OK);
    // The probe's path belongs to the function too.
    assert_eq!(rig.get("/").await.0, StatusCode::NOT_FOUND);
    assert_eq!(rig.get("/admin/host/ping").await.0, StatusCode::OK);
}

#[tokio::test]
async fn proxying_leaves_path_and_query_alone_and_names_the_invocation() {
    let mut rig = ScriptRoot::new().http("echo", "echo/{*path}").start().await;
    let request = Request::put("/api/echo/a%20b?x=1&x=2&code=K&flag")
        .header("content-encoding", "br")
        .header("x-azure-functions-invocationid", "forged")
        .header("connection", "x-hop")
        .header("x-hop", "gone")
        .header("host", "example.test")
        .body(Body::from("hello"))
        .unwrap();
    let response = rig.send(request).await;
    assert_eq!(response.headers()["x-from"], "handler");
    let echo: Value = serde_json::from_str(&text(response).await).unwrap();
    assert_eq!((&echo["method"], &echo["body"]), (&json!("PUT"), &json!("hello")));
    assert_eq!((&echo["path"], &echo["query"]), (&json!("/api/echo/a%20b"), &json!("x=1&x=2&code=K&flag")));
    let line = rig.line("Executing 'Functions.echo'").await.text;
    let id = line.rsplit("Id=").next().unwrap().trim_end_matches(')');
    let headers = &echo["headers"];
    assert_eq!(headers["x-azure-functions-invocationid"], id);
    assert_eq!(headers["x-ms-invocation-id"], id);
    assert_eq!(headers["content-encoding"], "br");
    assert_eq!(headers["host"], "example.test");
    assert_eq!(headers["content-length"], "5");
    assert_eq!(headers["x-hop"], Value::Null);
}

#[tokio::test]
async fn proxying_streams_and_the_invocation_ends_with_the_answer() {
    let mut rig = ScriptRoot::new().http("stream", "stream").http("release", "release").start().await;
    let mut chunks = rig.send(request(Method::GET, "/api/stream", Body::empty())).await.into_body().into_data_stream();
    assert_eq!(chunks.next().await.unwrap().unwrap(), "chunk 0\n");
    assert!(!rig.rest_of_log().iter().any(|line| line.contains("Executed 'Functions.stream'")));
    rig.get("/api/release").await;
    assert_eq!(chunks.next().await.unwrap().unwrap(), "chunk 1\n");
    assert!(chunks.next().await.is_none());
    rig.line("Executed 'Functions.stream' (Succeeded").await;
}

#[tokio::test]
async fn any_status_is_a_success_for_the_host_and_its_body_is_the_reason() {
    for root in [ScriptRoot::new(), forwarding()] {
        let mut rig = root.http("echo", "echo").start().await;
        let request = Request::get("/api/echo").header("x-status", "403").body(Body::empty()).unwrap();
        assert_eq!(rig.call(request).await.0, StatusCode::FORBIDDEN);
        rig.line("Executed 'Functions.echo' (Succeeded").await;
        let entry = rig.last_entry();
        assert_eq!((entry.method.as_str(), entry.path.as_str(), entry.status), ("GET", "/api/echo", 403));
        assert_eq!(entry.reason.as_deref(), Some("echo of /api/echo"));
    }
}

#[tokio::test]
async fn an_upgrade_is_refused_by_name() {
    let rig = ScriptRoot::new().http("echo", "echo").start().await;
    let request = Request::get("/api/echo").header("upgrade", "websocket").body(Body::empty()).unwrap();
    let expected = "an upgrade (WebSocket) is not supported by local-azure".to_owned();
    assert_eq!(rig.call(request).await, (StatusCode::NOT_IMPLEMENTED, expected));
}

#[tokio::test]
async fn forwarding_rebuilds_the_query_and_drops_content_headers() {
    let mut rig = forwarding().http("echo", "echo/{*path}").start().await;
    let request = Request::post("/api/echo/a%20b?x=1&X=2&code=K&flag")
        .header("content-encoding", "br")
        .header("content-type", "text/plain")
        .header("user-agent", "test/1")
        .header("x-azure-functions-invocationid", "forged")
        .body(Body::from("hello"))
        .unwrap();
    let (status, body) = rig.call(request).await;
    assert_eq!(status, StatusCode::OK);
    let echo: Value = serde_json::from_str(&body).unwrap();
    assert_eq!((&echo["path"], &echo["query"]), (&json!("/api/echo/a%20b"), &json!("x=1%2C2&code=K&flag=")));
    let line = rig.line("Executing 'Functions.echo'").await.text;
    let id = line.rsplit("Id=").next().unwrap().trim_end_matches(')');
    let headers = &echo["headers"];
    assert_eq!(headers["x-azure-functions-invocationid"], format!("forged|{id}"));
    assert_eq!(headers["user-agent"], "test/1 Azure-Functions-Host/4.1052.0.0");
    assert_eq!((&headers["content-type"], &headers["content-length"]), (&json!("text/plain"), &json!("5")));
    assert_eq!(headers["content-encoding"], Value::Null);
    assert_eq!(echo["body"], "hello");
}

#[tokio::test]
async fn forwarding_cannot_take_a_chunked_body() {
    let mut rig = forwarding().http("echo", "echo").start().await;
    let chunks = futures_util::stream::iter(["a", "b"].map(Ok::<_, std::convert::Infallible>));
    let (status, _) = rig.call(request(Method::POST, "/api/echo", Body::from_stream(chunks))).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    rig.line("the Functions host cannot forward a chunked request body: send Content-Length").await;
}

#[tokio::test]
async fn without_forwarding_a_request_travels_as_json() {
    let mut rig = ScriptRoot::new().host_json(&json!({})).http("web", "web/{id:int}/{part?}").start().await;
    let body = r#"{"order":8,"deep":{"x":1},"none":null,"myTrigger":1}"#;
    let request = Request::post("/api/web/7?a=1&a=2&code=K&order=9")
        .header("content-type", "application/json")
        .header("host", "localhost")
        .body(Body::from(body))
        .unwrap();
    let response = rig.send(request).await;
    assert_eq!((response.status(), &response.headers()["x-more"]), (StatusCode::CREATED, &"7".parse().unwrap()));
    let payload: Value = serde_json::from_str(&text(response).await).unwrap();
    let request = &payload["Data"]["req"];
    assert_eq!(request["Url"], "http://localhost/api/web/7?a=1&a=2&code=K&order=9");
    assert_eq!(request["Method"], "POST");
    assert_eq!(request["Query"], json!({ "a": "1,2", "code": "K", "order": "9" }));
    assert_eq!(request["Params"], json!({ "id": "7", "part": null }));
    assert_eq!(request["Headers"]["content-type"], json!(["application/json"]));
    assert_eq!(request["Body"], body);
    assert_eq!(request["Identities"][0]["IsAuthenticated"], false);
    let metadata = &payload["Metadata"];
    // Texts that hold JSON, but for objects; the body's member wins over the query's.
    assert_eq!(
        (&metadata["a"], &metadata["id"], &metadata["order"]),
        (&json!("\"1,2\""), &json!("\"7\""), &json!("8"))
    );
    assert_eq!((&metadata["deep"], &metadata["Query"]), (&json!({ "x": 1 }), &request["Query"]));
    let names: Vec<&String> = metadata.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Headers", "Query", "a", "deep", "id", "order", "sys"]);
    rig.line("Executed 'Functions.web' (Succeeded").await;
    assert_eq!(rig.last_entry().path, "/web");
}

#[tokio::test]
async fn a_json_answer_that_makes_no_response_is_500() {
    let mut rig = ScriptRoot::new().host_json(&json!({})).http("refused", "refused").http("ok", "ok").start().await;
    assert_eq!(rig.get("/api/refused").await, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
    rig.line("Executed 'Functions.refused' (Failed").await;
    // Outputs without the output's name is an empty object, as the real host has it.
    assert_eq!(rig.get("/api/ok").await, (StatusCode::OK, "{}".to_owned()));
}
