//! The request limits of a vault: <https://learn.microsoft.com/azure/key-vault/general/service-limits>.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Secret transactions that a vault serves in each [`WINDOW`].
const LIMIT: u32 = 4_000;
const WINDOW: SignedDuration = SignedDuration::from_secs(10);

/// The request count of one vault.
#[derive(Debug, Default)]
pub(super) struct Throttle {
    /// The start of the present window; absent before the first request.
    since: Option<Timestamp>,
    served: u32,
    /// The wait after a refusal. If it is set, every request is refused, regardless of the count.
    refused: Option<Duration>,
}

impl Throttle {
    /// Counts a request, or returns the seconds until the client may try again. Refused requests do not count.
    pub(super) fn admit(&mut self, now: Timestamp) -> Result<(), u64> {
        if let Some(wait) = self.refused {
            return Err(whole_seconds(wait));
        }
        let since = match self.since {
            Some(since) if now.duration_since(since) < WINDOW => since,
            _ => {
                self.served = 0;
                *self.since.insert(now)
            }
        };
        if self.served < LIMIT {
            self.served += 1;
            return Ok(());
        }
        let left = WINDOW.saturating_sub(now.duration_since(since));
        Err(whole_seconds(left.unsigned_abs()))
    }

    pub(super) const fn refuse_all(&mut self, retry_after: Option<Duration>) {
        self.refused = retry_after;
    }
}

fn whole_seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}
