//! Reads spans, log records and metric points from the messages of OTLP.

use jiff::Timestamp;

use super::{
    otlp::{
        common::{AnyValue, KeyValue, Resource, Scope},
        logs::LogsRequest,
        metrics::{Data, HistogramDataPoint, Metric, MetricsRequest, Number, Numbers},
        trace::{Event, Span, Status, TraceRequest},
    },
    received::{
        Attributes, LogLevel, MetricValue, ReceivedLog, ReceivedMetric, ReceivedSpan, SpanEvent, SpanId, SpanKind,
        SpanStatus,
    },
    telemetry::Ring,
};
use crate::journal::TraceId;

/// An error in a request that makes it useless for any receiver. The text is ours.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unusable {
    #[error("the {what} of \"{name}\" has {bytes} bytes, or is all zero")]
    Id { what: &'static str, name: String, bytes: usize },
    #[error("\"{0}\" has a time that no clock shows")]
    Time(String),
    #[error("the metric \"{0}\" has no data, or data of a kind that OTLP does not have")]
    NoData(String),
    #[error("a point of the metric \"{0}\" has no value")]
    NoValue(String),
    #[error("the histogram \"{0}\" has as many bounds as buckets, or more")]
    Buckets(String),
}

pub(super) fn spans(request: TraceRequest) -> Result<Ring<ReceivedSpan>, Unusable> {
    let mut received = Ring::default();
    for of_resource in request.resource_spans {
        let resource = resource(of_resource.resource);
        for of_scope in of_resource.scope_spans {
            let scope = scope(of_scope.scope);
            for span in of_scope.spans {
                received.push(received_span(span, &scope, &resource)?);
            }
        }
    }
    Ok(received)
}

fn received_span(span: Span, scope: &str, resource: &Attributes) -> Result<ReceivedSpan, Unusable> {
    let name = span.name.as_str();
    let status = span.status.unwrap_or_default();
    let time = |nanoseconds| time(nanoseconds).ok_or_else(|| Unusable::Time(name.to_owned()));
    let event = |event: Event| {
        Ok(SpanEvent { time: time(event.time_unix_nano)?, name: event.name, attributes: attributes(event.attributes) })
    };
    Ok(ReceivedSpan {
        trace: required(trace_id(&span.trace_id), "trace_id", name, &span.trace_id)?,
        id: required(SpanId::from_bytes(&span.span_id), "span_id", name, &span.span_id)?,
        parent: optional(SpanId::from_bytes(&span.parent_span_id), "parent_span_id", name, &span.parent_span_id)?,
        kind: match span.kind {
            2 => SpanKind::Server,
            3 => SpanKind::Client,
            4 => SpanKind::Producer,
            5 => SpanKind::Consumer,
            _ => SpanKind::Internal,
        },
        start: time(span.start_time_unix_nano)?,
        end: time(span.end_time_unix_nano)?,
        status: status_of(&status),
        status_message: status.message,
        events: span.events.into_iter().map(event).collect::<Result<_, _>>()?,
        attributes: attributes(span.attributes),
        scope: scope.to_owned(),
        service: service(resource),
        resource: resource.clone(),
        name: span.name,
    })
}

const fn status_of(status: &Status) -> SpanStatus {
    match status.code {
        1 => SpanStatus::Ok,
        2 => SpanStatus::Error,
        _ => SpanStatus::Unset,
    }
}

pub(super) fn logs(request: LogsRequest) -> Result<Ring<ReceivedLog>, Unusable> {
    let mut received = Ring::default();
    for of_resource in request.resource_logs {
        let resource = resource(of_resource.resource);
        for of_scope in of_resource.scope_logs {
            let scope = scope(of_scope.scope);
            for record in of_scope.log_records {
                let body = record.body.as_ref().map(AnyValue::text).unwrap_or_default();
                let nanoseconds = match record.time_unix_nano {
                    0 => record.observed_time_unix_nano,
                    written => written,
                };
                let attributes = attributes(record.attributes);
                received.push(ReceivedLog {
                    time: time(nanoseconds).ok_or_else(|| Unusable::Time(body.clone()))?,
                    level: level(record.severity_number),
                    trace: optional(trace_id(&record.trace_id), "trace_id", &body, &record.trace_id)?,
                    span: optional(SpanId::from_bytes(&record.span_id), "span_id", &body, &record.span_id)?,
                    invocation: attributes.get("faas.invocation_id").cloned(),
                    body,
                    attributes,
                    scope: scope.clone(),
                    service: service(&resource),
                });
            }
        }
    }
    Ok(received)
}

