//! The rules for each invocation of a function: its span, its line in the log, a slot, a time limit, and panics.

use std::{
    borrow::Cow,
    future::{Future, poll_fn},
    panic::AssertUnwindSafe,
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
    time::{Duration, Instant},
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures_util::FutureExt;
use http::{HeaderMap, StatusCode};
use http_body::{Frame, SizeHint};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time,
};
use tracing::{Instrument, Span, error, field, info, info_span, warn};

use crate::{
    callers_request::CallersRequest,
    error::{Failure, InvocationError, SharedError},
    function::{Limits, TimeLimit},
    invocation::origin::{InvocationId, TraceParent},
    log,
    template::Template,
};

/// The limit of an HTTP function. Azure's load balancer ends an HTTP caller's request after 230 seconds.
const HTTP_LIMIT: Duration = Duration::from_secs(220);

/// The longest time between the end of an invocation and `functionTimeout`. The handler ends an invocation a tenth of
/// `functionTimeout` earlier, and at most this time.
const LONGEST_MARGIN: Duration = Duration::from_secs(10);

/// Returns the time in which an invocation must begin its answer.
pub(crate) fn time_limit(limits: Limits, is_http: bool, function_timeout: Option<Duration>) -> Option<Duration> {
    let of_host = function_timeout.map(|timeout| timeout - (timeout / 10).min(LONGEST_MARGIN));
    let own = match limits.time {
        TimeLimit::OfTrigger => is_http.then_some(HTTP_LIMIT),
        TimeLimit::AtMost(limit) => Some(limit),
        TimeLimit::Unlimited => return None,
    };
    own.into_iter().chain(of_host).min()
}

/// The rules for the invocations of one function in one form.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) function: &'static str,
    /// The `faas.trigger` of the span.
    pub(crate) trigger: &'static str,
    /// The slots, which all limited functions share.
    pub(crate) slots: Option<Arc<Semaphore>>,
    /// The status of an invocation without a slot.
    pub(crate) busy: StatusCode,
    pub(crate) sender: Sender,
    pub(crate) time_limit: Option<Duration>,
}

/// The sender of a request.
#[derive(Clone, Debug)]
pub(crate) enum Sender {
    /// A caller. The route is that of the function, if there is one.
    Caller(Option<Arc<Template>>),
    /// The host. Its request may hold a caller's request.
    Host,
}

impl Sender {
    fn callers_request(&self, request: &Request) -> Option<CallersRequest> {
        match self {
            Self::Caller(route) => Some(CallersRequest::new(request, None, route.clone())),
            Self::Host => None,
        }
    }
}

impl Rules {
    /// Takes a slot at once, or fails. Invocations do not queue here: the host and its callers know better when to
    /// retry, and another instance may be idle.
    fn slot(&self) -> Result<Option<OwnedSemaphorePermit>, InvocationError> {
        let Some(slots) = &self.slots else { return Ok(None) };
        slots.clone().try_acquire_owned().map(Some).map_err(|_| InvocationError::Busy(self.busy))
    }

    async fn in_time(&self, answer: impl Future<Output = Response>) -> Response {
        let Some(limit) = self.time_limit else { return answer.await };
        let mut answer = pin!(answer);
        // Many answers are ready at once, and need no timer.
        if let Poll::Ready(answer) = poll_fn(|context| Poll::Ready(answer.as_mut().poll(context))).await {
            return answer;
        }
        let answered = time::timeout(limit, answer).await;
        answered.unwrap_or_else(|_| InvocationError::from(Failure::TooSlow(limit)).into_response())
    }

    /// Makes the span of an invocation. Its name and fields are documented at the root of the crate. If nothing is
    /// logged, no header is read.
    fn span(&self, headers: &HeaderMap) -> Span {
        info_span!(
            "invocation",
            faas.invocation_id = %InvocationId::from_headers(headers),
            faas.name = %self.function,
            faas.trigger = %self.trigger,
            otel.kind = %"server",
            traceparent = TraceParent::from_headers(headers).map(field::display),
            http.response.status_code = field::Empty,
            http.request.method = field::Empty,
            http.route = field::Empty,
            url.path = field::Empty,
            url.scheme = field::Empty,
            server.address = field::Empty,
        )
    }

