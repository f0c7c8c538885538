//! Sends the records: a second after the first one, at once if there are many, and at the end of the process.

use std::{
    collections::VecDeque,
    fmt,
    future::pending,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    select,
    sync::Mutex as AsyncMutex,
    time::{Instant, sleep, sleep_until},
};
use tracing::warn;
use url::Url;

use super::{
    encode::{self, Encode},
    protobuf::Resource,
    sending::{SendOutcome, Sender},
};
use crate::{
    kept::jitter,
    signals::{
        Batch, Queued, Recorder, Signals,
        record::{Log, Span},
    },
};

/// The time for which records wait for others. A killed process loses at most the records of this time, and the batch
/// that is being sent.
const DELAY: Duration = Duration::from_secs(1);

/// The size of one request, before encoding. Azure Monitor takes 1 MiB.
const MOST_BYTES: usize = 700 * 1024;

/// The number of tries after which a batch is given up.
const MOST_TRIES: u32 = 6;

/// The first pause after a failure. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The endpoint of each signal; `None` for a signal that is not wanted.
#[derive(Clone, Debug, Default)]
pub(super) struct Endpoints {
    pub(super) traces: Option<Url>,
    pub(super) logs: Option<Url>,
    pub(super) metrics: Option<Url>,
}

/// Sends the records in `signals`.
pub(super) struct Exporter {
    pub(super) signals: Signals,
    pub(super) sender: Sender,
    pub(super) endpoints: Endpoints,
    resource: Resource,
    outbox: AsyncMutex<Outbox>,
    told: Mutex<ReportedProblems>,
}

#[derive(Default)]
struct Outbox {
    traces: Lane<Span>,
    logs: Lane<Log>,
    metrics: Pauses,
}

/// The batches of one signal, the oldest first. There is more than one only after a split.
struct Lane<R> {
    batches: VecDeque<Batch<R>>,
    pauses: Pauses,
}

impl<R> Default for Lane<R> {
    fn default() -> Self {
        Self { batches: VecDeque::new(), pauses: Pauses::default() }
    }
}

/// The reported problems: once for each signal until it is sent again, and once for dropped records.
#[derive(Default)]
struct ReportedProblems {
    failing: Vec<&'static str>,
    dropping: bool,
}

/// The number of failures in a row, and the time of the next try.
#[derive(Default)]
struct Pauses {
    tries: u32,
    until: Option<Instant>,
}

impl Pauses {
    /// Returns the time of the next try, if it is later than now.
    fn left(&self, hurry: bool) -> Option<Instant> {
        self.until.filter(|until| !hurry && *until > Instant::now())
    }

    /// Counts a failure, and returns the time of the next try; `None` if this was the last.
    fn again(&mut self, asked: Option<Duration>) -> Option<Instant> {
        self.tries += 1;
        if self.tries >= MOST_TRIES {
            *self = Self::default();
            return None;
        }
        let doubled = FIRST_PAUSE.saturating_mul(1 << (self.tries - 1)).min(LONGEST_PAUSE);
        let until = Instant::now() + asked.unwrap_or_else(|| doubled.mul_f64(0.5 + 0.5 * jitter()));
        self.until = Some(until);
        Some(until)
    }
}

impl Exporter {
    /// Sends the records of `recorder`, from the first record on. The calls of the sender's client are recorded too.
    pub(super) fn start(recorder: Recorder, sender: Sender, endpoints: Endpoints, resource: Resource) -> Arc<Self> {
        let signals = Arc::new(recorder);
        sender.http.set_signals(signals.clone());
        let (outbox, told) = (AsyncMutex::default(), Mutex::default());
        let exporter = Arc::new(Self { signals: signals.clone(), sender, endpoints, resource, outbox, told });
        let starting = Arc::downgrade(&exporter);
        signals.start_by(move || {
            if let Some(exporter) = starting.upgrade() {
                tokio::spawn(exporter.run());
            }
        });
        exporter
    }

    /// Sends until the runtime ends.
    pub(super) async fn run(self: Arc<Self>) {
        let mut due = None;
        loop {
            let again = async {
                match due {
                    Some(due) => sleep_until(due).await,
                    None => pending().await,
                }
            };
            select! {
                () = self.signals.some.notified() => select! {
                    () = sleep(DELAY) => {}
                    () = self.signals.many.notified() => {}
                },
                () = again => {}
            }
            due = self.export(false).await;
        }
    }

