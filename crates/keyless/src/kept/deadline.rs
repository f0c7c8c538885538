//! The end of a value, on a machine that may sleep or change its clock.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::Instant;

/// Returns the time of day. The end of a token is a time of day.
pub(crate) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

pub(crate) fn system_clock() -> Clock {
    Arc::new(SystemTime::now)
}

/// The time for which a sleeping task trusts its timer. The timer stops while the machine sleeps.
const RECHECK: Duration = Duration::from_secs(60);

/// The longest life of a value. It keeps the arithmetic within the range of the clocks.
const LONGEST_LIFE: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A point in time by two clocks. The time of day continues while the machine sleeps; the monotonic clock does not jump
/// when the time of day is set. A deadline is past as soon as one clock says so: a value that ends too early costs one
/// fetch, but a value that ends too late costs a refused request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deadline {
    day: SystemTime,
    running: Instant,
}

impl Deadline {
    pub(crate) fn now(clock: &Clock) -> Self {
        Self { day: clock(), running: Instant::now() }
    }

    pub(crate) fn after(self, span: Duration) -> Self {
        let span = span.min(LONGEST_LIFE);
        Self { day: self.day + span, running: self.running + span }
    }

    pub(crate) fn is_past(self, now: Self) -> bool {
        now.day >= self.day || now.running >= self.running
    }

    /// Returns the time until the deadline; zero if it is past.
    pub(crate) fn left(self, now: Self) -> Duration {
        until(self.day, now).min(self.running.saturating_duration_since(now.running))
    }

    /// Waits for the deadline. Returns at most a minute after a sleeping machine woke, if the deadline is past.
    pub(super) async fn reached(self, clock: &Clock) {
        loop {
            let now = Self::now(clock);
            if self.is_past(now) {
                return;
            }
            tokio::time::sleep_until(self.running.min(now.running + RECHECK)).await;
        }
    }
}

/// Returns the time until a time of day; zero if it is past.
pub(crate) fn until(day: SystemTime, now: Deadline) -> Duration {
    day.duration_since(now.day).unwrap_or_default()
}
