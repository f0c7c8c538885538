//! A call: build it, send it, retry it.

use std::fmt;

use bytes::Bytes;
use futures_util::FutureExt as _;
use http::{
    HeaderMap, HeaderValue, Method,
    header::{ACCEPT, CONTENT_TYPE},
};
use reqwest::Response;
use serde::Serialize;
use serde_json::{Map, Value};
use tokio::time::{Instant, sleep};

use super::{
    answer::ModelAnswer,
    events::ModelEvents,
    model::{Model, Route},
    refusal::{RefusedAnswer, wait_before_retry},
    surface::Operation,
};
use crate::{
    api::{Payload, Repeat, Request, Tries, Unanswered, beginning, paced},
    context::carrying,
    error::{Cause, Error},
    failure::explanation,
    readiness::{Check, check},
    signals::{ChatSpan, ModelQuestion},
    time_limits::until,
    transport::is_json,
};

const JSON: HeaderValue = HeaderValue::from_static("application/json");
const EVENTS: HeaderValue = HeaderValue::from_static("text/event-stream");

/// The largest answer that is held in memory, in bytes.
const LARGEST_ANSWER: usize = 32 * 1024 * 1024;

/// A call to send, with an answer in one piece or event by event.
#[must_use = "a call is sent with `send` or `stream`"]
pub struct ModelCall {
    model: Model,
    operation: Operation,
    request: Result<Map<String, Value>, Error>,
}

impl Model {
    /// Asks for a chat completion. `request` is the body of the operation: an object with `messages` and further
    /// members. This client sets `model` and `stream`.
    pub fn chat(&self, request: &impl Serialize) -> ModelCall {
        ModelCall::new(self.clone(), Operation::ChatCompletions, request)
    }

    /// Asks for a response: like [`Self::chat`], with `input` instead of `messages`.
    pub fn responses(&self, request: &impl Serialize) -> ModelCall {
        ModelCall::new(self.clone(), Operation::Responses, request)
    }

    /// Reports whether this app may now call the account, or the gateway before it. It asks for the list of models, so
    /// it does not check that the deployment exists.
    pub async fn check(&self) -> Check {
        let api = self.api();
        let probe = async {
            let mut request = Request {
                method: Method::GET,
                url: self.url(Operation::Models),
                headers: HeaderMap::new(),
                payload: Payload::Kept(Bytes::new()),
                repeat: Repeat::Always,
            };
            answered(self, &mut request, &mut Tries::default()).await.map(drop)
        };
        check(api.service(), self.connection(), api.scope(), probe).await
    }
}

impl ModelCall {
    pub(super) fn new(model: Model, operation: Operation, request: &impl Serialize) -> Self {
        let request = match serde_json::to_value(request) {
            Ok(Value::Object(request)) => checked(request, model.deployment()),
            Ok(_) => Err(Error::internal_by(Cause::Rule("the request of a model is an object"))),
            // The text of a JSON error may quote the value.
            Err(_) => Err(Error::internal_by(Cause::Rule("the request of a model cannot become JSON"))),
        };
        Self { model, operation, request }
    }

    /// Asks for the answer in one piece.
    ///
    /// # Errors
    /// Every status except 2xx, and an error within an answer of 200. The error says who must act: see
    /// [`ModelProblem`](crate::ModelProblem). [`Error::Unavailable`] also when the answer takes more than 200 s.
    pub async fn send(self) -> Result<ModelAnswer, Error> {
        let Self { model, operation, request } = self;
        let request = request?;
        let mut span = span(&model, operation, &request, false);
        let mut request = http_request(&model, operation, request, false);
        let within = async {
            let mut tries = Tries::default();
            loop {
                let got = match answered(&model, &mut request, &mut tries).await {
                    Ok(response) => whole(&model, response).await,
                    // The allowed tries are used up.
                    Err(error) => return Err(error),
                };
                let Err(error) = got else { return got };
                pause_before_retry(&model, error, &mut tries).await?;
            }
        };
        let answer = carrying(span.context(), limited(&model, within)).await;
        match &answer {
            Ok(answer) => {
                span.take(answer.json());
                span.ended();
            }
            Err(error) => span.failed(error.code()),
        }
        answer
    }

    /// Asks for the answer event by event, and returns when the first event has arrived. Until then, a failure is
    /// retried like any other. A failure that remains is an error of this call.
    ///
    /// # Errors
    /// The same as for [`Self::send`]. It is also an error when the answer is not a stream of events.
    pub async fn stream(self) -> Result<ModelEvents, Error> {
        let Self { model, operation, request } = self;
        let request = request?;
        let mut span = span(&model, operation, &request, true);
        let mut request = http_request(&model, operation, request, true);
        let within = async {
            let mut tries = Tries::default();
            loop {
                let response = answered(&model, &mut request, &mut tries).await?;
                let begun = begun(&model, response).await;
                let Err(error) = begun else { return begun };
                pause_before_retry(&model, error, &mut tries).await?;
            }
        };
        match carrying(span.context(), limited(&model, within)).await {
            Ok(events) => Ok(events.recorded_by(span)),
            Err(error) => {
                span.failed(error.code());
                Err(error)
            }
        }
    }
}

fn span(model: &Model, operation: Operation, request: &Map<String, Value>, streams: bool) -> ChatSpan {
    let shape = match operation {
        Operation::Responses => "responses",
        Operation::ChatCompletions | Operation::Models => "chat_completions",
    };
    let asked = ModelQuestion { deployment: model.deployment(), url: &model.url(operation), shape, request, streams };
    ChatSpan::start(model.connection().http().signals(), &asked)
}

