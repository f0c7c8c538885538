//! Holds spans and lines of the log in bounded memory until they are sent.

use std::{
    collections::VecDeque,
    fmt, mem,
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
};

use tokio::sync::Notify;
use url::Url;

use super::{
    metrics::Metrics,
    names,
    record::{Log, Record, Span, Value},
    sampler::Sampler,
};

/// The limits for spans, and the same for lines. Records beyond them are dropped and counted.
const MOST_RECORDS: usize = 4096;
const MOST_BYTES: usize = 4 * 1024 * 1024;

/// From these amounts on, records are sent before the usual delay ends.
const MANY_RECORDS: usize = 512;
const MANY_BYTES: usize = 512 * 1024;

/// The signals that are sent.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct SentSignals {
    pub(crate) traces: bool,
    pub(crate) logs: bool,
    pub(crate) metrics: bool,
}

/// The recorder of this process.
pub(crate) struct Recorder {
    pub(crate) wanted: SentSignals,
    pub(crate) sampler: Sampler,
    /// The name of the app and its ID in Azure, if it runs there.
    pub(crate) site: Option<String>,
    pub(crate) resource_id: Option<String>,
    pub(crate) metrics: Metrics,
    spans: Mutex<Waiting<Span>>,
    logs: Mutex<Waiting<Log>>,
    was_invoked: AtomicBool,
    /// Whether invocations have ended that the last sent metrics do not count.
    has_news: AtomicBool,
    /// Starts the sending, when there is something to send for the first time. Nothing is made before that.
    start: Mutex<Option<Box<dyn FnOnce() + Send>>>,
    /// Notifies when there is something to send.
    pub(crate) some: Notify,
    /// Notifies when there is much to send.
    pub(crate) many: Notify,
}

/// Records of one kind.
struct Waiting<R> {
    records: VecDeque<R>,
    /// The size of `records` and of the batch that is being sent.
    held: BatchSize,
    dropped: u64,
}

#[derive(Clone, Copy, Default)]
struct BatchSize {
    records: usize,
    bytes: usize,
}

/// Records that are being sent. They count as held until they are [settled](Recorder::settle).
pub(crate) struct Batch<R> {
    pub(crate) records: Vec<R>,
    held: BatchSize,
}

impl<R: Record> Batch<R> {
    fn from_records(records: Vec<R>) -> Self {
        let held = BatchSize { records: records.len(), bytes: records.iter().map(Record::size).sum() };
        Self { records, held }
    }

    /// Splits the batch into two halves. The error is the batch itself, if it has only one record.
    pub(crate) fn halves(mut self) -> Result<(Self, Self), Self> {
        if self.records.len() < 2 {
            return Err(self);
        }
        let second = self.records.split_off(self.records.len() / 2);
        Ok((Self::from_records(self.records), Self::from_records(second)))
    }
}

impl<R> Default for Waiting<R> {
    fn default() -> Self {
        Self { records: VecDeque::new(), held: BatchSize::default(), dropped: 0 }
    }
}

impl<R: Record> Waiting<R> {
    /// Adds a record. Reports whether much is waiting now.
    fn push(&mut self, record: R) -> bool {
        let bytes = record.size();
        if self.held.records >= MOST_RECORDS || self.held.bytes + bytes > MOST_BYTES {
            self.dropped += 1;
        } else {
            self.held.records += 1;
            self.held.bytes += bytes;
            self.records.push_back(record);
        }
        self.records.len() >= MANY_RECORDS || self.held.bytes >= MANY_BYTES
    }

    /// Takes the oldest records, up to about `most` bytes together, but at least one if there is one.
    fn take(&mut self, most: usize) -> Option<Batch<R>> {
        let (mut records, mut bytes) = (Vec::new(), 0);
        while let Some(next) = self.records.front() {
            let size = next.size();
            if !records.is_empty() && (bytes + size > most || records.len() >= MANY_RECORDS) {
                break;
            }
            bytes += size;
            records.extend(self.records.pop_front());
        }
        (!records.is_empty()).then(|| Batch::from_records(records))
    }
}

