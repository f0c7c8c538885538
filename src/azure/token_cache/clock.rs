//! When a token, or the value of a secret, ends, on a machine that may sleep and whose clock may be set.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use tokio::time::{Instant, sleep_until};

/// Tells the time of day; a token's end is a time of day.
pub(in crate::azure) type Clock = Arc<dyn Fn() -> SystemTime + Send + Sync>;

/// How long a sleeping task trusts its timer, which stands still while the machine sleeps.
const LOOK: Duration = Duration::from_secs(60);

/// No token lives longer; it keeps the arithmetic within what the clocks can hold.
const LONGEST: Duration = Duration::from_secs(366 * 24 * 60 * 60);

/// A moment by two clocks: the time of day goes on while the machine sleeps, and the running clock does not jump when
/// somebody sets the time of day. A moment has come as soon as one of them says so, since a token that is taken for
/// ended too early costs one fetch, and one taken for good too late costs a refused request.
#[derive(Clone, Copy, Debug)]
pub(in crate::azure) struct Moment {
    day: SystemTime,
    running: Instant,
}

impl Moment {
    pub(in crate::azure) fn now(clock: &Clock) -> Self {
        Self { day: clock(), running: Instant::now() }
    }

    pub(in crate::azure) fn after(self, span: Duration) -> Self {
        let span = span.min(LONGEST);
        Self { day: self.day + span, running: self.running + span }
    }

    pub(in crate::azure) fn has_come(self, now: Self) -> bool {
        now.day >= self.day || now.running >= self.running
    }

    /// How long it is until then; zero if it has come.
    pub(in crate::azure) fn left(self, now: Self) -> Duration {
        until(self.day, now).min(self.running.saturating_duration_since(now.running))
    }
}

/// How long it is until a time of day; zero if it is past.
pub(super) fn until(day: SystemTime, now: Moment) -> Duration {
    day.duration_since(now.day).unwrap_or_default()
}

/// Returns when `moment` has come, at most a minute after a sleeping machine woke.
pub(in crate::azure) async fn reach(moment: Moment, clock: &Clock) {
    loop {
        let now = Moment::now(clock);
        if moment.has_come(now) {
            return;
        }
        sleep_until(moment.running.min(now.running + LOOK)).await;
    }
}
