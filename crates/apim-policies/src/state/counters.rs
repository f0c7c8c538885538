//! Counters of calls and tokens: the used part of each key's limit, and the time when the limit is free again.

use std::{
    collections::{HashMap, VecDeque},
    sync::{Mutex, PoisonError},
};

use aws_lc_rs::digest::{SHA256, digest};
use jiff::{SignedDuration, Timestamp};

/// The longest moving window. Older entries are forgotten.
const LONGEST_MOVING_WINDOW: SignedDuration = SignedDuration::from_mins(5);

/// Counters by key. A key is shared by all policies that name it.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    counters: HashMap<KeyDigest, Counter>,
    /// The number of counters at which unused counters are searched for.
    crowded: usize,
}

/// The SHA-256 of a key. Keys may come from callers and stay for a whole period, so their length must not matter.
type KeyDigest = [u8; 32];

#[derive(Debug)]
enum Counter {
    /// The times of counting, each with the sum up to that time. The oldest is first.
    Moving(VecDeque<(Timestamp, u64)>),
    /// The amount counted since the period began, and the end of the period.
    Fixed { used: u64, until: Option<Timestamp> },
}

/// The time over which a counter counts.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Window {
    /// The time up to now, at most five minutes.
    Moving(SignedDuration),
    /// A period that ends at this time; `None` for a period that never ends.
    Until(Option<Timestamp>),
}

/// A request to count against a limit.
#[derive(Clone, Debug)]
pub(crate) struct LimitRequest {
    /// The counter's key. Moving windows and periods must have different keys.
    pub(crate) key: String,
    pub(crate) window: Window,
    pub(crate) limit: u64,
    pub(crate) by: u64,
}

/// The error of a reached limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LimitReached {
    /// The whole seconds until there is room again, at least one; `None` if there never will be.
    pub(crate) retry_after: Option<u64>,
}

impl Counters {
    /// Counts everything, or nothing if it would exceed a limit. Returns the remainder of each limit.
    pub(crate) fn take(&self, wants: &[LimitRequest], now: Timestamp) -> Result<Vec<u64>, LimitReached> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut remaining = Vec::with_capacity(wants.len());
        for want in wants {
            let used = inner.counter(want, now).used(want.window, now);
            let after = used.saturating_add(want.by);
            if after > want.limit {
                return Err(inner.counter(want, now).over(want, now));
            }
            remaining.push(want.limit - after);
        }
        for want in wants {
            inner.counter(want, now).add(want.by, now);
        }
        inner.tidy(now);
        Ok(remaining)
    }

    /// Returns the remainder of the limit, or an error if nothing remains. Counts nothing.
    pub(crate) fn look(&self, want: &LimitRequest, now: Timestamp) -> Result<u64, LimitReached> {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = inner.counter(want, now);
        match want.limit.saturating_sub(counter.used(want.window, now)) {
            0 => Err(counter.over(&LimitRequest { by: 1, ..want.clone() }, now)),
            remaining => Ok(remaining),
        }
    }

    /// Counts, even above the limit. Returns the remainder of the limit.
    pub(crate) fn add(&self, want: &LimitRequest, now: Timestamp) -> u64 {
        let mut inner = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counter = inner.counter(want, now);
        counter.add(want.by, now);
        let used = counter.used(want.window, now);
        inner.tidy(now);
        want.limit.saturating_sub(used)
    }
}

impl Inner {
    /// Returns the counter in its current state. A period that is over begins again.
    fn counter(&mut self, want: &LimitRequest, now: Timestamp) -> &mut Counter {
        let fresh = || match want.window {
            Window::Moving(_) => Counter::Moving(VecDeque::new()),
            Window::Until(until) => Counter::Fixed { used: 0, until },
        };
        let mut key = KeyDigest::default();
        key.copy_from_slice(digest(&SHA256, want.key.as_bytes()).as_ref());
        let counter = self.counters.entry(key).or_insert_with(fresh);
        if counter.is_over(now) {
            *counter = fresh();
        }
        counter
    }

    /// Drops unused counters from time to time, because keys may come from callers.
    fn tidy(&mut self, now: Timestamp) {
        if self.counters.len() > self.crowded.max(1024) {
            self.counters.retain(|_, counter| !counter.is_over(now));
            self.crowded = self.counters.len() * 2;
        }
    }
}

