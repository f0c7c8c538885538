//! Bytes of a request and its response, counted for quotas while they pass.

use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

use super::counters::{Counters, LimitRequest};

/// Counts the bytes of one request's bodies. Clones count for the same request.
#[derive(Clone, Debug)]
pub struct Meter(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    counters: Arc<Counters>,
    /// The start of the request. The bytes count for the period of that time.
    begun: Timestamp,
    count: Mutex<Count>,
}

#[derive(Debug, Default)]
struct Count {
    passed: u64,
    /// The limits that the bytes count against. Their own amounts are ignored.
    wants: Vec<LimitRequest>,
}

impl Meter {
    pub(crate) fn new(counters: Arc<Counters>, begun: Timestamp) -> Self {
        Self(Arc::new(Inner { counters, begun, count: Mutex::default() }))
    }

    /// Counts bytes of a body.
    pub fn passed(&self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        let mut count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        count.passed = count.passed.saturating_add(bytes);
        for want in &count.wants {
            self.add(want, bytes);
        }
    }

    /// Adds a limit. The bytes so far and those to come count against it.
    pub(crate) fn count_for(&self, want: LimitRequest) {
        let mut count = self.0.count.lock().unwrap_or_else(PoisonError::into_inner);
        self.add(&want, count.passed);
        count.wants.push(want);
    }

    fn add(&self, want: &LimitRequest, bytes: u64) {
        self.0.counters.add(&LimitRequest { by: bytes, ..want.clone() }, self.0.begun);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Window;

    #[test]
    fn what_passed_before_counts_too_and_each_byte_once() {
        let (counters, now) = (Arc::<Counters>::default(), Timestamp::UNIX_EPOCH);
        let want = |key: &str| LimitRequest { key: key.to_owned(), window: Window::Until(None), limit: 100, by: 0 };
        let remaining = |key: &str| counters.look(&want(key), now).unwrap();
        let meter = Meter::new(Arc::clone(&counters), now);
        meter.passed(10);
        meter.count_for(want("a"));
        assert_eq!((remaining("a"), remaining("b")), (90, 100));
        meter.clone().passed(5);
        meter.count_for(want("b"));
        meter.passed(20);
        assert_eq!((remaining("a"), remaining("b")), (65, 65));
    }
}
