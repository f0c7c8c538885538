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
    /// It says nothing, which counts as success.
    Unset,
    /// It succeeded.
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

impl SpanId {
    /// The ID that these bytes are; none if they are not eight, or all zero.
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