impl Counter {
    fn is_over(&self, now: Timestamp) -> bool {
        match self {
            Self::Moving(counted) => {
                counted.back().is_none_or(|(at, _)| now.duration_since(*at) >= LONGEST_MOVING_WINDOW)
            }
            Self::Fixed { used, until } => *used == 0 || until.is_some_and(|until| until <= now),
        }
    }

    fn used(&mut self, window: Window, now: Timestamp) -> u64 {
        match (self, window) {
            (Self::Moving(counted), Window::Moving(period)) => {
                // The entry before the oldest one that counts is kept for its sum.
                while counted.get(1).is_some_and(|(at, _)| now.duration_since(*at) >= LONGEST_MOVING_WINDOW) {
                    counted.pop_front();
                }
                let sum = counted.back().map_or(0, |(_, sum)| *sum);
                sum - sum_before(counted, period, now)
            }
            (Self::Fixed { used, .. }, _) => *used,
            (Self::Moving(_), Window::Until(_)) => 0,
        }
    }

    fn add(&mut self, by: u64, now: Timestamp) {
        match self {
            Self::Moving(counted) if by > 0 => {
                let (last, sum) = counted.back().copied().unwrap_or((now, 0));
                // Concurrent requests may arrive in a different order than their times.
                counted.push_back((last.max(now), sum.saturating_add(by)));
            }
            Self::Moving(_) => {}
            Self::Fixed { used, .. } => *used = used.saturating_add(by),
        }
    }

    /// Returns the time when there is room for the request.
    fn over(&mut self, want: &LimitRequest, now: Timestamp) -> LimitReached {
        let excess = self.used(want.window, now).saturating_add(want.by).saturating_sub(want.limit);
        let until = match (self, want.window) {
            (Self::Moving(counted), Window::Moving(period)) => {
                let gone = sum_before(counted, period, now).saturating_add(excess);
                let leaves = counted.get(counted.partition_point(|(_, sum)| *sum < gone));
                // A request that exceeds the limit alone never fits. One window later is then only a guess.
                leaves.map_or(now, |(at, _)| *at).checked_add(period).ok()
            }
            (Self::Fixed { until, .. }, _) => *until,
            (Self::Moving(_), Window::Until(until)) => until,
        };
        LimitReached { retry_after: until.map(|until| seconds_up(until.duration_since(now))) }
    }
}

/// Returns the sum of the entries that are too old for the window. The number of entries hardly affects the time.
fn sum_before(counted: &VecDeque<(Timestamp, u64)>, period: SignedDuration, now: Timestamp) -> u64 {
    let old = counted.partition_point(|(at, _)| now.duration_since(*at) >= period);
    old.checked_sub(1).and_then(|last| counted.get(last)).map_or(0, |(_, sum)| *sum)
}

