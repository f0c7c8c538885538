//! The open span of a call to a service, below the innermost open span.

use std::borrow::Cow;

use super::{
    Signals,
    active::new_span,
    names,
    record::{Attributes, Begun, Outcome, Span, SpanId, SpanKind, Value},
};
use crate::context::{TraceContext, TraceParent};

pub(super) struct CallSpan {
    signals: Signals,
    begun: Begun,
    id: SpanId,
    parent: [u8; 8],
    state: Option<String>,
    name: Cow<'static, str>,
    pub(super) attributes: Attributes,
    /// The outcome: an error, until there is an answer.
    pub(super) outcome: Outcome,
}

impl CallSpan {
    /// Opens a span, and returns it with the context that the call sends. There is no span if traces are not wanted, or
    /// if this trace is not sampled.
    pub(super) fn open(
        signals: &Signals,
        above: Option<&TraceContext>,
        name: Cow<'static, str>,
    ) -> Option<(Self, Option<TraceContext>)> {
        let above = above.filter(|_| signals.wanted.traces)?;
        let parent = TraceParent::from_header(&above.parent).filter(|parent| parent.is_sampled())?;
        let own = TraceParent { span: new_span(), ..parent };
        let state = above.state.clone();
        let span = Self {
            signals: signals.clone(),
            begun: Begun::now(),
            id: SpanId { trace: own.trace, span: own.span },
            parent: parent.span,
            state: state.as_ref().and_then(|state| state.to_str().ok()).map(str::to_owned),
            name,
            attributes: Attributes::default(),
            outcome: Outcome::Error,
        };
        Some((span, own.to_header().map(|parent| TraceContext { parent, state, within: None })))
    }

    /// The seconds since the beginning.
    #[cfg(feature = "openai")]
    pub(super) fn seconds(&self) -> f64 {
        self.begun.seconds()
    }

    /// Records the span. An error without a name is a call that its caller cancelled.
    pub(super) fn end(mut self) {
        if self.outcome == Outcome::Error && !self.attributes.has(names::ERROR_TYPE) {
            self.attributes.set(names::ERROR_TYPE, Value::fixed("cancelled"));
        }
        let Self { signals, begun, id, parent, state, name, attributes, outcome } = self;
        signals.push(Span {
            id,
            parent: Some(parent),
            state,
            name,
            kind: SpanKind::Client,
            start: begun.at(),
            end: begun.until_now(),
            attributes,
            outcome,
        });
    }
}
