//! The time in a vault: the system's, unless a test holds it still.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

/// What a vault takes the time from. Tokens are not checked against it.
#[derive(Debug, Default)]
pub(super) struct Clock(Mutex<Option<Timestamp>>);

impl Clock {
    pub(super) fn now(&self) -> Timestamp {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).unwrap_or_else(Timestamp::now)
    }
}
