//! The task of one value. It fetches the value when a caller waits, and renews it in the background.

use std::{error::Error as StdError, future::pending, iter::successors, sync::Arc};

use tokio::{select, sync::watch};
use tracing::warn;

use super::{
    backoff::{back_off, jitter},
    deadline::Deadline,
    policy::{KeptPolicy, Stopped},
    state::EntryState,
};
use crate::context::{TraceContext, carrying};

/// The number of the fetch that a caller waits for, and that caller's trace context. Because of the number, a late or
/// repeated call for a finished fetch does not start another one.
#[derive(Clone, Debug, Default)]
pub(super) struct FetchRequest {
    pub(super) fetch: u64,
    pub(super) context: Option<TraceContext>,
}

pub(super) struct Refresher<P: KeptPolicy> {
    pub(super) key: Arc<P::Key>,
    pub(super) policy: Arc<P>,
    pub(super) state: Arc<watch::Sender<EntryState<P::Value, P::Failure>>>,
    pub(super) wanted: watch::Receiver<FetchRequest>,
}

impl<P: KeptPolicy> Refresher<P> {
    pub(super) async fn run(mut self) {
        let mut due = None;
        while self.needed(due).await {
            let ended = self.ended();
            let context = Some(&*self.wanted.borrow())
                .filter(|wanted| wanted.fetch > ended)
                .and_then(|wanted| wanted.context.clone());
            let mut wanted = self.wanted.clone();
            let waited_for = async move {
                // Without a cache there is no caller, and the task ends.
                if wanted.wait_for(|wanted| wanted.fetch > ended).await.is_err() {
                    pending::<()>().await;
                }
            };
            let fetched = carrying(context, self.policy.fetch(&self.key, waited_for)).await;
            let now = Deadline::now(self.policy.clock());
            self.state.send_modify(|state| state.settle(fetched, now, P::ON_RENEWAL));
            due = self.due(now);
        }
    }

    /// Waits until a caller waits for a value, or a renewal is due. Returns false when the cache is dropped.
    async fn needed(&mut self, due: Option<Deadline>) -> bool {
        let ended = self.ended();
        let renewal = async {
            match due {
                Some(due) => due.reached(self.policy.clock()).await,
                None => pending().await,
            }
        };
        select! {
            biased;
            lives = self.wanted.wait_for(|wanted| wanted.fetch > ended) => lives.is_ok(),
            () = renewal => true,
        }
    }

    fn ended(&self) -> u64 {
        self.state.borrow().fetches()
    }

    /// Returns the time of the next fetch, unless a caller waits for it earlier. Without a value there is no background
    /// retry: the next caller retries and reports the failure.
    fn due(&self, now: Deadline) -> Option<Deadline> {
        let state = self.state.borrow();
        let left = state.left(now);
        let Some((failures, failure, pause)) = state.failed() else {
            return left.and_then(|left| self.policy.renew_after(left, jitter())).map(|span| now.after(span));
        };
        let left = left?;
        let next = back_off(failures, left, jitter()).max(pause);
        let (usable_s, next_try_s) = (left.as_secs(), next.as_secs());
        let what = self.policy.describe(&self.key);
        let cause = root(failure);
        warn!(usable_s, next_try_s, %cause, "{what} is not renewed, and the last value is used: {failure}");
        Some(now.after(next))
    }
}

/// Returns the last error of the chain, which is nearest to the cause.
fn root<'a>(error: &'a (dyn StdError + 'static)) -> &'a (dyn StdError + 'static) {
    successors(Some(error), |&error| error.source()).last().unwrap_or(error)
}

/// Ends the entry. Callers must not wait for a task that has ended, by a panic or with its runtime.
impl<P: KeptPolicy> Drop for Refresher<P> {
    fn drop(&mut self) {
        let failure = self.policy.stopped(&self.key, Stopped::TaskEnded);
        let now = Deadline::now(self.policy.clock());
        self.state.send_modify(|state| state.stop(failure, now, P::ON_RENEWAL));
    }
}
