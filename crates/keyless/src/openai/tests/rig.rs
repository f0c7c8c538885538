//! A service with given answers, and a model behind it.

use std::{
    collections::VecDeque,
    convert::Infallible,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use futures_util::Stream;
use http::HeaderMap;
use serde_json::{Value, json};
use tokio::{net::TcpListener, sync::watch};

use super::super::{
    model::{Model, Route},
    surface::Surface,
};
use crate::{
    api::Api,
    error::Service,
    settings::{Audience, SettingType},
    test_support::connection,
    time_limits::TimeLimits,
};

/// A request as the service received it.
pub(super) struct ServiceRequest {
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Value,
}

impl ServiceRequest {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }
}

#[derive(Default)]
struct Shared {
    answers: Mutex<VecDeque<Response>>,
    seen: Mutex<Vec<ServiceRequest>>,
    asked: watch::Sender<usize>,
}

/// A service that gives its answers one after the other, then 404.
pub(super) struct Rig {
    shared: Arc<Shared>,
    pub(super) model: Model,
}

impl Rig {
    /// Starts a model that is called directly.
    pub(super) async fn start() -> Self {
        Self::by(Route::Direct).await
    }

    pub(super) async fn by(route: Route) -> Self {
        let shared = Arc::new(Shared::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let routes = Router::new().fallback(serve).with_state(shared.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { shared, model: model(&address, route) }
    }

    pub(super) fn will(&self, answers: impl IntoIterator<Item = Response>) {
        self.shared.answers.lock().unwrap().extend(answers);
    }

    /// Waits until the service has received this many requests.
    pub(super) async fn until_asked(&self, times: usize) {
        self.shared.asked.subscribe().wait_for(|asked| *asked >= times).await.unwrap();
    }

    pub(super) fn seen(&self) -> Vec<ServiceRequest> {
        std::mem::take(&mut *self.shared.seen.lock().unwrap())
    }
}

async fn serve(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = serde_json::from_slice(&to_bytes(body, usize::MAX).await.unwrap()).unwrap_or_default();
    shared.seen.lock().unwrap().push(ServiceRequest { target: parts.uri.to_string(), headers: parts.headers, body });
    shared.asked.send_modify(|asked| *asked += 1);
    shared.answers.lock().unwrap().pop_front().unwrap_or_else(|| answer(404, &[], "no answer is left"))
}

fn model(address: &str, route: Route) -> Model {
    let (service, audience) = match route {
        Route::Direct => (Service::OpenAi, "https://cognitiveservices.azure.com"),
        Route::Gateway => (Service::ApiManagement, "api://chat"),
    };
    let (connection, audience) = (connection(address), Audience::parse(audience).unwrap());
    let surface = Surface::new(connection.endpoint(), None);
    let api = Api::within(TimeLimits::new(Service::OpenAi), service, connection, audience, None);
    Model::new(api, route, "chat".to_owned(), surface)
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: impl Into<Body>) -> Response {
    let mut answer = Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(body.into()).unwrap()
}

pub(super) fn json_answer(status: u16, body: &Value) -> Response {
    answer(status, &[("content-type", "application/json")], body.to_string())
}

pub(super) fn completion(text: &str) -> Response {
    let choice = json!({ "index": 0, "finish_reason": "stop", "message": { "role": "assistant", "content": text } });
    let usage = json!({ "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4 });
    json_answer(200, &json!({ "object": "chat.completion", "choices": [choice], "usage": usage }))
}

/// Makes a stream with this whole body.
pub(super) fn events(body: impl Into<String>) -> Response {
    answer(200, &[("content-type", "text/event-stream; charset=utf-8")], body.into())
}

/// Makes a stream that arrives piece by piece.
pub(super) fn flowing(pieces: impl Stream<Item = Bytes> + Send + 'static) -> Response {
    let pieces = futures_util::StreamExt::map(pieces, Ok::<_, Infallible>);
    answer(200, &[("content-type", "text/event-stream")], Body::from_stream(pieces))
}

pub(super) fn request() -> Value {
    json!({ "messages": [{ "role": "user", "content": PROMPT }] })
}

/// A prompt that no error and no log may contain.
pub(super) const PROMPT: &str = "my-secret-prompt";
