//! The state of one value and its changes, without a task and a clock.

use std::time::Duration;

use super::{
    backoff::LONGEST_PAUSE,
    deadline::Deadline,
    policy::{FetchFailure, Fetched, OnRefusal, OnRenewal},
};

/// The time for which a failure answers later callers. With it, a source is asked once a second, with any number of
/// callers.
pub(crate) const NEGATIVE_TTL: Duration = Duration::from_secs(1);

/// The shortest time between two refusals of a value that have an effect. A service that refuses every value must not
/// double the requests.
const REFUSAL_PAUSE: Duration = Duration::from_secs(60);

pub(super) struct EntryState<V, F> {
    held: Option<KeptValue<V>>,
    /// The failure of the last fetch, if it failed.
    failure: Option<FailedFetch<F>>,
    /// The number of failed fetches in a row.
    failures: u32,
    fetches: u64,
    refused: Option<RefusedValue>,
    stopped: bool,
}

struct KeptValue<V> {
    value: V,
    end: Deadline,
}

struct FailedFetch<F> {
    failure: F,
    /// Until this time, callers get the failure at once.
    fresh: Deadline,
    /// The time that the source asks to wait.
    pause: Duration,
}

/// A refusal of the value by a service.
#[derive(Clone, Copy)]
struct RefusedValue {
    at: Deadline,
    /// The number of ended fetches at the refusal. The value is in doubt until the next fetch has ended.
    fetches: u64,
}

impl<V, F> Default for EntryState<V, F> {
    fn default() -> Self {
        Self { held: None, failure: None, failures: 0, fetches: 0, refused: None, stopped: false }
    }
}

impl<V: Clone, F: FetchFailure> EntryState<V, F> {
    /// The number of fetches that have ended.
    pub(super) fn fetches(&self) -> u64 {
        self.fetches
    }

    /// Reports whether there will be no further fetch.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    /// Returns the value that callers get without waiting.
    pub(super) fn at_hand(&self, now: Deadline) -> Option<&V> {
        self.usable(now).filter(|_| !self.is_in_doubt())
    }

    /// Returns the value, in doubt or not.
    pub(super) fn usable(&self, now: Deadline) -> Option<&V> {
        self.held.as_ref().filter(|held| !held.end.is_past(now)).map(|held| &held.value)
    }

    fn is_in_doubt(&self) -> bool {
        self.refused.is_some_and(|refused| refused.fetches == self.fetches)
    }

    /// Returns the time for which there is a value; `None` if there is no value.
    pub(super) fn left(&self, now: Deadline) -> Option<Duration> {
        self.held.as_ref().map(|held| held.end.left(now)).filter(|left| !left.is_zero())
    }

    /// Returns the immediate answer for a caller, if there is one.
    pub(super) fn answer(&self, now: Deadline) -> Option<Result<V, F>> {
        if let Some(value) = self.at_hand(now) {
            return Some(Ok(value.clone()));
        }
        let failed = self.failure.as_ref().filter(|failed| !failed.fresh.is_past(now))?;
        Some(self.usable(now).cloned().ok_or_else(|| failed.failure.clone()))
    }

    /// Returns the result for a caller that waited for the fetch that has just ended; `None` if the value was dropped
    /// since.
    pub(super) fn outcome(&self, now: Deadline) -> Option<Result<V, F>> {
        let failed = || self.failure.as_ref().map(|failed| Err(failed.failure.clone()));
        self.usable(now).cloned().map(Ok).or_else(failed)
    }

    /// Records the end of a fetch.
    pub(super) fn settle(&mut self, fetched: Result<Fetched<V>, F>, now: Deadline, renewal: OnRenewal) {
        self.fetches += 1;
        match fetched {
            Ok(Fetched { value, usable_for }) => {
                let end = now.after(usable_for);
                let ours_is_better = match renewal {
                    OnRenewal::LongerLivedWins => self.left(now).is_some_and(|ours| ours > end.left(now)),
                    OnRenewal::NewerReplaces => false,
                };
                if !ours_is_better {
                    self.held = Some(KeptValue { value, end });
                }
                (self.failure, self.failures) = (None, 0);
            }
            Err(failure) => {
                if failure.clears() {
                    self.held = None;
                } else {
                    self.held.take_if(|held| held.end.is_past(now));
                }
                self.failures = self.failures.saturating_add(1);
                let pause = failure.retry_after().unwrap_or_default().min(LONGEST_PAUSE);
                self.failure = Some(FailedFetch { failure, fresh: now.after(pause.max(NEGATIVE_TTL)), pause });
            }
        }
    }

    /// Returns the number of failed fetches in a row, the last failure, and the time that the source asks to wait.
    pub(super) fn failed(&self) -> Option<(u32, &F, Duration)> {
        self.failure.as_ref().map(|failed| (self.failures, &failed.failure, failed.pause))
    }

    /// Tells present and later callers that the task has ended.
    pub(super) fn stop(&mut self, failure: F, now: Deadline, renewal: OnRenewal) {
        self.settle(Err(failure), now, renewal);
        self.stopped = true;
    }

    /// Records that a value was refused. Returns `None` if it is not the current value, otherwise whether the refusal
    /// has an effect.
    pub(super) fn refuse(&mut self, is: impl Fn(&V) -> bool, now: Deadline, rule: OnRefusal) -> Option<bool> {
        self.held.as_ref().filter(|held| is(&held.value))?;
        let lately = self.refused.is_some_and(|refused| !refused.at.after(REFUSAL_PAUSE).is_past(now));
        if !lately {
            self.refused = Some(RefusedValue { at: now, fetches: self.fetches });
            match rule {
                OnRefusal::Drop => self.held = None,
                OnRefusal::Doubt => {}
            }
        }
        Some(!lately)
    }
}
