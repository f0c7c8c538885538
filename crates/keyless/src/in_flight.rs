//! Limits the calls of one client that wait for an answer at a time.
//!
//! The wait for a place counts towards the time limit of the whole call ([`time_limits`](crate::time_limits)). A call
//! that never gets a place ends at that limit, with [`Cause::NoPlace`]. An SDK client that the app makes
//! ([`Connection::client_options`](crate::Connection::client_options)) sets no limit for a call. There, the wait itself
//! has that limit.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{Semaphore, SemaphorePermit},
    time::{Instant, timeout_at},
};

use crate::{error::Cause, time_limits::end_of_call};

/// The largest number of calls that wait for an answer. Each such call has a connection. A burst of calls is answered
/// later with thousands of new connections than with a few hundred shared ones. It also reaches limits: of descriptors,
/// and of 600 connections in use in an instance of the Consumption plan
/// (<https://learn.microsoft.com/azure/azure-functions/functions-scale#service-limits>).
const MOST_CALLS: usize = 512;

/// The places of one client. A service that does not answer delays only its own callers.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Semaphore>);

impl Default for InFlight {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST_CALLS)))
    }
}

impl InFlight {
    /// Waits for a place, first come, first served, until the call ends. If the call has no limit, the wait ends after
    /// the time of a `whole` call. The place is free again when the result is dropped: when the head of the answer has
    /// arrived.
    pub(crate) async fn place(&self, whole: Duration) -> Result<SemaphorePermit<'_>, Cause> {
        let end = end_of_call().unwrap_or_else(|| Instant::now() + whole);
        match timeout_at(end, self.0.acquire()).await {
            Ok(Ok(place)) => Ok(place),
            // The semaphore is never closed.
            Ok(Err(_)) | Err(_) => Err(Cause::NoPlace(MOST_CALLS)),
        }
    }

    /// Takes every place, so all other calls wait.
    #[cfg(test)]
    pub(crate) fn all(&self) -> SemaphorePermit<'_> {
        self.0.try_acquire_many(u32::try_from(MOST_CALLS).unwrap()).unwrap()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::join_all};
    use tokio::task::unconstrained;

    use super::*;
    use crate::time_limits::until;

    const MINUTE: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn a_call_beyond_the_limit_waits_until_another_has_its_answer() {
        let calls = InFlight::default();
        let mut places = join_all((0..MOST_CALLS).map(|_| calls.place(MINUTE))).await;
        // Without `unconstrained`, the runtime could make this wait instead of the limit, because this many places use
        // up a task's budget.
        let mut next = Box::pin(unconstrained(calls.place(MINUTE)));
        assert!(next.as_mut().now_or_never().is_none());
        drop(places.pop());
        assert!(next.now_or_never().is_some_and(|place| place.is_ok()));
    }

    #[tokio::test(start_paused = true)]
    async fn the_wait_for_a_place_ends_with_the_call_and_without_a_limit_after_a_whole_one() {
        let calls = InFlight::default();
        let _all = calls.all();
        let start = Instant::now();
        let outcome = until(start + MINUTE / 2, calls.place(MINUTE)).await.unwrap();
        assert!(matches!(outcome, Err(Cause::NoPlace(MOST_CALLS))), "{outcome:?}");
        assert_eq!(start.elapsed(), MINUTE / 2);
        assert!(calls.place(MINUTE).await.is_err());
        assert_eq!(start.elapsed(), MINUTE / 2 + MINUTE);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_leaves_the_line_holds_no_place() {
        let calls = InFlight::default();
        let all = calls.all();
        let mut waiting = Box::pin(calls.place(MINUTE));
        assert!(waiting.as_mut().now_or_never().is_none());
        drop((all, waiting));
        drop(calls.all());
    }
}
