//! Asks a model, and returns its answer unchanged: in one piece, or event by event.
//!
//! The body is `{ "messages": […] }` or `{ "prompt": "…" }`, optionally with `stream`, `max_tokens` and `temperature`.
//! The texts of question and answer are not logged.

use std::time::Duration;

use functions_handler::{
    axum::{
        body::Body,
        extract::{Request, State},
        response::{IntoResponse, Response},
    },
    http::{
        HeaderMap, HeaderName,
        header::{CACHE_CONTROL, CONTENT_TYPE},
    },
};
use futures_util::StreamExt as _;
use keyless::openai::{ModelAnswer, ModelEvents};
use tokio::time::timeout;

use crate::{
    app::App,
    chat::{Chat, Exchange, LARGEST_BYTES, Question, pass_on},
    error::{Error, Missing},
};

/// The longest pause of a request's body.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

const INVOCATION_ID: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");

/// The header that asks proxies on the way to pass the events on at once.
const BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub(crate) async fn run(State(app): State<App>, request: Request) -> Result<Response, Error> {
    let Some(Chat { model, archive }) = app.chat.clone() else { return Err(Error::NotFound(Missing::Model)) };
    let (head, body) = request.into_parts();
    if !is_json(&head.headers) {
        return Err(Error::UnsupportedType);
    }
    let question = Question::parse(&whole(body).await?)?;
    let mut exchange = Exchange::new(archive, invocation(&head.headers), model.deployment(), question.messages());
    let streams = question.stream;
    let call = model.chat(&question.into_request(&model));
    if streams {
        let events = Box::pin(call.stream()).await?;
        return Ok(streamed(events, exchange));
    }
    let answer = Box::pin(call.send()).await?;
    exchange.answered(&answer);
    exchange.keep(true).await;
    Ok(whole_answer(&answer))
}

fn whole_answer(answer: &ModelAnswer) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (headers, answer.bytes().clone()).into_response()
}

fn streamed(events: ModelEvents, exchange: Exchange) -> Response {
    let headers = [(CONTENT_TYPE, "text/event-stream; charset=utf-8"), (CACHE_CONTROL, "no-store"), (BUFFERING, "no")];
    (headers, pass_on(events, exchange)).into_response()
}

fn is_json(headers: &HeaderMap) -> bool {
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    kind.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case("application/json")
}

/// Returns the host's ID of this invocation. Without a host before the handler, there is no ID.
fn invocation(headers: &HeaderMap) -> Option<String> {
    let id = headers.get(INVOCATION_ID)?.to_str().ok()?;
    let is_guid = id.len() == 36 && id.chars().all(|c| c.is_ascii_hexdigit() || c == '-');
    is_guid.then(|| id.to_owned())
}

/// Reads all bytes of a body. Fails if the body is too long or pauses.
async fn whole(body: Body) -> Result<Vec<u8>, Error> {
    let (mut pieces, mut all) = (body.into_data_stream(), Vec::new());
    loop {
        let piece = timeout(LONGEST_PAUSE, pieces.next()).await;
        let Some(piece) = piece.map_err(|_| Error::Rule("its body paused for 30 seconds"))? else { return Ok(all) };
        let piece = piece.map_err(|error| Error::Rejected(error.into()))?;
        if all.len() + piece.len() > LARGEST_BYTES {
            return Err(Error::TooLarge(LARGEST_BYTES as u64));
        }
        all.extend_from_slice(&piece);
    }
}
