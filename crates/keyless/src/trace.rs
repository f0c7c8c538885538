//! The trace context of the current invocation, for every outbound call.
//!
//! [`TraceLayer`] takes `traceparent` from each incoming request and keeps it while the request is answered. With
//! telemetry on, the Functions host sends a `traceparent` with every invocation, of any trigger. Without the layer or
//! the header, outbound calls carry none. With this crate's telemetry on, outbound calls carry the span of the call as
//! parent, and a new trace begins if no `traceparent` arrives.
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
use tower::{Layer, Service};

use crate::{
    context::{TraceContext, TraceParent, carrying},
    signals,
};

/// Returns the `traceparent` of the current invocation.
#[must_use]
pub fn traceparent() -> Option<HeaderValue> {
    signals::innermost().map(|context| context.parent)
}

/// Runs `work` with this `traceparent`. A task that an invocation spawns has no `traceparent` without this function.
pub fn with_traceparent<F: Future>(value: Option<HeaderValue>, work: F) -> impl Future<Output = F::Output> {
    let parent = value.filter(|value| TraceParent::from_header(value).is_some());
    let within = tracing::Span::current().id();
    carrying(parent.map(|parent| TraceContext { parent, state: None, within }), work)
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

/// A service inside [`TraceLayer`].
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
        let context = signals::of_invocation(TraceContext::from_headers(request.headers()));
        Box::pin(carrying(context, self.inner.call(request)))
    }
}

#[cfg(test)]
mod tests {
    use tower::{ServiceExt as _, service_fn};

    use super::*;
    use crate::context::TRACEPARENT;

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