const fn level(severity: i32) -> LogLevel {
    match severity {
        1..=4 => LogLevel::Trace,
        5..=8 => LogLevel::Debug,
        9..=12 => LogLevel::Information,
        13..=16 => LogLevel::Warning,
        17..=20 => LogLevel::Error,
        21..=24 => LogLevel::Critical,
        _ => LogLevel::Unset,
    }
}

pub(super) fn metrics(request: MetricsRequest) -> Result<Ring<ReceivedMetric>, Unusable> {
    let mut received = Ring::default();
    for of_resource in request.resource_metrics {
        let resource = resource(of_resource.resource);
        for of_scope in of_resource.scope_metrics {
            let scope = scope(of_scope.scope);
            for Metric { name, unit, data } in of_scope.metrics {
                for (nanoseconds, attributes, value) in points(data, &name)? {
                    received.push(ReceivedMetric {
                        time: time(nanoseconds).ok_or_else(|| Unusable::Time(name.clone()))?,
                        name: name.clone(),
                        unit: unit.clone(),
                        attributes,
                        value,
                        scope: scope.clone(),
                        service: service(&resource),
                    });
                }
            }
        }
    }
    Ok(received)
}

type Point = (u64, Attributes, MetricValue);

fn points(data: Option<Data>, name: &str) -> Result<Vec<Point>, Unusable> {
    let number = |value: Option<Number>| match value {
        Some(Number::Double(value)) => Ok(value),
        Some(Number::Int(value)) => Ok(value as f64),
        None => Err(Unusable::NoValue(name.to_owned())),
    };
    let numbers = |numbers: Numbers, shape: fn(f64) -> MetricValue| {
        let points = numbers.data_points.into_iter();
        points.map(|one| Ok((one.time_unix_nano, attributes(one.attributes), shape(number(one.value)?)))).collect()
    };
    let distribution = |count, sum| MetricValue::Distribution { count, sum };
    match data.ok_or_else(|| Unusable::NoData(name.to_owned()))? {
        Data::Gauge(gauge) => numbers(gauge, MetricValue::Gauge),
        Data::Sum(sum) => numbers(sum, MetricValue::Sum),
        Data::Histogram(histogram) => {
            let one = |one: HistogramDataPoint| {
                // A histogram may have no buckets. Otherwise it has one bucket more than bounds.
                let (buckets, bounds) = (one.bucket_counts.len(), one.explicit_bounds.len());
                match buckets == 0 && bounds == 0 || buckets == bounds + 1 {
                    true => Ok((one.time_unix_nano, attributes(one.attributes), distribution(one.count, one.sum))),
                    false => Err(Unusable::Buckets(name.to_owned())),
                }
            };
            histogram.data_points.into_iter().map(one).collect()
        }
        Data::ExponentialHistogram(histogram) => {
            let points = histogram.data_points.into_iter();
            let points =
                points.map(|one| (one.time_unix_nano, attributes(one.attributes), distribution(one.count, one.sum)));
            Ok(points.collect())
        }
        Data::Summary(summary) => {
            let points = summary.data_points.into_iter();
            let points = points
                .map(|one| (one.time_unix_nano, attributes(one.attributes), distribution(one.count, Some(one.sum))));
            Ok(points.collect())
        }
    }
}

fn attributes(pairs: Vec<KeyValue>) -> Attributes {
    pairs.into_iter().map(|pair| (pair.key.clone(), pair.text())).collect()
}

fn resource(resource: Option<Resource>) -> Attributes {
    attributes(resource.unwrap_or_default().attributes)
}

fn scope(scope: Option<Scope>) -> String {
    scope.unwrap_or_default().name
}

fn service(resource: &Attributes) -> String {
    resource.get("service.name").cloned().unwrap_or_default()
}

fn time(nanoseconds: u64) -> Option<Timestamp> {
    Timestamp::from_nanosecond(nanoseconds.into()).ok()
}

fn trace_id(bytes: &[u8]) -> Option<TraceId> {
    TraceId::from_bytes(bytes.try_into().ok()?)
}

fn required<T>(id: Option<T>, what: &'static str, name: &str, bytes: &[u8]) -> Result<T, Unusable> {
    id.ok_or_else(|| Unusable::Id { what, name: name.to_owned(), bytes: bytes.len() })
}

/// Reads an optional ID. A missing ID is empty, or zero.
fn optional<T>(id: Option<T>, what: &'static str, name: &str, bytes: &[u8]) -> Result<Option<T>, Unusable> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    required(id, what, name, bytes).map(Some)
}
