//! The time in a vault: the system's, unless a test stops it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use jiff::Timestamp;

/// The clock of a vault. Tokens are not checked against it.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<Timestamp>>);

impl Clock {
    pub(super) fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(Timestamp::now)
    }

    /// Moves the time forward and stops it there. If the result is no calendar time, the clock stops at the present
    /// time.
    pub(super) fn hold_after(&self, time: Duration) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let now = held.unwrap_or_else(Timestamp::now);
        *held = Some(now.checked_add(time).unwrap_or(now));
    }
}
