//! `maxOutstandingRequests` and `maxConcurrentRequests`: further requests wait, or are answered 429.
//!
//! Source: `HttpThrottleMiddleware.cs` of `Azure/azure-functions-host`.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use axum::{body::Body, response::Response};
use loopback_server::AnswerBody;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::script;

/// Counts the requests of a job host.
pub(super) struct Throttle {
    outstanding: Arc<AtomicUsize>,
    limit: Option<usize>,
    concurrent: Option<Arc<Semaphore>>,
}

/// A request that is being served. It ends when this value is dropped.
pub(super) struct Admitted {
    outstanding: Arc<AtomicUsize>,
    _permit: Option<OwnedSemaphorePermit>,
}

impl Throttle {
    pub(super) fn new(limits: script::Throttle) -> Self {
        Self {
            outstanding: Arc::new(AtomicUsize::new(0)),
            limit: limits.outstanding,
            concurrent: limits.concurrent.map(|count| Arc::new(Semaphore::new(count.min(Semaphore::MAX_PERMITS)))),
        }
    }

    /// Waits for the request's turn. Returns nothing if too many requests wait already.
    pub(super) async fn admit(&self) -> Option<Admitted> {
        let number = self.outstanding.fetch_add(1, Ordering::SeqCst);
        // The request counts from here on, even if the caller leaves while it waits.
        let mut admitted = Admitted { outstanding: Arc::clone(&self.outstanding), _permit: None };
        if self.limit.is_some_and(|limit| number >= limit) {
            return None;
        }
        if let Some(concurrent) = &self.concurrent {
            admitted._permit = Some(Arc::clone(concurrent).acquire_owned().await.ok()?);
        }
        Some(admitted)
    }
}

impl Admitted {
    /// Counts the request until the host has sent its answer, or the caller has left.
    pub(super) fn until_the_end_of(self, response: Response) -> Response {
        response.map(|body| Body::new(AnswerBody::new(body, self)))
    }
}

impl Drop for Admitted {
    fn drop(&mut self) {
        self.outstanding.fetch_sub(1, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use std::task::Poll;

    use axum::{
        body::{Body, HttpBody as _},
        response::Response,
    };

    use super::{Throttle, script};

    #[tokio::test]
    async fn section_1_5_requests_beyond_the_limit_are_refused_until_one_ends() {
        let throttle = Throttle::new(script::Throttle { concurrent: Some(1), outstanding: Some(2) });
        let first = throttle.admit().await.unwrap();
        let mut second = Box::pin(throttle.admit());
        let pending = std::future::poll_fn(|context| Poll::Ready(second.as_mut().poll(context).is_pending()));
        assert!(pending.await);
        assert!(throttle.admit().await.is_none());
        drop(first);
        assert!(second.await.is_some());
        let unlimited = Throttle::new(script::Throttle::default());
        assert!(unlimited.admit().await.is_some());
    }

    #[tokio::test]
    async fn section_1_5_a_request_counts_until_its_answer_has_been_sent() {
        let throttle = Throttle::new(script::Throttle { concurrent: None, outstanding: Some(1) });
        let answer = throttle.admit().await.unwrap().until_the_end_of(Response::new(Body::from("answer")));
        assert_eq!(answer.body().size_hint().exact(), Some(6), "its length is still known");
        assert!(throttle.admit().await.is_none());
        drop(answer);
        assert!(throttle.admit().await.is_some());
    }
}
