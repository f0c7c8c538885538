//! Spans, log records and metric points for display: plain values, attributes as texts.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::journal::TraceId;

/// ID of a span: 16 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpanId(u64);

/// Attributes by name; a value that is not a text is JSON.
pub type Attributes = BTreeMap<String, String>;

/// A span that a process sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedSpan {
    /// The trace.
    pub trace: TraceId,
    /// The span.
    pub id: SpanId,
    /// The parent span; absent for the first span.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<SpanId>,
    /// Its name, such as `GET` or the name of a function.
    pub name: String,
    /// Its side of a call.
    pub kind: SpanKind,
    /// The time at which it began.
    pub start: Timestamp,
    /// The time at which it ended.
    pub end: Timestamp,
    /// Its outcome.
    pub status: SpanStatus,
    /// The reason of a failure, in the sender's words; often empty.
    #[serde(skip_serializing_if = "String::is_empty", default)]
    pub status_message: String,
    /// Its attributes.
    pub attributes: Attributes,
    /// The events that happened during the span.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub events: Vec<SpanEvent>,
    /// The library that made it.
    pub scope: String,
    /// `service.name` of the process.
    pub service: String,
    /// The attributes of the process.
    pub resource: Attributes,
}

/// An event in a span.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SpanEvent {
    /// The time of the event.
    pub time: Timestamp,
    /// The name of the event.
    pub name: String,
    /// Its attributes.
    pub attributes: Attributes,
}

/// The role of a span in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpanKind {
    /// Work inside a process, or a span without a kind.
    Internal,
    /// Answers a request.
    Server,
    /// Sends a request.
    Client,
    /// Sends a message.
    Producer,
    /// Handles a message.
    Consumer,
}

/// The outcome of a span.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SpanStatus {
    /// The span gives no outcome, which counts as success.
    Unset,
    /// The span succeeded.
    Ok,
    /// The span failed.
    Error,
}

/// A log record that a process sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedLog {
    /// The time at which it was written, or else observed.
    pub time: Timestamp,
    /// Its severity.
    pub level: LogLevel,
    /// Its text.
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
    /// Its attributes.
    pub attributes: Attributes,
    /// The library that wrote it.
    pub scope: String,
    /// `service.name` of the process.
    pub service: String,
}

/// The severity of a log record: the ranges of OpenTelemetry's severity numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogLevel {
    /// The record gives no severity.
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

/// A point of a metric that a process sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedMetric {
    /// The time of the measurement.
    pub time: Timestamp,
    /// Name of the metric.
    pub name: String,
    /// Its unit.
    pub unit: String,
    /// The attributes of the measured object.
    pub attributes: Attributes,
    /// The value.
    pub value: MetricValue,
    /// The library that made the measurement.
    pub scope: String,
    /// `service.name` of the process.
    pub service: String,
}

/// The value of a point.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MetricValue {
    /// A value at a moment.
    Gauge(f64),
    /// A sum.
    Sum(f64),
    /// The number of values, and their sum if it is known.
    Distribution {
        /// The number of values.
        count: u64,
        /// The sum of the values.
        sum: Option<f64>,
    },
}

impl SpanId {
    /// Reads the ID from its bytes. `None` if they are not eight, or all zero.
    pub(super) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let number = u64::from_be_bytes(bytes.try_into().ok()?);
        (number != 0).then_some(Self(number))
    }
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
