//! An API behind the gateway that shows the received requests, and answers as slowly as a test wants.

use std::{collections::BTreeMap, convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    body::{Body, Bytes, to_bytes},
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::any,
};
use futures_util::{StreamExt as _, stream};
use http::StatusCode;
use local_azure::seed::{self, Operation, Seed};
use serde_json::json;
use tokio::{
    net::TcpListener,
    sync::{Mutex, Semaphore, mpsc},
    task::JoinHandle,
};

const METHODS: [&str; 8] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"];

/// A running backend. It ends when it is dropped.
pub(super) struct Backend {
    url: String,
    shared: Arc<Shared>,
    task: JoinHandle<()>,
}

struct Shared {
    next_event: Semaphore,
    began: Semaphore,
    left: Semaphore,
    chunk: mpsc::Sender<Bytes>,
    chunks: Mutex<mpsc::Receiver<Bytes>>,
}

/// A call that is under way. It is dropped when its caller has left.
struct OpenCall(Arc<Shared>);

impl OpenCall {
    fn begin(shared: &Arc<Shared>) -> Self {
        shared.began.add_permits(1);
        Self(shared.clone())
    }
}

impl Drop for OpenCall {
    fn drop(&mut self) {
        self.0.left.add_permits(1);
    }
}

impl Backend {
    pub(super) async fn start() -> Self {
        let (chunk, chunks) = mpsc::channel(1);
        let semaphore = || Semaphore::new(0);
        let shared = Arc::new(Shared {
            next_event: semaphore(),
            began: semaphore(),
            left: semaphore(),
            chunk,
            chunks: Mutex::new(chunks),
        });
        let routes = Router::new()
            .route("/echo/{*rest}", any(echo))
            .route("/sized", any(async || ([("content-length", "12345")], "").into_response()))
            .route("/nothing", any(async || StatusCode::NO_CONTENT))
            .route("/status/{status}", any(status))
            .route("/moved", any(moved))
            .route("/events", any(events))
            .route("/never", any(never))
            .route("/chunks", any(chunks_of))
            .route("/mirror", any(async |request: Request| Response::new(request.into_body())))
            .with_state(shared.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let task = tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        Self { url, shared, task }
    }

    /// Makes this the backend of the orders API. The API's operations become all paths and methods.
    pub(super) fn stand_behind(&self, seed: &mut Seed) {
        let api = &mut seed.apim.apis[0];
        api.backend = seed::Backend { sample: None, url: Some(self.url.parse().unwrap()) };
        let operation = |method: &str| Operation {
            id: method.to_ascii_lowercase(),
            method: method.to_owned(),
            template: "/*".to_owned(),
            parameters: Vec::new(),
            requests: Vec::new(),
            responses: Vec::new(),
        };
        api.operations = METHODS.map(operation).to_vec();
    }

    pub(super) fn next_event(&self) {
        self.shared.next_event.add_permits(1);
    }

    pub(super) async fn next_chunk(&self) -> Bytes {
        self.shared.chunks.lock().await.recv().await.unwrap()
    }

    pub(super) async fn until_a_call_began(&self) {
        self.shared.began.acquire().await.unwrap().forget();
    }

    pub(super) async fn until_a_call_was_left(&self) {
        self.shared.left.acquire().await.unwrap().forget();
    }
}

impl Drop for Backend {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn echo(request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, 1024).await.unwrap();
    let headers: BTreeMap<_, _> =
        parts.headers.iter().map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let seen = json!({
        "method": parts.method.as_str(), "target": parts.uri.to_string(), "headers": headers,
        "body": String::from_utf8_lossy(&body),
    });
    (StatusCode::MULTI_STATUS, [("x-answer", "kept")], Json(seen)).into_response()
}

async fn status(Path(status): Path<u16>) -> Response {
    (StatusCode::from_u16(status).unwrap(), r#"{"error":{"code":"Backend"}}"#).into_response()
}

/// Redirects to the place in the query.
async fn moved(request: Request) -> Response {
    let place = request.uri().query().unwrap_or_default().to_owned();
    (StatusCode::TEMPORARY_REDIRECT, [("location", place)]).into_response()
}

/// Sends one event at once, and each further event when the test allows it.
async fn events(State(shared): State<Arc<Shared>>) -> Response {
    let call = OpenCall(shared.clone());
    let events = stream::unfold((1, call), |(number, call)| async move {
        if number > 1 {
            call.0.next_event.acquire().await.unwrap().forget();
        }
        Some((Ok::<_, Infallible>(format!("data: {number}\n\n")), (number + 1, call)))
    });
    ([("content-type", "text/event-stream")], Body::from_stream(events)).into_response()
}

async fn never(State(shared): State<Arc<Shared>>) -> Response {
    let _call = OpenCall::begin(&shared);
    std::future::pending().await
}

async fn chunks_of(State(shared): State<Arc<Shared>>, request: Request) -> StatusCode {
    let mut body = request.into_body().into_data_stream();
    while let Some(chunk) = body.next().await {
        shared.chunk.send(chunk.unwrap()).await.unwrap();
    }
    StatusCode::OK
}
