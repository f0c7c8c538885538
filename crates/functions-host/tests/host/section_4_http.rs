//! HTTP functions whose requests are forwarded or proxied.

use axum::body::Body;
use futures_util::StreamExt as _;
use http::{HeaderValue, Method, Request, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::rig::{ScriptRoot, request, text};

fn forwarding() -> ScriptRoot {
    ScriptRoot::new().host_json(&json!({ "enableForwardingHttpRequest": true }))
}

#[tokio::test]
async fn section_4_6_a_proxied_request_names_the_invocation_and_the_caller() {
    let mut rig = ScriptRoot::new().http("echo", "echo/{*path}").start().await;
    let request = Request::put("/api/echo/a%20b?x=1&x=2&code=K&flag")
        .header("content-encoding", "br")
        .header("x-azure-functions-invocationid", "forged")
        .header("connection", "x-hop")
        .header("x-hop", "kept")
        .header("x-forwarded-for", "203.0.113.9")
        .header("x-forwarded-host", "forged.test")
        .header("forwarded", "for=203.0.113.9")
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
    assert!(headers["host"].as_str().unwrap().starts_with("127.0.0.1:"), "{headers}");
    assert_eq!((&headers["x-forwarded-host"], &headers["x-forwarded-proto"]), (&json!("example.test"), &json!("http")));
    assert_eq!((&headers["x-forwarded-for"], &headers["forwarded"]), (&json!("127.0.0.1"), &Value::Null));
    assert_eq!(headers["content-length"], "5");
    assert_eq!((&headers["connection"], &headers["x-hop"]), (&Value::Null, &json!("kept")));
}

#[tokio::test]
async fn section_4_6_proxying_streams_event_by_event_and_the_invocation_ends_with_the_answer() {
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
async fn section_4_4_any_status_is_a_success_for_the_host_and_its_body_is_the_reason() {
    for root in [ScriptRoot::new(), forwarding()] {
        let mut rig = root.http("echo", "echo").start().await;
        let request = Request::get("/api/echo").header("x-status", "403").body(Body::empty()).unwrap();
        assert_eq!(rig.call(request).await.0, StatusCode::FORBIDDEN);
        rig.line("Executed 'Functions.echo' (Succeeded").await;
        let entry = rig.last_invocation();
        assert_eq!((entry.method.as_str(), entry.path.as_str(), entry.status), ("GET", "/api/echo", 403));
        assert_eq!(entry.reason.as_deref(), Some("echo of /api/echo"));
    }
}

#[tokio::test]
async fn section_4_6_a_websocket_upgrade_reaches_the_handler_and_another_does_not() {
    let rig = ScriptRoot::new().http("echo", "echo").start().await;
    for (upgrade, arrives) in [("websocket", json!("websocket")), ("h2c", Value::Null)] {
        let request = Request::get("/api/echo").header("connection", "upgrade").header("upgrade", upgrade);
        let (status, body) = rig.call(request.body(Body::empty()).unwrap()).await;
        let echo: Value = serde_json::from_str(&body).unwrap();
        assert_eq!((status, &echo["headers"]["upgrade"]), (StatusCode::OK, &arrives));
    }
}

#[tokio::test]
async fn section_4_6_after_a_101_bytes_pass_both_ways() {
    let rig = ScriptRoot::new().http("switch", "switch").start().await;
    let mut client = tokio::net::TcpStream::connect(rig.host.url().socket_addrs(|| None).unwrap()[0]).await.unwrap();
    let request = "GET /api/switch HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
    client.write_all(request.as_bytes()).await.unwrap();
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(client.read_u8().await.unwrap());
    }
    assert!(head.starts_with(b"HTTP/1.1 101"), "{}", String::from_utf8_lossy(&head));
    client.write_all(b"ping").await.unwrap();
    let mut echo = [0; 4];
    client.read_exact(&mut echo).await.unwrap();
    assert_eq!(&echo, b"ping");
}

#[tokio::test]
async fn section_4_3_forwarding_rebuilds_the_query_and_drops_content_headers() {
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
    assert_eq!((&echo["path"], &echo["query"]), (&json!("/api/echo/a%20b"), &json!("X=1,2&code=K&flag=")));
    let line = rig.line("Executing 'Functions.echo'").await.text;
    let id = line.rsplit("Id=").next().unwrap().trim_end_matches(')');
    let headers = &echo["headers"];
    assert_eq!(headers["x-azure-functions-invocationid"], format!("forged, {id}"));
    assert_eq!(headers["user-agent"], "test/1 Azure-Functions-Host/4.1052.0.0");
    assert_eq!((&headers["content-type"], &headers["content-length"]), (&json!("text/plain"), &json!("5")));
    assert_eq!(headers["content-encoding"], Value::Null);
    assert_eq!(echo["body"], "hello");
}

#[tokio::test]
async fn section_4_3_forwarding_cannot_take_a_chunked_body() {
    let mut rig = forwarding().http("echo", "echo").start().await;
    let chunks = futures_util::stream::iter(["a", "b"].map(Ok::<_, std::convert::Infallible>));
    let (status, _) = rig.call(request(Method::POST, "/api/echo", Body::from_stream(chunks))).await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    rig.line("the Functions host cannot forward a chunked request body: send Content-Length").await;
}

#[tokio::test]
async fn section_4_6_a_body_of_a_mebibyte_passes_whole_in_both_ways() {
    for root in [ScriptRoot::new(), forwarding()] {
        let rig = root.http("echo", "echo").start().await;
        let body = "x".repeat(1 << 20);
        let (status, echo) = rig.call(request(Method::POST, "/api/echo", body.clone())).await;
        let echo: Value = serde_json::from_str(&echo).unwrap();
        assert_eq!((status, echo["body"] == body), (StatusCode::OK, true));
    }
}

#[tokio::test]
async fn section_1_5_a_longer_body_than_the_limit_is_refused_in_every_form_of_the_call() {
    let payload = || ScriptRoot::new().host_json(&json!({}));
    let close = HeaderValue::from_static("close");
    for (name, root) in [("proxied", ScriptRoot::new()), ("forwarded", forwarding()), ("as JSON", payload())] {
        let mut rig = root.http("echo", "echo").setting("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "10").start().await;
        let status = async |body: Body| rig.call(request(Method::POST, "/api/echo", body)).await.0;
        assert_eq!(status(Body::from("0123456789")).await, StatusCode::OK, "{name}");
        let longer = rig.send(request(Method::POST, "/api/echo", Body::from("0123456789a"))).await;
        assert_eq!(
            (longer.status(), &longer.headers()["connection"]),
            (StatusCode::INTERNAL_SERVER_ERROR, &close),
            "{name}"
        );
        assert_eq!(text(longer).await, "", "{name}");
        if name == "proxied" {
            let pieces = futures_util::stream::iter(["012345", "6789a"].map(Ok::<_, std::io::Error>));
            assert_eq!(status(Body::from_stream(pieces)).await, StatusCode::INTERNAL_SERVER_ERROR, "in pieces");
        }
        rig.line("the request body is longer than 10 bytes: the setting FUNCTIONS_REQUEST_BODY_SIZE_LIMIT allows")
            .await;
    }
}

#[tokio::test]
async fn a_body_whose_chunks_are_malformed_is_answered_400() {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let rig = ScriptRoot::new().http("echo", "echo").start().await;
    let address = rig.host.url().socket_addrs(|| None).unwrap()[0];
    for chunks in ["x\r\n", "-1\r\n", "1;a\nb\r\n", "3\r\nabcd\r\n0\r\n\r\n", "fffffffffffffffff\r\n"] {
        let mut client = tokio::net::TcpStream::connect(address).await.unwrap();
        let head = "POST /api/echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
        client.write_all(format!("{head}{chunks}").as_bytes()).await.unwrap();
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{chunks:?}: {answer}");
    }
}

#[tokio::test]
async fn section_4_4_a_caller_that_goes_away_does_not_end_a_forwarded_invocation() {
    let mut rig = forwarding().http("hold", "hold").http("release", "release").start().await;
    let held = tokio::spawn(rig.later(request(Method::GET, "/api/hold", Body::empty())));
    rig.line("held").await;
    held.abort();
    let _ = held.await;
    assert_eq!(rig.get("/api/release").await.0, StatusCode::NO_CONTENT);
    rig.line("Executed 'Functions.hold' (Succeeded").await;
}

#[tokio::test]
async fn section_5_4_paths_that_change_on_their_way_are_warned_of() {
    let mut rig = forwarding().http("echo", "echo/{*path}").start().await;
    let (_, body) = rig.get("/api/echo/a%2Fb").await;
    assert!(body.contains("/api/echo/a%2Fb"), "{body}");
    rig.line("The path /api/echo/a%2Fb holds an encoded slash").await;
    let (_, body) = rig.get("/api/echo/a%3Fb").await;
    assert!(body.contains("\"/api/echo/a\""), "{body}");
    let line = rig.line("where forwarding cuts it: the handler sees").await;
    assert_eq!(line.level, functions_host::Level::Warning);
}
