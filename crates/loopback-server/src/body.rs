//! Request bodies that remember why they broke off, and answer bodies that report their end.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
    task::{Context, Poll, ready},
};

use axum::body::{Body, Bytes, HttpBody};
use http::StatusCode;
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::{Instant, Sleep, sleep_until};

use crate::BODY_LIMIT;

/// The status that the request's body calls for. It replaces the answer of the service.
#[derive(Clone, Debug, Default)]
pub(crate) struct Verdict(Arc<AtomicU16>);

impl Verdict {
    pub(crate) fn status(&self) -> Option<StatusCode> {
        StatusCode::from_u16(self.0.load(Ordering::Acquire)).ok()
    }

    fn set(&self, status: StatusCode) {
        self.0.store(status.as_u16(), Ordering::Release);
    }
}

/// The body of a request.
pub(crate) struct RequestBody {
    body: Incoming,
    verdict: Verdict,
    timer: Pin<Box<Sleep>>,
    is_waiting: bool,
}

impl RequestBody {
    pub(crate) fn new(body: Incoming, verdict: Verdict) -> Self {
        Self { body, verdict, timer: Box::pin(sleep_until(Instant::now())), is_waiting: false }
    }
}

impl HttpBody for RequestBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = self.get_mut();
        if let Poll::Ready(frame) = Pin::new(&mut this.body).poll_frame(context) {
            this.is_waiting = false;
            if let Some(Err(error)) = &frame
                && is_malformed(error)
            {
                this.verdict.set(StatusCode::BAD_REQUEST);
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(axum::Error::new)));
        }
        if !this.is_waiting {
            this.is_waiting = true;
            this.timer.as_mut().reset(Instant::now() + BODY_LIMIT);
        }
        ready!(this.timer.as_mut().poll(context));
        this.verdict.set(StatusCode::REQUEST_TIMEOUT);
        Poll::Ready(Some(Err(axum::Error::new(io::Error::from(io::ErrorKind::TimedOut)))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Reports whether hyper could not read the chunks: it reports this as invalid input or invalid data.
fn is_malformed(error: &(dyn Error + 'static)) -> bool {
    let kind = error.downcast_ref::<io::Error>().map(io::Error::kind);
    matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData))
        || error.source().is_some_and(is_malformed)
}

/// The body of an answer with a guard. The guard is dropped when the body has been sent, or when the client leaves.
#[derive(Debug)]
pub struct AnswerBody<G> {
    body: Body,
    _until_sent: G,
}

impl<G> AnswerBody<G> {
    /// Drops `until_sent` with the body.
    pub fn new(body: Body, until_sent: G) -> Self {
        Self { body, _until_sent: until_sent }
    }
}

impl<G: Unpin> HttpBody for AnswerBody<G> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
