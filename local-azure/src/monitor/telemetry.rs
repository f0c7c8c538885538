//! Received telemetry, kept in memory: the newest, bounded by number and by bytes. Dropped records are counted.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use serde::{Deserialize, Serialize};

use super::received::{Attributes, ReceivedLog, ReceivedMetric, ReceivedSpan};
use crate::journal::TraceId;

/// The bounds of one kind of record.
#[derive(Clone, Copy)]
pub(super) struct Bounds {
    items: usize,
    bytes: usize,
}

/// The received traces, logs and metrics of this run. Clones share them.
#[derive(Clone, Default)]
pub struct Telemetry(Arc<Mutex<TelemetryRings>>);

#[derive(Default)]
struct TelemetryRings {
    spans: Ring<ReceivedSpan>,
    logs: Ring<ReceivedLog>,
    metrics: Ring<ReceivedMetric>,
}

/// The numbers of dropped records.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DroppedTelemetry {
    /// Spans.
    pub spans: u64,
    /// Log records.
    pub logs: u64,
    /// Points of metrics.
    pub metrics: u64,
}

/// The received records of one trace.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReceivedTrace {
    /// Its spans, in the order in which they began.
    pub spans: Vec<ReceivedSpan>,
    /// Its log records, by time.
    pub logs: Vec<ReceivedLog>,
    /// The numbers of records of all traces that are no longer kept.
    pub dropped: DroppedTelemetry,
}

impl ReceivedTrace {
    pub(crate) fn from_telemetry(telemetry: &Telemetry, trace: TraceId) -> Self {
        Self { spans: telemetry.trace(trace), logs: telemetry.logs_of_trace(trace), dropped: telemetry.dropped() }
    }
}

impl Telemetry {
    /// The spans of a trace, by the time at which they began.
    #[must_use]
    pub fn trace(&self, trace: TraceId) -> Vec<ReceivedSpan> {
        let mut spans = self.lock().spans.all(|span| span.trace == trace);
        spans.sort_by_key(|span| span.start);
        spans
    }

    /// Every span, in the order in which the spans came.
    #[must_use]
    pub fn spans(&self) -> Vec<ReceivedSpan> {
        self.lock().spans.all(|_| true)
    }

    /// The log records of a trace, by time.
    #[must_use]
    pub fn logs_of_trace(&self, trace: TraceId) -> Vec<ReceivedLog> {
        self.logs_where(|log| log.trace == Some(trace))
    }

    /// The log records of an invocation, by time.
    #[must_use]
    pub fn logs_of_invocation(&self, invocation: &str) -> Vec<ReceivedLog> {
        self.logs_where(|log| log.invocation.as_deref().is_some_and(|one| one.eq_ignore_ascii_case(invocation)))
    }

    /// Every log record, by time.
    #[must_use]
    pub fn logs(&self) -> Vec<ReceivedLog> {
        self.logs_where(|_| true)
    }

    /// Every point of a metric, in the order in which the points came.
    #[must_use]
    pub fn metrics(&self) -> Vec<ReceivedMetric> {
        self.lock().metrics.all(|_| true)
    }

    /// The numbers of records that are no longer kept.
    #[must_use]
    pub fn dropped(&self) -> DroppedTelemetry {
        let kept = self.lock();
        DroppedTelemetry { spans: kept.spans.dropped, logs: kept.logs.dropped, metrics: kept.metrics.dropped }
    }

    pub(super) fn add_spans(&self, spans: Ring<ReceivedSpan>) {
        self.lock().spans.append(spans);
    }

    pub(super) fn add_logs(&self, logs: Ring<ReceivedLog>) {
        self.lock().logs.append(logs);
    }

    pub(super) fn add_metrics(&self, metrics: Ring<ReceivedMetric>) {
        self.lock().metrics.append(metrics);
    }

    fn logs_where(&self, is_wanted: impl Fn(&ReceivedLog) -> bool) -> Vec<ReceivedLog> {
        let mut logs = self.lock().logs.all(is_wanted);
        logs.sort_by_key(|log| log.time);
        logs
    }

