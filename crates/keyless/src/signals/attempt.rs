//! One try of a call to a service. The span of the try is the parent of the service's spans.

use std::borrow::Cow;

use http::{Method, StatusCode};
use url::Url;

use super::{
    Signals,
    active::innermost,
    call_span::CallSpan,
    names,
    record::{Attributes, Outcome, Value},
    redact,
};
use crate::context::TraceContext;

/// One try of a call. Dropping it records it, so a cancelled call is recorded too.
pub(crate) struct Attempt {
    context: Option<TraceContext>,
    span: Option<CallSpan>,
}

impl Attempt {
    /// Begins a try. It has a span only within an invocation, because the calls of a background task belong to no
    /// trace.
    pub(crate) fn start(signals: Option<&Signals>, method: &Method, url: &Url, resends: u32) -> Self {
        let context = innermost();
        let Some(signals) = signals else { return Self { context, span: None } };
        if resends > 0 {
            signals.retried(url);
        }
        let method = known(method);
        let Some((mut span, own)) = CallSpan::open(signals, context.as_ref(), Cow::Borrowed(method)) else {
            return Self { context, span: None };
        };
        span.attributes = Attributes::default()
            .with(names::HTTP_REQUEST_METHOD, Value::fixed(method))
            .with(names::SERVER_ADDRESS, Value::text(url.host_str().unwrap_or_default()))
            .with(names::SERVER_PORT, Value::count(url.port_or_known_default().unwrap_or_default()))
            .with(names::URL_FULL, Value::text(&redact::url(url)));
        if resends > 0 {
            span.attributes.set(names::HTTP_REQUEST_RESEND_COUNT, Value::count(resends));
        }
        Self { context: own, span: Some(span) }
    }

    /// The context that the request carries.
    pub(crate) fn context(&self) -> Option<&TraceContext> {
        self.context.as_ref()
    }

    /// Records that the head of an answer has arrived.
    pub(crate) fn answered(mut self, status: StatusCode, request_id: Option<&str>) {
        let Some(span) = &mut self.span else { return };
        let code = status.as_u16();
        span.attributes.set(names::HTTP_RESPONSE_STATUS_CODE, Value::Int(code.into()));
        if let Some(id) = request_id {
            span.attributes.set(names::AZURE_REQUEST_ID, Value::text(id));
        }
        if code < 400 {
            span.outcome = Outcome::Unset;
        } else {
            span.attributes.set(names::ERROR_TYPE, Value::text(status.as_str()));
        }
    }

    /// Records that there is no answer.
    pub(crate) fn failed(mut self, kind: &'static str) {
        if let Some(span) = &mut self.span {
            span.attributes.set(names::ERROR_TYPE, Value::fixed(kind));
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        if let Some(span) = self.span.take() {
            span.end();
        }
    }
}

/// Returns the method's name. An unknown method is `_OTHER`, because the conventions want few names.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        "PATCH" => "PATCH",
        _ => "_OTHER",
    }
}