    /// Runs an invocation. The time limit applies only to the head of the answer: it does not cut a stream that is
    /// being sent.
    pub(crate) async fn apply<R>(&self, request: Request, run: impl FnOnce(Request) -> R) -> Response
    where
        R: Future<Output = Response>,
    {
        let span = self.span(request.headers());
        let callers = (!span.is_disabled()).then(|| self.sender.callers_request(&request)).flatten();
        // The future is pinned here. Each wrapper would otherwise move it, with the request inside.
        let running = pin!(run(request));
        let ruled = async {
            let started = Instant::now();
            let (response, slot) = match self.slot() {
                Ok(slot) => (self.in_time(caught(running)).await, slot),
                Err(busy) => (busy.into_response(), None),
            };
            report(&response, started, callers.as_ref());
            (response, slot)
        };
        let (response, slot) = ruled.instrument(span.clone()).await;
        // A body without a span and a slot needs no wrapper.
        if span.is_disabled() && slot.is_none() {
            return response;
        }
        response.map(|body| Body::new(ResponseBody { body, span, _slot: slot }))
    }
}

/// Turns a panic into an answer. The panic's place is in the log already.
async fn caught(answer: Pin<&mut impl Future<Output = Response>>) -> Response {
    let caught = AssertUnwindSafe(answer).catch_unwind().await;
    caught.unwrap_or_else(|panic| {
        InvocationError::from(Failure::Panic(log::panic_text(&*panic).to_owned())).into_response()
    })
}

/// The status that the caller gets, if the response to the host only wraps the caller's response.
#[derive(Clone, Copy)]
pub(crate) struct CallersStatus(pub(crate) StatusCode);

/// Writes an invocation's one line of failure or success. The level follows the status.
fn report(response: &Response, started: Instant, callers: Option<&CallersRequest>) {
    let extensions = response.extensions();
    let status = extensions.get::<CallersStatus>().map_or(response.status(), |inner| inner.0);
    let duration_ms = started.elapsed().as_millis();
    let failure = extensions.get::<SharedError>();
    let text = failure.map_or(Cow::Borrowed("done"), |failure| log::chain(failure.as_ref()).into());
    let code = status.as_u16();
    match status {
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => warn!(status = code, duration_ms, "{text}"),
        status if status.is_server_error() => error!(status = code, duration_ms, "{text}"),
        _ => info!(status = code, duration_ms, "{text}"),
    }
    // These fields are recorded after the line is written. The line has the status already, and all fields would make
    // it long.
    let span = Span::current();
    span.record("http.response.status_code", code);
    if let Some(callers) = extensions.get::<CallersRequest>().or(callers) {
        callers.record(&span);
    }
}

/// A body that is still part of its invocation: its log lines belong to the invocation, and it keeps the slot until it
/// has been sent.
struct ResponseBody {
    body: Body,
    span: Span,
    _slot: Option<OwnedSemaphorePermit>,
}

impl HttpBody for ResponseBody {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        let _entered = this.span.enter();
        Pin::new(&mut this.body).poll_frame(context)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Function;

    fn seconds(function: Function, is_http: bool, timeout: Option<u64>) -> Option<u64> {
        time_limit(function.limits, is_http, timeout.map(Duration::from_secs)).map(|limit| limit.as_secs())
    }

    #[test]
    fn an_invocation_ends_before_the_host_would_kill_the_handler() {
        let plain = Function::new("f", "");
        let http = |timeout| seconds(plain, true, timeout);
        assert_eq!(
            (http(None), http(Some(1800)), http(Some(300)), http(Some(60))),
            (Some(220), Some(220), Some(220), Some(54))
        );
    }

    #[test]
    fn a_timer_is_limited_by_the_hosts_timeout_alone() {
        let timer = |timeout| seconds(Function::new("f", ""), false, timeout);
        assert_eq!((timer(Some(1800)), timer(Some(60)), timer(None)), (Some(1790), Some(54), None));
    }

    #[test]
    fn a_function_may_have_a_shorter_limit_or_none() {
        let short = Function::new("f", "").time_limit(Duration::from_secs(5));
        assert_eq!((seconds(short, true, Some(1800)), seconds(short, false, Some(2))), (Some(5), Some(1)));
        assert_eq!(seconds(Function::new("f", "").without_time_limit(), true, Some(1800)), None);
    }
}
