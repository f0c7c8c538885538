//! A request body that can be reused as a whole after an attempt that did not read it.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::body::{Body, Bytes, HttpBody};
use hyper::body::{Frame, SizeHint};

/// The owner's side: the lent body, and whether anything has been read from it.
pub(super) struct Lender(Arc<Mutex<Lent>>);

struct Lent {
    body: Body,
    read: bool,
}

/// The borrower's side.
struct Borrowed(Arc<Mutex<Lent>>);

impl Lender {
    pub(super) fn new(body: Body) -> Self {
        Self(Arc::new(Mutex::new(Lent { body, read: false })))
    }

    /// Returns the body for the next attempt, or nothing once a part has been read.
    pub(super) fn lend(&self) -> Option<Body> {
        let read = self.0.lock().unwrap_or_else(PoisonError::into_inner).read;
        (!read).then(|| Body::new(Borrowed(Arc::clone(&self.0))))
    }
}

impl Borrowed {
    fn with<T>(&self, ask: impl FnOnce(&mut Lent) -> T) -> T {
        ask(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl HttpBody for Borrowed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.with(|lent| {
            lent.read = true;
            Pin::new(&mut lent.body).poll_frame(context)
        })
    }

    fn is_end_stream(&self) -> bool {
        self.with(|lent| lent.body.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        self.with(|lent| lent.body.size_hint())
    }
}
