//! Records as messages of OTLP, in protobuf.

use std::{
    collections::BTreeMap,
    time::{Instant, SystemTime},
};

use bytes::Bytes;
use prost::Message as _;

use super::protobuf as wire;
use crate::signals::{
    metrics::{BOUNDS, Data, Labels, Metrics},
    names,
    record::{Attributes, Log, Outcome, Severity, Span, SpanKind, Value, nanoseconds},
};

const OWN_SCOPE: &str = "keyless";

/// Sums and distributions count from the start of the process. The next message contains a lost one.
const CUMULATIVE: i32 = 2;

/// The trace was sampled.
const SAMPLED: u32 = 1;

/// A record that can be sent. One request holds many of them.
pub(super) trait Encode: Sized {
    fn request(resource: &wire::Resource, records: &[Self]) -> Bytes;
}

impl Encode for Span {
    fn request(resource: &wire::Resource, records: &[Self]) -> Bytes {
        let spans = records.iter().map(span).collect();
        let scope_spans = vec![wire::ScopeSpans { scope: Some(scope(OWN_SCOPE)), spans }];
        let resource_spans = vec![wire::ResourceSpans { resource: Some(resource.clone()), scope_spans }];
        wire::TracesRequest { resource_spans }.encode_to_vec().into()
    }
}

impl Encode for Log {
    /// The scope of a line is the module that wrote it.
    fn request(resource: &wire::Resource, records: &[Self]) -> Bytes {
        let mut by_target = BTreeMap::<&str, Vec<wire::LogRecord>>::new();
        for record in records {
            by_target.entry(&record.target).or_default().push(log(record));
        }
        let scope_logs = by_target
            .into_iter()
            .map(|(target, log_records)| {
                let scope = wire::Scope { name: target.to_owned(), version: String::new() };
                wire::ScopeLogs { scope: Some(scope), log_records }
            })
            .collect();
        let resource_logs = vec![wire::ResourceLogs { resource: Some(resource.clone()), scope_logs }];
        wire::LogsRequest { resource_logs }.encode_to_vec().into()
    }
}

/// Returns the current state of all metrics; `None` if nothing was measured.
pub(super) fn metrics(resource: &wire::Resource, metrics: &Metrics) -> Option<Bytes> {
    let (start_time, time) = (metrics.start(), nanoseconds(SystemTime::now()));
    let mut messages: Vec<wire::Metric> = Vec::new();
    for (name, labels, data) in metrics.all() {
        let new = point(&labels, &data, start_time, time);
        match messages.last_mut().filter(|last| last.name == name).and_then(|last| last.data.as_mut()) {
            Some(last) => join(last, new),
            None => {
                let (unit, description) = described(name);
                let (name, data) = (name.to_owned(), Some(new));
                messages.push(wire::Metric { name, description: description.to_owned(), unit: unit.to_owned(), data });
            }
        }
    }
    if messages.is_empty() {
        return None;
    }
    let scope_metrics = vec![wire::ScopeMetrics { scope: Some(scope(OWN_SCOPE)), metrics: messages }];
    let resource_metrics = vec![wire::ResourceMetrics { resource: Some(resource.clone()), scope_metrics }];
    Some(wire::MetricsRequest { resource_metrics }.encode_to_vec().into())
}

pub(super) fn resource(attributes: &Attributes) -> wire::Resource {
    wire::Resource { attributes: pairs(attributes) }
}

fn scope(name: &str) -> wire::Scope {
    wire::Scope { name: name.to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() }
}

fn span(span: &Span) -> wire::Span {
    wire::Span {
        trace_id: span.id.trace.to_vec(),
        span_id: span.id.span.to_vec(),
        trace_state: span.state.clone().unwrap_or_default(),
        parent_span_id: span.parent.map_or_else(Vec::new, |parent| parent.to_vec()),
        name: span.name.clone().into_owned(),
        kind: match span.kind {
            SpanKind::Internal => 1,
            SpanKind::Server => 2,
            SpanKind::Client => 3,
        },
        start_time: span.start,
        end_time: span.end,
        attributes: pairs(&span.attributes),
        status: match span.outcome {
            Outcome::Unset => None,
            Outcome::Error => Some(wire::Status { code: 2 }),
        },
        flags: SAMPLED,
    }
}

