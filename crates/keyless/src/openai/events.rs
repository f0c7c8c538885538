//! An answer event by event.

use std::fmt;

use bytes::Bytes;
use futures_util::{Stream, stream};
use http::HeaderMap;
use serde_json::Value;

use super::{
    refusal::{broken_off, request_id, within},
    sse::{Frame, FrameParser},
    usage::{self, Usage},
};
use crate::{
    body::Body,
    error::{Cause, Error, Service},
    signals::ChatSpan,
};

/// The end of a stream of chat completions.
const DONE: &str = "[DONE]";

/// The largest event, in bytes. The last event of a response holds the whole response.
const LARGEST_EVENT: usize = 32 * 1024 * 1024;

/// A model's answer, event by event. Dropping it ends the call.
///
/// A chat completion ends with `[DONE]`, a response with a final event. An answer without such an end is an error. An
/// error event is an error too.
pub struct ModelEvents {
    headers: HeaderMap,
    body: Body,
    parser: FrameParser,
    /// The first event, which is read before the first call of `next`.
    first: Option<ModelEvent>,
    state: StreamState,
    span: Option<ChatSpan>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum StreamState {
    Flowing,
    /// The text is complete; usage and `[DONE]` may follow.
    Finished,
    Ended,
}

/// One event of a model's answer. A comment, which only keeps the connection alive, is an event without data.
#[derive(Clone)]
pub struct ModelEvent {
    frame: Frame,
    json: Value,
}

impl ModelEvents {
    pub(super) fn new(headers: HeaderMap, body: Body) -> Self {
        Self { headers, body, parser: FrameParser::default(), first: None, state: StreamState::Flowing, span: None }
    }

    /// Waits for the first event and keeps it.
    pub(super) async fn begin(mut self) -> Result<Self, Error> {
        match self.next().await {
            Some(first) => self.first = Some(first?),
            None => return Err(broken_off()),
        }
        Ok(self)
    }

    /// Records the rest of the answer in the span. The first event has arrived already.
    pub(super) fn recorded_by(mut self, span: ChatSpan) -> Self {
        let first = self.first.as_ref().map(|first| first.json.clone());
        self.span = Some(span);
        if let Some(json) = first {
            self.tell(&json);
        }
        self
    }

    fn tell(&mut self, json: &Value) {
        if let Some(span) = &mut self.span {
            span.take(json);
            if self.state != StreamState::Flowing {
                span.ended();
            }
        }
    }

    /// Returns the next event; `None` at the end.
    ///
    /// # Errors
    /// When the model reports an error, or the answer breaks off, ends too early, or pauses for three minutes. No event
    /// follows an error.
    pub async fn next(&mut self) -> Option<Result<ModelEvent, Error>> {
        if let Some(first) = self.first.take() {
            return Some(Ok(first));
        }
        if self.state == StreamState::Ended {
            return None;
        }
        let event = self.read().await.transpose();
        match &event {
            Some(Ok(event)) => {
                let json = event.json.clone();
                self.tell(&json);
            }
            Some(Err(error)) => {
                if let Some(span) = &mut self.span {
                    span.failed(error.code());
                }
            }
            None => {}
        }
        if !matches!(event, Some(Ok(_))) {
            self.state = StreamState::Ended;
        }
        // The answer is complete. The reader's further work does not belong to the span.
        if self.state == StreamState::Ended {
            self.span = None;
        }
        event
    }

    /// Returns the events as a stream.
    pub fn into_stream(self) -> impl Stream<Item = Result<ModelEvent, Error>> + Send {
        stream::unfold(self, async |mut events| events.next().await.map(|event| (event, events)))
    }

    /// The headers of the answer, such as the remaining rates.
    #[must_use]
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// The service's ID of the request, for support cases.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        request_id(&self.headers)
    }

    async fn read(&mut self) -> Result<Option<ModelEvent>, Error> {
        loop {
            if let Some(frame) = self.parser.next() {
                return self.event(frame).map(Some);
            }
            if self.parser.pending() > LARGEST_EVENT {
                return Err(Error::internal_by(Cause::TooLarge(LARGEST_EVENT)));
            }
            match self.body.next().await.transpose()? {
                Some(piece) => self.parser.push(&piece),
                None => return self.rest(),
            }
        }
    }

    fn event(&mut self, frame: Frame) -> Result<ModelEvent, Error> {
        let json = match frame.data.as_deref() {
            None => Value::Null,
            Some(data) if data.starts_with(DONE) => {
                self.state = StreamState::Ended;
                Value::Null
            }
            Some(data) => serde_json::from_str(data).map_err(|_| not_json())?,
        };
        if let Some(error) = within(&json) {
            return Err(error);
        }
        let event = ModelEvent { frame, json };
        // The end of a response is an event, without `[DONE]`.
        if matches!(event.kind(), Some("response.completed" | "response.incomplete")) {
            self.state = StreamState::Ended;
        } else if event.finish_reason().is_some() {
            self.state = StreamState::Finished;
        }
        Ok(event)
    }

    /// Reads the last frame after the end of the body. Either the frame only lacks its empty line, or the answer was
    /// cut.
    fn rest(&mut self) -> Result<Option<ModelEvent>, Error> {
        let was_finished = self.state == StreamState::Finished;
        if let Some(frame) = std::mem::take(&mut self.parser).finish() {
            match self.event(frame) {
                Ok(event) if self.state != StreamState::Flowing => {
                    self.state = StreamState::Ended;
                    return Ok(Some(event));
                }
                Err(error) if error.model_refusal().is_some() => return Err(error),
                _ => {}
            }
        }
        if was_finished { Ok(None) } else { Err(broken_off()) }
    }
}

impl ModelEvent {
    /// The event's data as JSON; `null` for a comment and for `[DONE]`.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }

    /// The kind of a response's event, such as `response.output_text.delta`. Chunks of a chat completion have no kind.
    #[must_use]
    pub fn kind(&self) -> Option<&str> {
        self.json["type"].as_str().or(self.frame.name.as_deref())
    }

    /// The text that the event adds to the answer. If there are several choices, it is the text of the first one.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        usage::text_delta(&self.json)
    }

    /// The reason why the answer ended; `None` except in the event with that reason.
    #[must_use]
    pub fn finish_reason(&self) -> Option<&str> {
        usage::finish_reason(&self.json)
    }

    /// The number of tokens that the call took; `None` except in the event with the usage. A chat completion has that
    /// event only if the request asks for it: `"stream_options": { "include_usage": true }`.
    #[must_use]
    pub fn usage(&self) -> Option<Usage> {
        Usage::from_json(&self.json)
    }

    /// The event's bytes as received, including the empty line after it. All events together are the body.
    #[must_use]
    pub fn raw(&self) -> &Bytes {
        &self.frame.raw
    }
}

fn not_json() -> Error {
    let found = "an event that is no JSON".to_owned();
    Error::refused(Service::OpenAi, Cause::NotTheService { expected: "events of JSON", found })
}

/// Shows no text of the model.
impl fmt::Debug for ModelEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelEvent").field("kind", &self.kind()).field("bytes", &self.frame.raw.len()).finish()
    }
}

impl fmt::Debug for ModelEvents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ModelEvents").field("state", &self.state).finish_non_exhaustive()
    }
}
