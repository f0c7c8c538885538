//! Spans, log records and metric points as they are shown: plain values, attributes as texts.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::otlp::{
    common::{AnyValue, KeyValue, Resource, Scope},
    logs::LogsRequest,
    metrics::{Data, Metric, MetricsRequest, Number},
    trace::{Span, Status, TraceRequest},
};
use crate::journal::TraceId;

/// ID of a span: 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u64);

/// Attributes by name; a value that is not a text is JSON.
pub type Attributes = BTreeMap<String, String>;

/// A span that was sent here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedSpan {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub id: SpanId,
    /// The span that it is a part of; absent for the first one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<SpanId>,
    /// What it is about, such as `GET` or the name of a function.
    pub name: String,
    /// Its side of a call.
    pub kind: SpanKind,
    /// When it began.
    pub start: Timestamp,
    /// When it ended.
    pub end: Timestamp,
    /// Whether it failed.
    pub status: SpanStatus,
    /// Why it failed, in the sender's words; often empty.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub status_message: String,
    /// What it says of itself.
    pub attributes: Attributes,
    /// What happened meanwhile.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub events: Vec<SpanEvent>,
    /// The library that made it.
    pub scope: String,
    /// `service.name` of the process.
    pub service: String,
    /// What the process says of itself.
    pub resource: Attributes,
}

/// Something that happened in a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpanEvent {
    /// When.
    pub time: Timestamp,
    /// What.
    pub name: String,
    /// More of it.
    pub attributes: Attributes,
}

/// The side of a call that a span tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    /// Inside a process; also one that says nothing of its kind.
    Internal,
    /// A request is answered.
    Server,
    /// A request is sent.
    Client,
    /// A message is sent.
    Producer,
    /// A message is handled.
    Consumer,
}

/// How a span ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpanStatus {
    /// It says nothing: as good as well.
    Unset,
    /// Well.
    Ok,
    /// It failed.
    Error,
}

/// A log record that was sent here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedLog {
    /// When it was written, or else seen.
    pub time: Timestamp,
    /// How grave it is.
    pub level: LogLevel,
    /// What it says.
    pub body: String,
    /// The trace that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trace: Option<TraceId>,
    /// The span that it belongs to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub span: Option<SpanId>,
    /// Attribute `faas.invocation_id`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invocation: Option<String>,
    /// More of it.
    pub attributes: Attributes,
    /// The library that wrote it.
    pub scope: String,
    /// `service.name` of the process.
    pub service: String,
}

/// How grave a log record is: the ranges of OpenTelemetry's severity numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// It says nothing.
    Unset,
    /// 1 to 4.
    Trace,
    /// 5 to 8.
    Debug,
    /// 9 to 12.
    Information,
    /// 13 to 16.
    Warning,
    /// 17 to 20.
    Error,
    /// 21 to 24.
    Critical,
}

/// A point of a metric that was sent here.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedMetric {
    /// When it was measured.
    pub time: Timestamp,
    /// Name of the metric.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// What is measured.
    pub attributes: Attributes,
    /// The value.
    pub value: MetricValue,
    /// The library that measured.
    pub scope: String,
    /// `service.name` of the process.
    pub service: String,
}

/// What was measured.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricValue {
    /// A value at a moment.
    Gauge(f64),
    /// A sum.
    Sum(f64),
    /// How many values, and their sum where it is told.
    Distribution {
        /// How many.
        count: u64,
        /// Their sum.
        sum: Option<f64>,
    },
}

/// Something in a request that no receiver could use. The text is ours.
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

pub(super) fn spans(request: TraceRequest) -> Result<Vec<ReceivedSpan>, Unusable> {
    let mut received = Vec::new();
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
    let event = |event: super::otlp::trace::Event| {
        Ok(SpanEvent { time: time(event.time_unix_nano)?, name: event.name, attributes: attributes(event.attributes) })
    };
    Ok(ReceivedSpan {
        trace: required(trace_id(&span.trace_id), "trace_id", name, &span.trace_id)?,
        id: required(span_id(&span.span_id), "span_id", name, &span.span_id)?,
        parent: optional(span_id(&span.parent_span_id), "parent_span_id", name, &span.parent_span_id)?,
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

pub(super) fn logs(request: LogsRequest) -> Result<Vec<ReceivedLog>, Unusable> {
    let mut received = Vec::new();
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
                    span: optional(span_id(&record.span_id), "span_id", &body, &record.span_id)?,
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

pub(super) fn metrics(request: MetricsRequest) -> Result<Vec<ReceivedMetric>, Unusable> {
    let mut received = Vec::new();
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
    let numbers = |numbers: super::otlp::metrics::Numbers, shape: fn(f64) -> MetricValue| {
        let points = numbers.data_points.into_iter();
        points.map(|one| Ok((one.time_unix_nano, attributes(one.attributes), shape(number(one.value)?)))).collect()
    };
    let distribution = |count, sum| MetricValue::Distribution { count, sum };
    match data.ok_or_else(|| Unusable::NoData(name.to_owned()))? {
        Data::Gauge(gauge) => numbers(gauge, MetricValue::Gauge),
        Data::Sum(sum) => numbers(sum, MetricValue::Sum),
        Data::Histogram(histogram) => {
            let one = |one: super::otlp::metrics::HistogramDataPoint| {
                // A histogram may have no buckets; else there is one more than there are bounds.
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
    TraceId::of_bytes(bytes.try_into().ok()?)
}

fn span_id(bytes: &[u8]) -> Option<SpanId> {
    let number = u64::from_be_bytes(bytes.try_into().ok()?);
    (number != 0).then_some(SpanId(number))
}

fn required<T>(id: Option<T>, what: &'static str, name: &str, bytes: &[u8]) -> Result<T, Unusable> {
    id.ok_or_else(|| Unusable::Id { what, name: name.to_owned(), bytes: bytes.len() })
}

/// An ID that is not there is empty, or zero.
fn optional<T>(id: Option<T>, what: &'static str, name: &str, bytes: &[u8]) -> Result<Option<T>, Unusable> {
    if bytes.iter().all(|byte| *byte == 0) {
        return Ok(None);
    }
    required(id, what, name, bytes).map(Some)
}

impl fmt::Display for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl fmt::Debug for SpanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for SpanId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for SpanId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let number = u64::from_str_radix(&text, 16).ok().filter(|_| text.len() == 16);
        number.map(Self).ok_or_else(|| serde::de::Error::custom("a span ID is 16 hexadecimal digits"))
    }
}