    fn lock(&self) -> MutexGuard<'_, TelemetryRings> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The newest records of one kind. A request is read into such a ring too. Each of its items has a copy of the
/// resource, so a short request may describe more than memory holds.
pub(super) struct Ring<T> {
    bounds: Bounds,
    items: VecDeque<T>,
    bytes: usize,
    dropped: u64,
}

impl<T: Weigh> Default for Ring<T> {
    fn default() -> Self {
        Self::new(T::BOUNDS)
    }
}

impl<T: Weigh> Ring<T> {
    fn new(bounds: Bounds) -> Self {
        Self { bounds, items: VecDeque::new(), bytes: 0, dropped: 0 }
    }

    pub(super) fn push(&mut self, item: T) {
        self.bytes += item.bytes();
        self.items.push_back(item);
        while self.items.len() > self.bounds.items || self.bytes > self.bounds.bytes {
            let Some(oldest) = self.items.pop_front() else { break };
            self.bytes -= oldest.bytes();
            self.dropped += 1;
        }
    }

    fn append(&mut self, newer: Self) {
        self.dropped += newer.dropped;
        newer.items.into_iter().for_each(|item| self.push(item));
    }
}

impl<T: Clone> Ring<T> {
    fn all(&self, is_wanted: impl Fn(&T) -> bool) -> Vec<T> {
        self.items.iter().filter(|item| is_wanted(item)).cloned().collect()
    }
}

/// The estimated memory of a record, and the bounds of its kind.
pub(super) trait Weigh {
    const BOUNDS: Bounds;

    fn bytes(&self) -> usize;
}

impl Weigh for ReceivedSpan {
    const BOUNDS: Bounds = Bounds { items: 20_000, bytes: 32 * 1024 * 1024 };

    fn bytes(&self) -> usize {
        let texts = self.name.len() + self.status_message.len() + self.scope.len() + self.service.len();
        let events = self.events.iter().map(|one| size_of_val(one) + one.name.len() + bytes_of(&one.attributes));
        size_of_val(self) + texts + bytes_of(&self.attributes) + bytes_of(&self.resource) + events.sum::<usize>()
    }
}

impl Weigh for ReceivedLog {
    const BOUNDS: Bounds = Bounds { items: 20_000, bytes: 16 * 1024 * 1024 };

    fn bytes(&self) -> usize {
        let invocation = self.invocation.as_ref().map_or(0, String::len);
        let texts = self.body.len() + self.scope.len() + self.service.len() + invocation;
        size_of_val(self) + texts + bytes_of(&self.attributes)
    }
}

impl Weigh for ReceivedMetric {
    const BOUNDS: Bounds = Bounds { items: 10_000, bytes: 8 * 1024 * 1024 };

    fn bytes(&self) -> usize {
        let texts = self.name.len() + self.unit.len() + self.scope.len() + self.service.len();
        size_of_val(self) + texts + bytes_of(&self.attributes)
    }
}

/// The size of two strings in a tree, without their text.
const PAIR: usize = 2 * size_of::<String>();

fn bytes_of(attributes: &Attributes) -> usize {
    attributes.iter().map(|(name, value)| PAIR + name.len() + value.len()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Text(&'static str);

    impl Clone for Text {
        fn clone(&self) -> Self {
            Self(self.0)
        }
    }

    impl Weigh for Text {
        const BOUNDS: Bounds = Bounds { items: 1, bytes: 1 };

        fn bytes(&self) -> usize {
            self.0.len()
        }
    }

    fn kept(bounds: Bounds, texts: &[&'static str]) -> (Vec<&'static str>, u64) {
        let mut ring = Ring::new(bounds);
        texts.iter().for_each(|text| ring.push(Text(text)));
        let (mut older, newer) = (Ring::new(bounds), ring);
        older.append(newer);
        let ring = older;
        (ring.all(|_| true).iter().map(|text| text.0).collect(), ring.dropped)
    }

    #[test]
    fn the_newest_are_kept_by_number_and_by_bytes_and_the_others_are_counted() {
        assert_eq!(kept(Bounds { items: 2, bytes: 100 }, &["a", "b", "c"]), (vec!["b", "c"], 1));
        assert_eq!(kept(Bounds { items: 9, bytes: 5 }, &["aaa", "bb", "cc"]), (vec!["bb", "cc"], 1));
        assert_eq!(kept(Bounds { items: 9, bytes: 5 }, &["a", "too long"]), (vec![], 2));
    }
}