/// Returns whole seconds, rounded up, at least one.
fn seconds_up(time: SignedDuration) -> u64 {
    let whole = time.as_secs() + i64::from(time.subsec_nanos() > 0);
    whole.max(1).unsigned_abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(1_772_000_000_000 + milliseconds).unwrap()
    }

    fn want(key: &str, seconds: i64, limit: u64) -> LimitRequest {
        LimitRequest { key: key.to_owned(), window: Window::Moving(SignedDuration::from_secs(seconds)), limit, by: 1 }
    }

    fn over<T>(seconds: u64) -> Result<T, LimitReached> {
        Err(LimitReached { retry_after: Some(seconds) })
    }

    #[test]
    fn a_moving_window_frees_each_call_when_it_is_old_enough() {
        let counters = Counters::default();
        let take = |time| counters.take(&[want("a", 10, 2)], at(time));
        assert_eq!(take(0), Ok(vec![1]));
        assert_eq!(take(4_500), Ok(vec![0]));
        assert_eq!(take(4_501), over(6));
        assert_eq!(take(9_999), over(1));
        assert_eq!(take(10_000), Ok(vec![0]));
        assert_eq!(take(14_499), over(1));
        assert_eq!(take(14_500), Ok(vec![0]));
        // Another key, and the same key with a higher limit.
        assert_eq!(counters.take(&[want("b", 10, 2)], at(14_500)), Ok(vec![1]));
        assert_eq!(counters.look(&want("a", 10, 5), at(14_500)), Ok(3));
    }

    #[test]
    fn all_is_counted_or_nothing() {
        let counters = Counters::default();
        let both = [want("a", 10, 9), want("b", 10, 1)];
        assert_eq!(counters.take(&both, at(0)), Ok(vec![8, 0]));
        assert_eq!(counters.take(&both, at(1)), over(10));
        assert_eq!(counters.look(&both[0], at(1)), Ok(8));
    }

    #[test]
    fn what_was_added_past_the_limit_has_to_leave_first() {
        let counters = Counters::default();
        let tokens = |by| LimitRequest { by, ..want("a", 60, 100) };
        assert_eq!(counters.look(&tokens(0), at(0)), Ok(100));
        assert_eq!(counters.add(&tokens(70), at(0)), 30);
        assert_eq!(counters.add(&tokens(50), at(10_000)), 0);
        assert_eq!(counters.look(&tokens(0), at(20_000)), over(40));
        assert_eq!(counters.look(&tokens(0), at(60_000)), Ok(50));
        assert_eq!(counters.take(&[tokens(101)], at(60_000)), over(60));
    }

    #[test]
    fn a_period_begins_again_after_its_end_or_never() {
        let counters = Counters::default();
        let until = |end: Option<i64>| LimitRequest { window: Window::Until(end.map(at)), ..want("q", 0, 1) };
        assert_eq!(counters.take(&[until(Some(3_000))], at(0)), Ok(vec![0]));
        assert_eq!(counters.take(&[until(Some(3_000))], at(500)), over(3));
        assert_eq!(counters.take(&[until(Some(6_000))], at(3_000)), Ok(vec![0]));
        let forever = LimitRequest { key: "for ever".to_owned(), ..until(None) };
        assert_eq!(counters.take(std::slice::from_ref(&forever), at(0)), Ok(vec![0]));
        assert_eq!(counters.take(&[forever], at(i64::from(i32::MAX))), Err(LimitReached { retry_after: None }));
    }

    #[test]
    fn counters_that_count_nothing_any_more_are_forgotten() {
        let counters = Counters::default();
        for key in 0..5_000_i64 {
            counters.take(&[want(&key.to_string(), 1, 1)], at(key * 1_000)).unwrap();
        }
        assert!(counters.0.lock().unwrap().counters.len() < 2_000);
        // A continuing period holds only the keys that have used something, each as a digest.
        let quota =
            |key: i64, limit| LimitRequest { window: Window::Until(None), limit, ..want(&key.to_string(), 0, 0) };
        for key in 0..5_000 {
            assert_eq!(counters.look(&quota(key, 5), at(0)), Ok(5));
            assert_eq!(counters.take(&[quota(-1 - key, 0)], at(0)), Err(LimitReached { retry_after: None }));
        }
        counters.take(&[quota(0, 5)], at(0)).unwrap();
        assert!(counters.0.lock().unwrap().counters.len() < 2_500);
    }

    /// A counter that read every call of its window took minutes for 200,000 calls.
    #[test]
    fn a_window_with_many_calls_counts_as_a_slow_reading_of_all_of_them_would() {
        let counters = Counters::default();
        let mut all: Vec<i64> = Vec::new();
        for call in 0..2_000_i64 {
            // Several calls come at once, then there are pauses. One counter has two windows.
            let time = call / 7 * 110 + call % 3;
            for (seconds, limit) in [(3, 120), (10, 300)] {
                let want = want("a", seconds, limit);
                let recent = |from: &&i64| time - **from < seconds * 1_000;
                let used = u64::try_from(all.iter().filter(recent).count()).unwrap();
                let expected = limit.saturating_sub(used);
                assert_eq!(counters.look(&want, at(time)).unwrap_or_default(), expected, "{call}");
                if counters.take(std::slice::from_ref(&want), at(time)).is_ok() {
                    all.push(all.last().map_or(time, |last| time.max(*last)));
                }
            }
        }
        let many = Counters::default();
        for call in 0..200_000 {
            many.take(&[want("a", 300, u64::MAX)], at(call)).unwrap();
        }
        assert_eq!(many.look(&want("a", 300, 200_001), at(200_000)), Ok(1));
    }
}
