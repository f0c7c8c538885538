//! Limits the calls of one client that wait for an answer at a time.

use std::sync::Arc;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Each such call has a connection. A burst of calls is answered later with thousands of new connections than with a
/// few hundred shared ones. It also reaches limits: of descriptors, and of 600 connections in use in an instance of the
/// Consumption plan (<https://learn.microsoft.com/azure/azure-functions/functions-scale#service-limits>).
const MOST: usize = 512;

/// The places of one client: a service that does not answer holds up its own callers alone.
#[derive(Clone, Debug)]
pub(crate) struct InFlight(Arc<Semaphore>);

impl Default for InFlight {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(MOST)))
    }
}

impl InFlight {
    /// Waits for a place, first come, first served. It is free again when dropped: when the head of the answer is here.
    pub(crate) async fn place(&self) -> Option<SemaphorePermit<'_>> {
        // It is never closed.
        self.0.acquire().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{FutureExt as _, future::join_all};
    use tokio::task::unconstrained;

    use super::*;

    #[tokio::test]
    async fn a_call_beyond_the_limit_waits_until_another_has_its_answer() {
        let calls = InFlight::default();
        let mut places = join_all((0..MOST).map(|_| calls.place())).await;
        // Else the runtime, not the limit, might make it wait: so many places spend a task's budget.
        let mut next = Box::pin(unconstrained(calls.place()));
        assert!(next.as_mut().now_or_never().is_none());
        drop(places.pop());
        assert!(next.now_or_never().is_some());
    }
}
