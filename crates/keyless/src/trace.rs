//! The trace context of the current invocation, which every outbound call carries.
//!
//! [`TraceLayer`] takes `traceparent` from each incoming request and keeps it for the time that the request is
//! answered. The Functions host sends one with every invocation where telemetry is on, of HTTP and of other triggers.
//! Without the layer, and without the header, outbound calls carry none.
//!
//! ```
//! # use tower::Layer as _;
//! let service = tower::service_fn(async |_: http::Request<()>| {
//!     Ok::<_, std::convert::Infallible>(http::Response::new(keyless::trace::traceparent().is_some()))
//! });
//! let traced = keyless::trace::TraceLayer.layer(service);
//! # let _ = traced;
//! ```

use std::task::{Context, Poll};

use http::{HeaderValue, Request};
use tokio::task_local;
use tower::{Layer, Service};

/// Name of the header: <https://www.w3.org/TR/trace-context/#traceparent-header>.
pub(crate) const TRACEPARENT: &str = "traceparent";

task_local! {
    static CURRENT: Option<HeaderValue>;
}

/// The `traceparent` of the current invocation.
#[must_use]
pub fn traceparent() -> Option<HeaderValue> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Runs `work` with this `traceparent`. A task that an invocation spawns has none, unless it is given one so.
pub fn with_traceparent<F: Future>(value: Option<HeaderValue>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(value.filter(is_traceparent), work)
}

/// Version 00 of the format; a later one begins the same.
fn is_traceparent(value: &HeaderValue) -> bool {
    let Ok(text) = value.to_str() else { return false };
    let hex = |part: Option<&str>, length: usize| {
        part.is_some_and(|part| part.len() == length && part.bytes().all(|c| c.is_ascii_hexdigit()))
    };
    let mut parts = text.split('-');
    hex(parts.next(), 2) && hex(parts.next(), 32) && hex(parts.next(), 16) && hex(parts.next(), 2)
}

/// A tower layer that keeps the `traceparent` of each request for its outbound calls.
#[derive(Clone, Copy, Debug, Default)]
pub struct TraceLayer;

impl<S> Layer<S> for TraceLayer {
    type Service = Traced<S>;

    fn layer(&self, inner: S) -> Self::Service {
        Traced { inner }
    }
}

/// What [`TraceLayer`] makes of a service.
#[derive(Clone, Debug)]
pub struct Traced<S> {
    inner: S,
}

impl<S, B> Service<Request<B>> for Traced<S>
where
    S: Service<Request<B>>,
    S::Future: Send + 'static,
{
    type Response = S::Response;
    type Error = S::Error;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<S::Response, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let value = request.headers().get(TRACEPARENT).cloned();
        Box::pin(with_traceparent(value, self.inner.call(request)))
    }
}

#[cfg(test)]
mod tests {
    use tower::{ServiceExt as _, service_fn};

    use super::*;

    const VALUE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    async fn seen(header: Option<&str>) -> Option<HeaderValue> {
        let service = service_fn(async |_: Request<()>| Ok::<_, std::convert::Infallible>(traceparent()));
        let mut request = Request::new(());
        if let Some(value) = header {
            request.headers_mut().insert(TRACEPARENT, value.parse().unwrap());
        }
        TraceLayer.layer(service).oneshot(request).await.unwrap()
    }

    #[tokio::test]
    async fn a_request_gives_its_trace_context_to_the_calls_that_it_causes() {
        assert_eq!(seen(Some(VALUE)).await.unwrap(), VALUE);
        assert_eq!(seen(None).await, None);
        assert_eq!(traceparent(), None);
    }

    #[tokio::test]
    async fn what_is_no_trace_context_is_not_passed_on() {
        for wrong in ["", "1", "00-1-2-01", "00-0af7651916cd43dd8448eb211c80319z-b7ad6b7169203331-01"] {
            assert_eq!(seen(Some(wrong)).await, None, "{wrong}");
        }
    }
}
