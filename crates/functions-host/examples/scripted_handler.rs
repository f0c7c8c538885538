//! A custom handler that misbehaves on demand. The tests of the Functions host run it as a real process.
//!
//! `SCRIPT` decides about the start: `exit N`, `never-binds`, `mute`, `rubbish`, or nothing. After the start, the path
//! of a request decides.

use std::{
    convert::Infallible,
    env,
    process::exit,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::{any, get, post},
};
use futures_util::stream;
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
    sync::Semaphore,
};

/// A gate that lets one waiting request through for each call of `/api/release`.
struct Gate {
    permits: Semaphore,
    running: AtomicUsize,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    println!("handler {} started", std::process::id());
    println!("arguments {:?}", env::args().skip(1).collect::<Vec<_>>());
    println!("variables {}", variable_names().join(" "));
    println!("root {}", variable("FUNCTIONS_APP_ROOT_PATH"));
    let script = variable("SCRIPT");
    if let Some(code) = script.strip_prefix("exit ") {
        eprintln!("the script says exit");
        exit(code.parse().unwrap_or(1));
    }
    if script == "never-binds" {
        std::future::pending::<()>().await;
    }
    let gate = Arc::new(Gate { permits: Semaphore::new(0), running: AtomicUsize::new(0) });
    let routes = Router::new()
        .route("/", get(|| async { StatusCode::NOT_FOUND }))
        .route("/{function}", post(invoked))
        .route("/api/release", any(release))
        .route("/api/hold", any(held))
        .route("/api/stream", any(two_chunks))
        .route("/api/exit/{code}", any(exit_now))
        .route("/api/switch", any(switch))
        .fallback(echo)
        .with_state(gate);
    let listener = TcpListener::bind(format!("127.0.0.1:{}", variable("FUNCTIONS_CUSTOMHANDLER_PORT"))).await?;
    println!("listening on {}", listener.local_addr()?);
    if script == "mute" {
        std::future::pending::<()>().await;
    }
    if script == "rubbish" {
        return answer_rubbish(&listener).await;
    }
    axum::serve(listener, routes).await
}

/// Accepts connections and answers with text that is not HTTP.
async fn answer_rubbish(listener: &TcpListener) -> std::io::Result<()> {
    loop {
        let (mut connection, _) = listener.accept().await?;
        // A caller may hang up early.
        let _ = connection.read(&mut [0; 4096]).await;
        let _ = connection.write_all(b"rubbish\r\n\r\n").await;
        let _ = connection.shutdown().await;
    }
}

#[expect(clippy::disallowed_methods, reason = "the protocol and the script of a handler are environment variables")]
fn variable(name: &str) -> String {
    env::var(name).unwrap_or_default()
}

#[expect(clippy::disallowed_methods, reason = "which variables arrive is what the tests ask for")]
fn variable_names() -> Vec<String> {
    let mut names: Vec<String> = env::vars().map(|(name, _)| name).collect();
    names.sort();
    names
}

async fn invoked(State(gate): State<Arc<Gate>>, Path(function): Path<String>, request: Request) -> Response {
    let json = |status: StatusCode, text: &'static str| {
        (status, [(header::CONTENT_TYPE, "application/json")], text).into_response()
    };
    match function.as_str() {
        "empty" => json(StatusCode::OK, ""),
        "null" => json(StatusCode::OK, "null"),
        "nonsense" => json(StatusCode::OK, "{not json"),
        "plain" => "{}".into_response(),
        "refused" => {
            tell(request).await;
            json(StatusCode::BAD_GATEWAY, r#"{"error":{"code":"refused","message":"the vault refused"}}"#)
        }
        "crash" => {
            eprintln!("warning: not the cause");
            eprintln!("the disk is on fire");
            exit(3)
        }
        "hold" => hold(&gate).await,
        "forever" => std::future::pending().await,
        "web" => Json(json!({ "Outputs": { "res": web(request).await } })).into_response(),
        _ => tell(request).await,
    }
}