fn log(log: &Log) -> wire::LogRecord {
    let (severity_number, severity_text) = match log.severity {
        Severity::Trace => (1, "TRACE"),
        Severity::Debug => (5, "DEBUG"),
        Severity::Information => (9, "INFO"),
        Severity::Warning => (13, "WARN"),
        Severity::Error => (17, "ERROR"),
    };
    wire::LogRecord {
        time: log.time,
        observed_time: log.time,
        severity_number,
        severity_text: severity_text.to_owned(),
        body: Some(wire::AnyValue { value: Some(wire::Any::Text(log.body.clone())) }),
        attributes: pairs(&log.attributes),
        flags: if log.sampled { SAMPLED } else { 0 },
        trace_id: log.id.trace.to_vec(),
        span_id: log.id.span.to_vec(),
    }
}

fn pairs(attributes: &Attributes) -> Vec<wire::KeyValue> {
    attributes.iter().map(|(name, value)| pair(name, any(value))).collect()
}

fn pair(name: &str, value: wire::Any) -> wire::KeyValue {
    wire::KeyValue { key: name.to_owned(), value: Some(wire::AnyValue { value: Some(value) }) }
}

fn any(value: &Value) -> wire::Any {
    let text = |text: &str| wire::Any::Text(text.to_owned());
    match value {
        Value::Text(value) => text(value),
        Value::Int(value) => wire::Any::Int(*value),
        Value::Float(value) => wire::Any::Double(*value),
        Value::Bool(value) => wire::Any::Bool(*value),
        Value::Texts(values) => {
            let values = values.iter().map(|value| wire::AnyValue { value: Some(text(value)) }).collect();
            wire::Any::Array(wire::ArrayValue { values })
        }
    }
}

fn point(labels: &Labels, data: &Data, start_time: u64, time: u64) -> wire::Data {
    let attributes: Vec<_> = labels.iter().map(|(name, value)| pair(name, wire::Any::Text(value.clone()))).collect();
    let number =
        |value, start_time| wire::NumberPoint { start_time, time, value: Some(value), attributes: attributes.clone() };
    match data {
        Data::Count(count) => {
            let value = wire::Number::Int(i64::try_from(*count).unwrap_or(i64::MAX));
            wire::Data::Sum(wire::Sum {
                points: vec![number(value, start_time)],
                temporality: CUMULATIVE,
                is_monotonic: true,
            })
        }
        Data::Gauge(value) => wire::Data::Gauge(wire::Gauge { points: vec![number(wire::Number::Double(*value), 0)] }),
        Data::Age(since) => {
            let age = Instant::now().saturating_duration_since(*since).as_secs_f64();
            wire::Data::Gauge(wire::Gauge { points: vec![number(wire::Number::Double(age), 0)] })
        }
        Data::Distribution(distribution) => {
            let point = wire::HistogramPoint {
                start_time,
                time,
                count: distribution.count,
                sum: Some(distribution.sum),
                bucket_counts: distribution.buckets.to_vec(),
                explicit_bounds: BOUNDS.to_vec(),
                attributes: attributes.clone(),
            };
            wire::Data::Histogram(wire::Histogram { points: vec![point], temporality: CUMULATIVE })
        }
    }
}

/// Joins the points of one metric.
fn join(all: &mut wire::Data, more: wire::Data) {
    match (all, more) {
        (wire::Data::Sum(all), wire::Data::Sum(more)) => all.points.extend(more.points),
        (wire::Data::Gauge(all), wire::Data::Gauge(more)) => all.points.extend(more.points),
        (wire::Data::Histogram(all), wire::Data::Histogram(more)) => all.points.extend(more.points),
        // The metrics of one name have the same kind.
        (wire::Data::Sum(_) | wire::Data::Gauge(_) | wire::Data::Histogram(_), _) => {}
    }
}

