//! The open spans. Each is an extension of its `tracing` span in the registry, where a call finds the current span.

use std::{borrow::Cow, sync::Arc};

use tracing::{Span as Current, span::Id};
use tracing_subscriber::{Registry, registry::LookupSpan as _};
use uuid::Uuid;

use super::{
    Signals, names,
    record::{Attributes, Begun, Outcome, Span, SpanId, SpanKind, Value},
};
use crate::context::{TraceContext, TraceParent, of_task};

/// A span that has not ended.
pub(crate) struct Active {
    id: SpanId,
    parent: Option<[u8; 8]>,
    state: Option<String>,
    sampled: bool,
    begun: Begun,
    name: Cow<'static, str>,
    kind: SpanKind,
    pub(crate) attributes: Attributes,
    pub(crate) outcome: Outcome,
    pub(crate) invocation: Arc<Invocation>,
    /// Whether the span is the invocation's own.
    is_root: bool,
}

/// The documented fields of an invocation's span.
#[derive(Clone, Debug, Default)]
pub(crate) struct Invocation {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) trigger: String,
}

impl Active {
    /// Begins the span of an invocation. A malformed parent is ignored, and a new trace begins here.
    pub(crate) fn invocation(signals: &Signals, invocation: Invocation, traceparent: Option<&str>) -> Self {
        let parent = traceparent.and_then(TraceParent::parse);
        let trace = parent.map_or_else(|| *Uuid::new_v4().as_bytes(), |parent| parent.trace);
        let mut attributes = Attributes::default()
            .with(names::FAAS_INVOCATION_ID, Value::text(&invocation.id))
            .with(names::FAAS_NAME, signals.function_name(&invocation.name))
            .with(names::FAAS_TRIGGER, Value::text(&invocation.trigger));
        if signals.is_cold() {
            attributes.set(names::FAAS_COLDSTART, Value::Bool(true));
        }
        if let Some(id) = &signals.resource_id {
            attributes.set(names::CLOUD_RESOURCE_ID, Value::text(&format!("{id}/functions/{}", invocation.name)));
        }
        Self {
            id: SpanId { trace, span: new_span() },
            parent: parent.map(|parent| parent.span),
            state: None,
            sampled: signals.sampler.takes(parent, trace),
            begun: Begun::now(),
            name: Cow::Owned(invocation.name.clone()),
            kind: SpanKind::Server,
            attributes,
            outcome: Outcome::Unset,
            invocation: Arc::new(invocation),
            is_root: true,
        }
    }

    /// Begins a span for a part of the app's own work.
    pub(crate) fn within(&self, name: &'static str) -> Self {
        Self {
            id: SpanId { trace: self.id.trace, span: new_span() },
            parent: Some(self.id.span),
            state: self.state.clone(),
            sampled: self.sampled,
            begun: Begun::now(),
            name: Cow::Borrowed(name),
            kind: SpanKind::Internal,
            attributes: Attributes::default(),
            outcome: Outcome::Unset,
            invocation: self.invocation.clone(),
            is_root: false,
        }
    }

    pub(crate) fn id(&self) -> SpanId {
        self.id
    }

    pub(crate) fn is_sampled(&self) -> bool {
        self.sampled
    }

    pub(crate) fn set_status(&mut self, status: i64) {
        self.attributes.set(names::HTTP_RESPONSE_STATUS_CODE, Value::Int(status));
        // A caller's mistake is not a failure of the function. A trigger without a caller cannot have such a mistake.
        if status >= 500 || (status >= 400 && self.invocation.trigger != "http") {
            self.outcome = Outcome::Error;
            self.attributes.set(names::ERROR_TYPE, Value::text(&status.to_string()));
        }
    }

    fn context(&self, within: &Id) -> Option<TraceContext> {
        let flags = u8::from(self.sampled);
        let parent = TraceParent { trace: self.id.trace, span: self.id.span, flags }.to_header()?;
        let state = self.state.as_ref().and_then(|state| state.parse().ok());
        Some(TraceContext { parent, state, within: Some(within.clone()) })
    }

    pub(crate) fn end(self, signals: &Signals) {
        if self.is_root {
            let Invocation { name, trigger, .. } = &*self.invocation;
            signals.invoked(name, trigger, self.begun.seconds(), self.outcome == Outcome::Error);
        }
        if self.sampled && signals.wanted.traces {
            signals.push(Span {
                id: self.id,
                parent: self.parent,
                state: self.state,
                name: self.name,
                kind: self.kind,
                start: self.begun.at(),
                end: self.begun.until_now(),
                attributes: self.attributes,
                outcome: self.outcome,
            });
        }
    }
}

/// Makes a span ID. It is never zero, because zero is not a valid ID.
pub(super) fn new_span() -> [u8; 8] {
    let random = Uuid::new_v4().into_bytes();
    let mut span = [0; 8];
    // These are random bytes only, without those that hold the version of a UUID.
    span.copy_from_slice(&[
        random[0] | 1,
        random[1],
        random[2],
        random[3],
        random[4],
        random[5],
        random[14],
        random[15],
    ]);
    span
}

/// Returns the current context: that of the innermost span, unless the task was given a context within that span.
pub(crate) fn innermost() -> Option<TraceContext> {
    let given = of_task();
    let found = with_current(|id, active| {
        let is_older = given.as_ref().is_none_or(|given| given.within.as_ref() != Some(id));
        is_older.then(|| active.context(id)).flatten()
    });
    found.flatten().or(given)
}

/// Returns the context of an invocation. `request` is the context of its request.
pub(crate) fn of_invocation(request: Option<TraceContext>) -> Option<TraceContext> {
    let state = request.as_ref().and_then(|request| request.state.as_ref()?.to_str().ok().map(str::to_owned));
    let own = with_current(|id, active| {
        active.state = state;
        active.context(id)
    });
    own.flatten().or(request)
}

/// Runs `work` with the innermost open span, and the ID of the current `tracing` span.
fn with_current<T>(work: impl FnOnce(&Id, &mut Active) -> T) -> Option<T> {
    let found = Current::current().with_subscriber(|(id, dispatch)| {
        let registry = dispatch.downcast_ref::<Registry>()?;
        for span in registry.span(id)?.scope() {
            if let Some(active) = span.extensions_mut().get_mut::<Active>() {
                return Some(work(id, active));
            }
        }
        None
    });
    found.flatten()
}