/// A record with a queue in the recorder.
pub(crate) trait Queued: Record + Sized {
    #[doc(hidden)]
    fn with<T>(recorder: &Recorder, work: impl FnOnce(&mut Queue<'_, Self>) -> T) -> T;
}

/// One queue, locked.
pub(crate) struct Queue<'a, R>(MutexGuard<'a, Waiting<R>>);

impl Queued for Span {
    fn with<T>(recorder: &Recorder, work: impl FnOnce(&mut Queue<'_, Self>) -> T) -> T {
        work(&mut Queue(recorder.spans.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Queued for Log {
    fn with<T>(recorder: &Recorder, work: impl FnOnce(&mut Queue<'_, Self>) -> T) -> T {
        work(&mut Queue(recorder.logs.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Recorder {
    pub(crate) fn new(wanted: SentSignals, sampler: Sampler) -> Self {
        Self {
            wanted,
            sampler,
            site: None,
            resource_id: None,
            metrics: Metrics::default(),
            spans: Mutex::default(),
            logs: Mutex::default(),
            was_invoked: AtomicBool::new(false),
            has_news: AtomicBool::new(false),
            start: Mutex::new(None),
            some: Notify::new(),
            many: Notify::new(),
        }
    }

    /// Sets the function that starts the sending within a runtime.
    pub(crate) fn start_by(&self, start: impl FnOnce() + Send + 'static) {
        *self.start.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(start));
    }

    /// Reports whether this is the first invocation of the process.
    pub(super) fn is_cold(&self) -> bool {
        !self.was_invoked.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn push<R: Queued>(&self, record: R) {
        let much = R::with(self, |queue| queue.0.push(record));
        if much {
            self.many.notify_one();
        }
        self.ring();
    }

    /// Notifies that there is something to send, even if it is only a number.
    pub(crate) fn ring(&self) {
        if tokio::runtime::Handle::try_current().is_ok() {
            let start = self.start.lock().unwrap_or_else(PoisonError::into_inner).take();
            if let Some(start) = start {
                start();
            }
        }
        self.some.notify_one();
    }

    /// Takes the next records to send, up to about `most` bytes.
    pub(crate) fn take<R: Queued>(&self, most: usize) -> Option<Batch<R>> {
        R::with(self, |queue| queue.0.take(most))
    }

    /// Ends a batch that was sent or given up. `lost` is the number of its records that were lost.
    pub(crate) fn settle<R: Queued>(&self, batch: &Batch<R>, lost: u64) {
        R::with(self, |Queue(queue)| {
            queue.held.records -= batch.held.records.min(queue.held.records);
            queue.held.bytes -= batch.held.bytes.min(queue.held.bytes);
            queue.dropped += lost;
        });
    }

    /// Returns the number of records that were dropped since the last call.
    pub(crate) fn dropped(&self) -> u64 {
        let spans = Span::with(self, |queue| mem::take(&mut queue.0.dropped));
        let logs = Log::with(self, |queue| mem::take(&mut queue.0.dropped));
        let dropped = spans + logs;
        if dropped > 0 {
            self.metrics.count(names::DROPPED, Vec::new(), dropped);
        }
        dropped
    }

    pub(crate) fn token_fetched(&self, scope: &str, is_fetched: bool) {
        let outcome = if is_fetched { "fetched" } else { "failed" };
        let labels = vec![(names::TOKEN_SCOPE, scope.to_owned()), (names::OUTCOME, outcome.to_owned())];
        self.metrics.count(names::TOKENS_FETCHED, labels, 1);
    }

    #[cfg(feature = "secrets")]
    pub(crate) fn secret_read(&self, name: &str) {
        self.metrics.begin_age(names::SECRET_AGE, vec![(names::SECRET_NAME, name.to_owned())]);
    }

    /// Records the number of retries that the budget of an API has.
    pub(crate) fn retries_left(&self, url: &Url, left: u32) {
        let labels = vec![(names::SERVER_ADDRESS, url.host_str().unwrap_or_default().to_owned())];
        self.metrics.gauge(names::RETRIES_LEFT, labels, f64::from(left));
    }

    pub(crate) fn retried(&self, url: &Url) {
        let labels = vec![(names::SERVER_ADDRESS, url.host_str().unwrap_or_default().to_owned())];
        self.metrics.count(names::RETRIES, labels, 1);
    }

    /// Records that an invocation has ended.
    pub(super) fn invoked(&self, name: &str, trigger: &str, seconds: f64, failed: bool) {
        let labels = || vec![(names::FAAS_NAME, name.to_owned()), (names::FAAS_TRIGGER, trigger.to_owned())];
        self.metrics.count(names::FAAS_INVOCATIONS, labels(), 1);
        self.metrics.observe(names::FAAS_INVOKE_DURATION, labels(), seconds);
        if failed {
            self.metrics.count(names::FAAS_ERRORS, labels(), 1);
        }
        if self.wanted.metrics {
            self.set_news(true);
            self.ring();
        }
    }

    /// Sets whether metrics are due, and returns whether they were. They become due when an invocation ends.
    pub(crate) fn set_news(&self, has_news: bool) -> bool {
        self.has_news.swap(has_news, Ordering::Relaxed)
    }

    /// Returns the name that Azure gives a function, `APP/FUNCTION`; elsewhere the function's own name.
    pub(crate) fn function_name(&self, function: &str) -> Value {
        match &self.site {
            Some(site) => Value::text(&format!("{site}/{function}")),
            None => Value::text(function),
        }
    }
}

impl fmt::Debug for Recorder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Recorder").field("wanted", &self.wanted).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::record::{Attributes, Severity, SpanId};

    fn log(bytes: usize) -> Log {
        let id = SpanId { trace: [1; 16], span: [1; 8] };
        let (severity, target, body) = (Severity::Information, "t".into(), "x".repeat(bytes));
        Log { id, sampled: true, time: 0, severity, target, body, attributes: Attributes::default() }
    }

    fn recorder() -> Recorder {
        Recorder::new(SentSignals::default(), Sampler::default())
    }

    #[test]
    fn what_is_too_much_is_dropped_and_counted_once() {
        let recorder = recorder();
        for _ in 0..MOST_RECORDS + 3 {
            recorder.push(log(1));
        }
        assert_eq!((recorder.dropped(), recorder.dropped()), (3, 0));
        let batch = recorder.take::<Log>(usize::MAX).unwrap();
        recorder.push(log(1));
        assert_eq!(recorder.dropped(), 1, "what is on its way is held too");
        recorder.settle(&batch, 2);
        recorder.push(log(1));
        assert_eq!(recorder.dropped(), 2);
    }

    #[test]
    fn bytes_are_bounded_too() {
        let recorder = recorder();
        for _ in 0..9 {
            recorder.push(log(MOST_BYTES / 8));
        }
        assert_eq!(recorder.dropped(), 2);
    }

    #[test]
    fn a_batch_has_at_least_one_record_and_not_many_bytes() {
        let recorder = recorder();
        for bytes in [1000, 10, 10, 1000] {
            recorder.push(log(bytes));
        }
        let mut sizes = Vec::new();
        while let Some(batch) = recorder.take::<Log>(500) {
            sizes.push(batch.records.len());
        }
        assert_eq!(sizes, [1, 2, 1]);
    }
}