    /// Sends all waiting records. Returns the time to retry those that could not be sent. In a hurry, failed batches
    /// are tried once more, at once.
    pub(super) async fn export(&self, hurry: bool) -> Option<Instant> {
        let mut outbox = self.outbox.lock().await;
        let Outbox { traces, logs, metrics } = &mut *outbox;
        let (traces, logs, metrics) = tokio::join!(
            self.lane("traces", self.endpoints.traces.as_ref(), traces, hurry),
            self.lane("logs", self.endpoints.logs.as_ref(), logs, hurry),
            self.metrics(metrics, hurry),
        );
        self.tell_dropped();
        [traces, logs, metrics].into_iter().flatten().min()
    }

    /// Sends the records of one signal. A batch stays in its lane until it is settled, because the waiting future may
    /// be dropped.
    async fn lane<R: Queued + Encode>(
        &self,
        name: &'static str,
        url: Option<&Url>,
        lane: &mut Lane<R>,
        hurry: bool,
    ) -> Option<Instant> {
        let url = url?;
        loop {
            if let Some(until) = lane.pauses.left(hurry) {
                return Some(until);
            }
            if lane.batches.is_empty() {
                lane.batches.push_back(self.signals.take(MOST_BYTES)?);
            }
            let request = R::request(&self.resource, &lane.batches.front()?.records);
            let sent = self.sender.send(url, request).await;
            let batch = lane.batches.pop_front()?;
            match sent {
                SendOutcome::Taken(rejected) => {
                    lane.pauses = Pauses::default();
                    let (lost, why) = rejected.unwrap_or_default();
                    self.signals.settle(&batch, lost);
                    self.tell(name, url, (lost > 0).then_some(why.as_str()));
                }
                SendOutcome::Refused(why) => {
                    self.signals.settle(&batch, batch.records.len() as u64);
                    self.tell(name, url, Some(&why));
                }
                SendOutcome::TooLarge => match batch.halves() {
                    Ok((first, second)) => {
                        lane.batches.push_front(second);
                        lane.batches.push_front(first);
                    }
                    Err(batch) => {
                        self.signals.settle(&batch, 1);
                        self.tell(name, url, Some("one record alone is too large"));
                    }
                },
                SendOutcome::Later(pause, why) => {
                    self.tell(name, url, Some(&why));
                    match lane.pauses.again(pause) {
                        Some(until) => {
                            lane.batches.push_front(batch);
                            return Some(until);
                        }
                        None => self.signals.settle(&batch, batch.records.len() as u64),
                    }
                    if hurry {
                        return None;
                    }
                }
            }
        }
    }

    async fn metrics(&self, pauses: &mut Pauses, hurry: bool) -> Option<Instant> {
        let url = self.endpoints.metrics.as_ref()?;
        if let Some(until) = pauses.left(hurry) {
            return Some(until);
        }
        // The metrics of a process without invocations are of no use.
        if !self.signals.set_news(false) {
            return None;
        }
        let request = encode::metrics(&self.resource, &self.signals.metrics)?;
        match self.sender.send(url, request).await {
            SendOutcome::Taken(rejected) => {
                *pauses = Pauses::default();
                self.tell("metrics", url, rejected.as_ref().map(|(_, why)| why.as_str()));
            }
            SendOutcome::Refused(why) => self.tell("metrics", url, Some(&why)),
            SendOutcome::TooLarge => self.tell("metrics", url, Some("they are too large")),
            SendOutcome::Later(pause, why) => {
                self.tell("metrics", url, Some(&why));
                // The next metrics contain these.
                let until = pauses.again(pause);
                if until.is_some() {
                    self.signals.set_news(true);
                }
                return until;
            }
        }
        None
    }

    /// Reports a problem once for each signal, until the signal has been sent again.
    fn tell(&self, signal: &'static str, url: &Url, problem: Option<&str>) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let known = told.failing.iter().position(|failing| *failing == signal);
        match (problem, known) {
            (Some(why), None) => {
                told.failing.push(signal);
                let host = url.host_str().unwrap_or_default();
                warn!("{host} does not take the {signal} of this app, which goes on without: {why}");
            }
            (None, Some(at)) => {
                told.failing.remove(at);
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }

    fn tell_dropped(&self) {
        let dropped = self.signals.dropped();
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if dropped > 0 && !std::mem::replace(&mut told.dropping, true) {
            warn!("{dropped} spans and lines of the log were not sent; from here on they are counted alone");
        }
    }
}

impl fmt::Debug for Exporter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Exporter").field("endpoints", &self.endpoints).finish_non_exhaustive()
    }
}
