//! Turns the spans and events of `tracing` into recorded spans and log lines, within invocations only.

use std::{
    fmt::{self, Write as _},
    sync::OnceLock,
    time::SystemTime,
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    level_filters::LevelFilter,
    span::{Attributes, Id, Record},
    subscriber::Interest,
};
use tracing_subscriber::{
    Registry,
    filter::Targets,
    layer::{Context, Filter, Layer},
    registry::LookupSpan,
};

use crate::signals::{
    Active, Invocation, Signals, names,
    record::{self, Log, Outcome, Severity, Value, nanoseconds},
};

/// The recorder of the process. The settings set it once; nothing is recorded before that.
static OF_PROCESS: OnceLock<Signals> = OnceLock::new();

/// Sets the recorder of the process. Only the first call has an effect.
pub(super) fn record_by(signals: &Signals) {
    if OF_PROCESS.set(signals.clone()).is_ok() {
        // Events without interest so far may be of interest now.
        tracing::callsite::rebuild_interest_cache();
    }
}

/// The place where a layer records.
#[derive(Clone, Debug)]
pub(super) enum RecordingPlace {
    OfProcess,
    Own(Signals),
}

impl RecordingPlace {
    fn signals(&self) -> Option<&Signals> {
        match self {
            Self::OfProcess => OF_PROCESS.get(),
            Self::Own(signals) => Some(signals),
        }
    }
}

/// Records spans and lines. It knows only the documented fields of an invocation's span, not the library that makes the
/// span.
pub(super) struct Recording(pub(super) RecordingPlace);

/// A filter for recorded data: the spans of invocations, and everything that the levels of the log admit.
pub(super) struct Recorded {
    pub(super) place: RecordingPlace,
    pub(super) levels: Targets,
}

/// A filter for standard output. It leaves out the lines that are sent, except warnings and errors.
pub(super) struct NotSent(pub(super) RecordingPlace);

fn is_invocation(metadata: &Metadata<'_>) -> bool {
    metadata.is_span()
        && metadata.name() == names::INVOCATION
        && metadata.fields().field(names::FAAS_INVOCATION_ID).is_some()
}

impl Recorded {
    fn takes(&self, metadata: &Metadata<'_>) -> bool {
        self.place.signals().is_some()
            && (is_invocation(metadata) || self.levels.would_enable(metadata.target(), metadata.level()))
    }
}

impl<S> Filter<S> for Recorded {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        self.takes(metadata)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        if self.takes(metadata) { Interest::always() } else { Interest::never() }
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        // If two layers are combined on the registry, the hint of the outer one counts for both. So it must not be
        // lower than the level of the log lines, even if nothing is recorded.
        let levels = Filter::<S>::max_level_hint(&self.levels)?;
        Some(if self.place.signals().is_some() { levels.max(LevelFilter::INFO) } else { levels })
    }
}