/// Prints the request and answers with a line for the log.
async fn tell(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    println!("headers {}", Value::Object(headers(&parts.headers)));
    println!("payload {}", String::from_utf8_lossy(&body));
    Json(json!({ "Outputs": {}, "Logs": ["a line from the answer"], "ReturnValue": null })).into_response()
}

async fn hold(gate: &Gate) -> Response {
    let running = gate.running.fetch_add(1, Ordering::SeqCst) + 1;
    println!("hold begins, {running} running");
    if let Ok(permit) = gate.permits.acquire().await {
        permit.forget();
    }
    gate.running.fetch_sub(1, Ordering::SeqCst);
    Json(json!({})).into_response()
}

/// Returns the response for a payload: the payload as the body, with status 201.
async fn web(request: Request) -> Value {
    let payload = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap_or_default();
    let payload: Value = serde_json::from_slice(&payload).unwrap_or_default();
    json!({ "statusCode": "201", "headers": { "content-type": "application/json", "x-more": 7 }, "body": payload })
}

/// Lets one request through, or as many as `count=` says.
async fn release(State(gate): State<Arc<Gate>>, request: Request) -> StatusCode {
    let count = request.uri().query().and_then(|query| query.strip_prefix("count=")?.parse().ok());
    gate.permits.add_permits(count.unwrap_or(1));
    StatusCode::NO_CONTENT
}

/// Prints the number of the call when it begins, and waits for a release.
async fn held(State(gate): State<Arc<Gate>>, headers: HeaderMap) -> StatusCode {
    println!("held {}", headers.get("x-number").and_then(|value| value.to_str().ok()).unwrap_or_default());
    if let Ok(permit) = gate.permits.acquire().await {
        permit.forget();
    }
    StatusCode::NO_CONTENT
}

/// Sends one chunk at once, and the other after a release.
async fn two_chunks(State(gate): State<Arc<Gate>>) -> Body {
    let chunks = stream::unfold(0, move |sent| {
        let gate = Arc::clone(&gate);
        async move {
            if sent == 1
                && let Ok(permit) = gate.permits.acquire().await
            {
                permit.forget();
            }
            (sent < 2).then(|| (Ok::<_, Infallible>(Bytes::from(format!("chunk {sent}\n"))), sent + 1))
        }
    });
    Body::from_stream(chunks)
}

/// Switches protocols and sends back all bytes that come.
async fn switch(mut request: Request) -> Response {
    let upgrade = hyper::upgrade::on(&mut request);
    tokio::spawn(async move {
        let Ok(upgraded) = upgrade.await else { return };
        let (mut from, mut to) = tokio::io::split(hyper_util::rt::TokioIo::new(upgraded));
        let _ = tokio::io::copy(&mut from, &mut to).await;
    });
    let headers = [(header::CONNECTION, "Upgrade"), (header::UPGRADE, "websocket")];
    (StatusCode::SWITCHING_PROTOCOLS, headers).into_response()
}

async fn exit_now(Path(code): Path<i32>) -> StatusCode {
    exit(code)
}

/// Answers with method, path, query, headers and body as they arrived. The header `x-status` sets the status.
async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap_or_default();
    let status = parts.headers.get("x-status").and_then(|value| value.to_str().ok()?.parse().ok());
    let echo = json!({
        "method": parts.method.as_str(),
        "path": parts.uri.path(),
        "query": parts.uri.query(),
        "headers": headers(&parts.headers),
        "body": String::from_utf8_lossy(&body),
        "error": { "code": "echo", "message": format!("echo of {}", parts.uri.path()) },
    });
    (status.unwrap_or(StatusCode::OK), [("x-from", "handler")], Json(echo)).into_response()
}

fn headers(headers: &HeaderMap) -> serde_json::Map<String, Value> {
    let value = |name| headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default()).collect::<Vec<_>>();
    headers.keys().map(|name| (name.to_string(), Value::String(value(name).join("|")))).collect()
}