/// Returns the unit and the meaning of a metric.
fn described(name: &str) -> (&'static str, &'static str) {
    match name {
        names::FAAS_INVOCATIONS => ("{invocation}", "Invocations that have ended."),
        names::FAAS_INVOKE_DURATION => ("s", "How long an invocation took, its answer included."),
        names::FAAS_ERRORS => ("{error}", "Invocations that failed."),
        names::TOKENS_FETCHED => ("{token}", "Tokens asked of the identity."),
        names::SECRET_AGE => ("s", "How long ago the value of a secret was read."),
        names::RETRIES => ("{request}", "Requests that were sent again."),
        names::RETRIES_LEFT => ("{request}", "Retries that the budget of an API has."),
        names::DROPPED => ("{record}", "Spans and lines of the log that were not sent."),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::record::SpanId;

    fn example() -> Span {
        Span {
            id: SpanId { trace: [0xaa; 16], span: [0xbb; 8] },
            parent: Some([0xcc; 8]),
            state: Some("a=1".to_owned()),
            name: "GET".into(),
            kind: SpanKind::Client,
            start: 1,
            end: 2,
            attributes: Attributes::default().with("n", Value::Int(-1)),
            outcome: Outcome::Error,
        }
    }

    /// The expected bytes come from the field numbers of opentelemetry-proto, and not from the code under test.
    #[test]
    fn a_span_is_encoded_as_the_protocol_says() {
        let field = |tag: u8, kind: u8, bytes: &[u8]| [&[tag << 3 | kind], bytes].concat();
        // From 128 bytes on, the length has two bytes.
        let length = |bytes: &[u8]| match bytes.len() {
            short @ 0..128 => vec![short as u8],
            long => vec![(long % 128) as u8 | 0x80, (long / 128) as u8],
        };
        let sized = |tag: u8, bytes: &[u8]| field(tag, 2, &[&length(bytes), bytes].concat());
        let minus_one = [&[3 << 3], &[0xff; 9][..], &[1]].concat();
        let span = [
            sized(1, &[0xaa; 16]),
            sized(2, &[0xbb; 8]),
            sized(3, b"a=1"),
            sized(4, &[0xcc; 8]),
            sized(5, b"GET"),
            field(6, 0, &[3]),
            field(7, 1, &1_u64.to_le_bytes()),
            field(8, 1, &2_u64.to_le_bytes()),
            sized(9, &[sized(1, b"n"), sized(2, &minus_one)].concat()),
            sized(15, &field(3, 0, &[2])),
            // The tag has two bytes: 16 << 3 | 5.
            [&[0x85, 0x01][..], &1_u32.to_le_bytes()].concat(),
        ]
        .concat();
        let scope = [sized(1, b"keyless"), sized(2, env!("CARGO_PKG_VERSION").as_bytes())].concat();
        let mut scope_spans = sized(1, &scope);
        scope_spans.extend(sized(2, &span));
        let resource = sized(1, &[sized(1, b"r"), sized(2, &sized(1, b"x"))].concat());
        let expected = sized(1, &[sized(1, &resource), sized(2, &scope_spans)].concat());

        let attributes = Attributes::default().with("r", Value::fixed("x"));
        assert_eq!(Span::request(&super::resource(&attributes), &[example()]), expected);
    }

    #[test]
    fn lines_stand_below_the_module_that_wrote_them() {
        let log = |target: &'static str, severity| Log {
            id: SpanId { trace: [1; 16], span: [2; 8] },
            sampled: false,
            time: 7,
            severity,
            target: target.into(),
            body: "said".to_owned(),
            attributes: Attributes::default(),
        };
        let lines = [log("b", Severity::Error), log("a", Severity::Warning), log("b", Severity::Information)];
        let request = wire::LogsRequest::decode(Log::request(&wire::Resource::default(), &lines)).unwrap();
        let scopes = &request.resource_logs[0].scope_logs;
        let seen: Vec<_> = scopes
            .iter()
            .map(|logs| {
                let levels = logs.log_records.iter().map(|log| log.severity_number).collect::<Vec<_>>();
                (logs.scope.as_ref().unwrap().name.as_str(), levels)
            })
            .collect();
        assert_eq!(seen, [("a", vec![13]), ("b", vec![17, 9])]);
    }

    #[test]
    fn series_of_one_metric_are_points_of_one_message() {
        let measured = Metrics::default();
        assert_eq!(metrics(&wire::Resource::default(), &measured), None);
        for function in ["a", "b"] {
            measured.count(names::FAAS_INVOCATIONS, vec![(names::FAAS_NAME, function.to_owned())], 1);
            measured.observe(names::FAAS_INVOKE_DURATION, vec![(names::FAAS_NAME, function.to_owned())], 0.02);
        }
        let request = metrics(&wire::Resource::default(), &measured).unwrap();
        let request = wire::MetricsRequest::decode(request).unwrap();
        let messages = &request.resource_metrics[0].scope_metrics[0].metrics;
        let [invocations, duration] = &messages[..] else { panic!("{messages:?}") };
        let Some(wire::Data::Sum(sum)) = &invocations.data else { panic!("{invocations:?}") };
        assert_eq!((sum.points.len(), sum.temporality, sum.is_monotonic), (2, CUMULATIVE, true));
        let Some(wire::Data::Histogram(histogram)) = &duration.data else { panic!("{duration:?}") };
        let point = &histogram.points[0];
        assert_eq!((point.count, point.bucket_counts.len(), point.explicit_bounds.len()), (1, 18, 17));
        assert_eq!((duration.unit.as_str(), point.sum), ("s", Some(0.02)));
    }
}