impl NotSent {
    fn sends_logs(&self) -> bool {
        self.0.signals().is_some_and(|signals| signals.wanted.logs)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for NotSent {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        if metadata.is_span() || *metadata.level() <= Level::WARN || !self.sends_logs() {
            return true;
        }
        let current = context.lookup_current();
        let is_within = |span: tracing_subscriber::registry::SpanRef<'_, S>| {
            span.scope().any(|span| span.extensions().get::<Active>().is_some())
        };
        !current.is_some_and(is_within)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> Interest {
        let depends = self.sends_logs() && !metadata.is_span() && *metadata.level() > Level::WARN;
        if depends { Interest::sometimes() } else { Interest::always() }
    }
}

impl Layer<Registry> for Recording {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, Registry>) {
        let (Some(signals), Some(span)) = (self.0.signals(), context.span(id)) else { return };
        let mut fields = Fields::default();
        attributes.record(&mut fields);
        let active = if is_invocation(attributes.metadata()) {
            let mut take = |name| fields.take(name);
            let invocation = Invocation {
                id: take(names::FAAS_INVOCATION_ID).unwrap_or_default(),
                name: take(names::FAAS_NAME).unwrap_or_default(),
                trigger: take(names::FAAS_TRIGGER).unwrap_or_default(),
            };
            Active::invocation(signals, invocation, take(names::TRACEPARENT).as_deref())
        } else {
            let parent = span.parent().and_then(|parent| {
                parent.scope().find_map(|span| {
                    span.extensions().get::<Active>().map(|active| active.within(attributes.metadata().name()))
                })
            });
            let Some(mut active) = parent else { return };
            fields.fill(&mut active);
            active
        };
        span.extensions_mut().insert(active);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, Registry>) {
        let Some(span) = context.span(id) else { return };
        if let Some(active) = span.extensions_mut().get_mut::<Active>() {
            let mut fields = Fields::default();
            values.record(&mut fields);
            fields.fill(active);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, Registry>) {
        let Some(signals) = self.0.signals().filter(|signals| signals.wanted.logs) else { return };
        let Some(span) = context.event_span(event) else { return };
        let within = span.scope().find_map(|span| {
            let extensions = span.extensions();
            let active = extensions.get::<Active>()?;
            Some((active.id(), active.is_sampled(), active.invocation.clone()))
        });
        let Some((id, sampled, invocation)) = within else { return };
        let mut fields = Fields::default();
        event.record(&mut fields);
        let metadata = event.metadata();
        let mut attributes = record::Attributes::default()
            .with(names::FAAS_INVOCATION_ID, Value::text(&invocation.id))
            .with(names::FAAS_NAME, signals.function_name(&invocation.name));
        for (name, value) in fields.others {
            attributes.set(name, value);
        }
        let body = match Value::text(&fields.message) {
            Value::Text(body) => body.into_owned(),
            _ => String::new(),
        };
        signals.push(Log {
            id,
            sampled,
            time: nanoseconds(SystemTime::now()),
            severity: severity(*metadata.level()),
            target: metadata.target().into(),
            body,
            attributes,
        });
    }

    fn on_close(&self, id: Id, context: Context<'_, Registry>) {
        let (Some(signals), Some(span)) = (self.0.signals(), context.span(&id)) else { return };
        let ended = span.extensions_mut().remove::<Active>();
        if let Some(active) = ended {
            active.end(signals);
        }
    }
}

fn severity(level: Level) -> Severity {
    match level {
        Level::TRACE => Severity::Trace,
        Level::DEBUG => Severity::Debug,
        Level::INFO => Severity::Information,
        Level::WARN => Severity::Warning,
        Level::ERROR => Severity::Error,
    }
}

/// The fields of a span or an event.
#[derive(Default)]
struct Fields {
    message: String,
    others: Vec<(&'static str, Value)>,
}

impl Fields {
    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.others.iter().position(|(known, _)| *known == name)?;
        match self.others.swap_remove(at).1 {
            Value::Text(text) => Some(text.into_owned()),
            Value::Texts(_) | Value::Int(_) | Value::Float(_) | Value::Bool(_) => None,
        }
    }

    fn fill(self, active: &mut Active) {
        for (name, value) in self.others {
            match (name, &value) {
                (names::HTTP_RESPONSE_STATUS_CODE, Value::Int(status)) => active.set_status(*status),
                (names::OTEL_STATUS_CODE, Value::Text(code)) => {
                    if code.eq_ignore_ascii_case("error") {
                        active.outcome = Outcome::Error;
                    }
                }
                (names::OTEL_KIND, _) => {}
                _ => active.attributes.set(name, value),
            }
        }
    }

    fn add(&mut self, field: &Field, value: Value) {
        self.others.push((field.name(), value));
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.add(field, Value::Float(value));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.add(field, Value::Int(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.add(field, Value::count(value));
    }

    fn record_u128(&mut self, field: &Field, value: u128) {
        self.add(field, Value::count(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.add(field, Value::Bool(value));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "message" {
            value.clone_into(&mut self.message);
        } else {
            self.add(field, Value::text(value));
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            // Writing to a string cannot fail.
            let _ = write!(self.message, "{value:?}");
        } else {
            self.add(field, Value::text(&format!("{value:?}")));
        }
    }
}
