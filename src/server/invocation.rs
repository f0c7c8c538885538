//! What every invocation goes through, whatever function it is of: its place in the log, a slot, and a time limit.

use std::{
    any::Any,
    future::Future,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use http_body::{Frame, SizeHint};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};
use tracing::{Instrument, Span};

use crate::{
    error::{Cause, Error},
    telemetry,
};

/// Azure's load balancer leaves an HTTP caller after 230 seconds.
const LONGEST: Duration = Duration::from_secs(220);

/// How long an invocation may take to begin its answer: a function that exceeds `functionTimeout` costs the process its
/// life, and every other invocation with it.
pub(super) fn time_limit(function_timeout: Option<Duration>) -> Duration {
    function_timeout.map_or(LONGEST, |timeout| LONGEST.min(timeout / 10 * 9))
}

/// The rules for the invocations of one function in one form.
#[derive(Clone)]
pub(super) struct Rules {
    pub(super) function: &'static str,
    /// Shared by all functions that are limited.
    pub(super) slots: Option<Arc<Semaphore>>,
    /// What an invocation without a slot is answered.
    pub(super) busy: StatusCode,
    pub(super) time_limit: Duration,
}

impl Rules {
    /// Invocations do not queue here: the host and its callers know better when to come again, and elsewhere there may
    /// be an instance that is idle.
    fn slot(&self) -> Result<Option<OwnedSemaphorePermit>, Error> {
        let Some(slots) = &self.slots else { return Ok(None) };
        slots.clone().try_acquire_owned().map(Some).map_err(|_| Error::Busy(self.busy))
    }

    async fn in_time(&self, answer: impl Future<Output = Response>) -> Response {
        let answered = time::timeout(self.time_limit, answer).await;
        answered.unwrap_or_else(|_| Error::internal(Cause::TooSlow(self.time_limit)).into_response())
    }
}

/// Runs an invocation. The time limit is for the head of the answer alone: a stream that is being sent is not cut.
pub(super) async fn run(State(rules): State<Rules>, request: Request, next: Next) -> Response {
    let span = telemetry::invocation(rules.function, request.headers());
    let run = async {
        let started = Instant::now();
        let (response, slot) = match rules.slot() {
            Ok(slot) => (rules.in_time(next.run(request)).await, slot),
            Err(busy) => (busy.into_response(), None),
        };
        telemetry::report(&response, started);
        (response, slot)
    };
    let (response, slot) = run.instrument(span.clone()).await;
    response.map(|body| Body::new(Answer { body, span, _slot: slot }))
}

/// Where it happened has been logged before.
pub(super) fn panicked(panic: Box<dyn Any + Send>) -> Response {
    Error::internal(Cause::Panic(telemetry::panic_text(&*panic).to_owned())).into_response()
}

/// A body that is still part of its invocation: it is logged as that, and keeps the slot until it has been sent.
struct Answer {
    body: Body,
    span: Span,
    _slot: Option<OwnedSemaphorePermit>,
}

impl HttpBody for Answer {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let answer = &mut *self;
        let _entered = answer.span.enter();
        Pin::new(&mut answer.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
