//! One try of a call to a service: a span of its own, which the service sees as its parent.

use std::borrow::Cow;

use http::{Method, StatusCode};
use url::Url;

use super::{
    Signals,
    active::{innermost, new_span},
    names,
    record::{Attributes, Begun, Kind, Outcome, Span, SpanId, Value},
    redact,
};
use crate::context::{TraceContext, TraceParent};

/// One try of a call. The drop records it, so that a cancelled call is recorded too.
pub(crate) struct Attempt {
    context: Option<TraceContext>,
    recording: Option<Recording>,
}

struct Recording {
    signals: Signals,
    begun: Begun,
    id: SpanId,
    parent: [u8; 8],
    state: Option<String>,
    method: &'static str,
    attributes: Attributes,
    outcome: Outcome,
}

impl Attempt {
    /// Within an invocation alone: what a background task calls belongs to no trace.
    pub(crate) fn start(signals: Option<&Signals>, method: &Method, url: &Url, resends: u32) -> Self {
        let context = innermost();
        let Some(signals) = signals else { return Self { context, recording: None } };
        if resends > 0 {
            signals.retried(url);
        }
        let parent = context.as_ref().and_then(|context| TraceParent::of(&context.parent));
        let Some(parent) = parent.filter(|parent| parent.is_sampled() && signals.wanted.traces) else {
            return Self { context, recording: None };
        };
        let method = known(method);
        let mut attributes = Attributes::default()
            .with(names::HTTP_REQUEST_METHOD, Value::fixed(method))
            .with(names::SERVER_ADDRESS, Value::text(url.host_str().unwrap_or_default()))
            .with(names::SERVER_PORT, Value::count(url.port_or_known_default().unwrap_or_default()))
            .with(names::URL_FULL, Value::text(&redact::url(url)));
        if resends > 0 {
            attributes.set(names::HTTP_REQUEST_RESEND_COUNT, Value::count(resends));
        }
        let own = TraceParent { span: new_span(), ..parent };
        let state = context.as_ref().and_then(|context| context.state.clone());
        let recording = Recording {
            signals: signals.clone(),
            begun: Begun::now(),
            id: SpanId { trace: own.trace, span: own.span },
            parent: parent.span,
            state: state.as_ref().and_then(|state| state.to_str().ok()).map(str::to_owned),
            method,
            attributes,
            // Until there is an answer.
            outcome: Outcome::Error,
        };
        let context = own.to_header().map(|parent| TraceContext { parent, state, within: None });
        Self { context, recording: Some(recording) }
    }

    /// What the request carries.
    pub(crate) fn context(&self) -> Option<&TraceContext> {
        self.context.as_ref()
    }

    /// The head of an answer is here.
    pub(crate) fn answered(mut self, status: StatusCode, request_id: Option<&str>) {
        let Some(recording) = &mut self.recording else { return };
        let code = status.as_u16();
        recording.attributes.set(names::HTTP_RESPONSE_STATUS_CODE, Value::Int(code.into()));
        if let Some(id) = request_id {
            recording.attributes.set(names::AZURE_REQUEST_ID, Value::text(id));
        }
        if code < 400 {
            recording.outcome = Outcome::Unset;
        } else {
            recording.attributes.set(names::ERROR_TYPE, Value::text(status.as_str()));
        }
    }

    /// There is no answer.
    pub(crate) fn failed(mut self, kind: &'static str) {
        if let Some(recording) = &mut self.recording {
            recording.attributes.set(names::ERROR_TYPE, Value::fixed(kind));
        }
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let Some(mut recording) = self.recording.take() else { return };
        if recording.outcome == Outcome::Error && !recording.attributes.has(names::ERROR_TYPE) {
            recording.attributes.set(names::ERROR_TYPE, Value::fixed("cancelled"));
        }
        let Recording { signals, begun, id, parent, state, method, attributes, outcome } = recording;
        signals.push(Span {
            id,
            parent: Some(parent),
            state,
            name: Cow::Borrowed(method),
            kind: Kind::Client,
            start: begun.at(),
            end: begun.until_now(),
            attributes,
            outcome,
        });
    }
}

/// An unknown method is `_OTHER`: the conventions want few names.
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