/// Shows neither the prompt nor anything else in the request.
impl fmt::Debug for ModelCall {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelCall")
            .field("model", &self.model)
            .field("operation", &self.operation)
            .finish_non_exhaustive()
    }
}

/// Checks the request and sets its deployment. A setting names the deployment, and the called function decides about
/// streaming.
fn checked(mut request: Map<String, Value>, deployment: &str) -> Result<Map<String, Value>, Error> {
    if request.contains_key("stream") {
        return Err(Error::internal_by(Cause::Rule("a request is streamed by `stream()`, not by a member of it")));
    }
    match request.insert("model".to_owned(), deployment.into()) {
        Some(other) if other != deployment => {
            Err(Error::internal_by(Cause::Rule("the deployment is a setting, and no part of the request")))
        }
        _ => Ok(request),
    }
}

fn http_request(model: &Model, operation: Operation, mut request: Map<String, Value>, streams: bool) -> Request {
    if streams {
        request.insert("stream".to_owned(), true.into());
    }
    let body = Bytes::from(Value::Object(request).to_string());
    let accept = if streams { EVENTS } else { JSON };
    Request {
        method: Method::POST,
        url: model.url(operation),
        headers: HeaderMap::from_iter([(CONTENT_TYPE, JSON), (ACCEPT, accept)]),
        payload: Payload::Kept(body),
        repeat: match model.route() {
            Route::Direct => Repeat::Always,
            Route::Gateway => Repeat::BehindGateway,
        },
    }
}

/// Returns a successful answer, after the retries that its status and headers ask for.
pub(super) async fn answered(model: &Model, request: &mut Request, tries: &mut Tries) -> Result<Response, Error> {
    let api = model.api();
    let answered = match api.attempt(request, tries).await {
        Ok(answered) => answered,
        Err(Unanswered::Refused(refused)) => {
            let refusal = &refused.refusal;
            let known = RefusedAnswer {
                service: api.service(),
                status: refusal.status,
                headers: &refusal.headers,
                body: &refusal.body,
                said: refusal.said().map(str::to_owned),
            }
            .known();
            return Err(known.unwrap_or_else(|| api.unanswered(Unanswered::Refused(refused))));
        }
        Err(failed) => return Err(api.unanswered(failed)),
    };
    let status = answered.response.status();
    if status.is_success() {
        return Ok(answered.response);
    }
    let headers = answered.response.headers().clone();
    let body = beginning(answered.response).await;
    let said = match explanation(&body, &answered.shown.credentials()) {
        Some(Cause::Said(said)) => Some(said),
        _ => None,
    };
    Err(RefusedAnswer { service: api.service(), status, headers: &headers, body: &body, said }.any())
}

async fn whole(model: &Model, response: Response) -> Result<ModelAnswer, Error> {
    let api = model.api();
    let (head, body) = paced(api.service(), api.limits(), response).into_parts();
    if !content_type(&head.headers).is_some_and(is_json) {
        return Err(not_the_service(model, "JSON", &head.headers));
    }
    ModelAnswer::new(head.headers, body.bytes(LARGEST_ANSWER).await?)
}

/// Returns the stream, with its first event.
async fn begun(model: &Model, response: Response) -> Result<ModelEvents, Error> {
    let is_stream = content_type(response.headers()).is_some_and(|kind| {
        let essence = kind.split(';').next().unwrap_or_default().trim();
        essence.eq_ignore_ascii_case("text/event-stream")
    });
    if !is_stream {
        return Err(not_events(model, response).await);
    }
    let api = model.api();
    let (head, body) = paced(api.service(), api.limits(), response).into_parts();
    ModelEvents::new(head.headers, body).begin().await
}

/// Makes the error of an answer that is not a stream: an error in JSON with the status 200, or another service's
/// answer.
async fn not_events(model: &Model, response: Response) -> Error {
    let headers = response.headers().clone();
    let body = beginning(response).await;
    let json = serde_json::from_slice(&body).unwrap_or_default();
    super::refusal::within(&json).unwrap_or_else(|| not_the_service(model, "text/event-stream", &headers))
}

fn not_the_service(model: &Model, expected: &'static str, headers: &HeaderMap) -> Error {
    let found = content_type(headers).unwrap_or("without a type").to_owned();
    Error::refused(model.api().service(), Cause::NotTheService { expected, found })
}

fn content_type(headers: &HeaderMap) -> Option<&str> {
    headers.get(CONTENT_TYPE)?.to_str().ok()
}

/// Waits before another try. Returns the error if there is no other try.
async fn pause_before_retry(model: &Model, error: Error, tries: &mut Tries) -> Result<(), Error> {
    let pause = wait_before_retry(&error).and_then(|asked| model.api().next_try(tries, asked));
    match pause {
        Some(pause) => {
            sleep(pause).await;
            Ok(())
        }
        None => Err(error),
    }
}

fn limited<T>(model: &Model, work: impl Future<Output = Result<T, Error>>) -> impl Future<Output = Result<T, Error>> {
    let (service, limit) = (model.api().service(), model.api().limits().whole);
    let late = move || Err(Error::unreachable(service, Cause::TooSlow(limit)));
    until(Instant::now() + limit, work).map(move |outcome| outcome.unwrap_or_else(late))
}
