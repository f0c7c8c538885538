//! One value: callers find it here, or wait for it.

use std::sync::Arc;

use tokio::{runtime::Handle, sync::watch, task::AbortHandle, time::timeout};

use super::{
    deadline::Deadline,
    policy::{KeptPolicy, Stopped},
    refresher::{FetchRequest, Refresher},
    state::EntryState,
};
use crate::signals::innermost;

/// The value of one key. Dropping it ends its task and a running fetch.
///
/// `watch` is a value in a read-write lock with notifications: a caller that finds a value reads it, and any other
/// caller waits for the notification. The compiler refuses to hold the read guard over an await.
pub(super) struct Entry<P: KeptPolicy> {
    key: Arc<P::Key>,
    policy: Arc<P>,
    state: Arc<watch::Sender<EntryState<P::Value, P::Failure>>>,
    wanted: watch::Sender<FetchRequest>,
    refresher: AbortHandle,
}

impl<P: KeptPolicy> Entry<P> {
    pub(super) fn start(key: P::Key, policy: Arc<P>, runtime: &Handle) -> Self {
        let (key, state) = (Arc::new(key), Arc::new(watch::Sender::default()));
        let wanted = watch::Sender::default();
        let refresher =
            Refresher { key: key.clone(), policy: policy.clone(), state: state.clone(), wanted: wanted.subscribe() };
        let refresher = runtime.spawn(refresher.run()).abort_handle();
        Self { key, policy, state, wanted, refresher }
    }

    pub(super) fn key(&self) -> &P::Key {
        &self.key
    }

    /// Reports whether the task has ended, with its runtime or by a panic. The entry will then never have another
    /// value.
    pub(super) fn is_stopped(&self) -> bool {
        self.state.borrow().is_stopped()
    }

    pub(super) fn at_hand(&self) -> Option<P::Value> {
        self.state.borrow().at_hand(self.now()).cloned()
    }

    /// Returns the value, or waits for one.
    pub(super) async fn get(&self) -> Result<P::Value, P::Failure> {
        let mut states = self.state.subscribe();
        loop {
            let ended = {
                let state = states.borrow_and_update();
                if let Some(answer) = state.answer(self.now()) {
                    return answer;
                }
                state.fetches()
            };
            self.want(ended + 1);
            let fetched = states.wait_for(|state| state.fetches() > ended);
            let outcome = match self.policy.patience() {
                None => fetched.await.map(|state| state.outcome(self.now())),
                Some(patience) => match timeout(patience, fetched).await {
                    Ok(fetched) => fetched.map(|state| state.outcome(self.now())),
                    Err(_) => {
                        let doubtful = self.state.borrow().usable(self.now()).cloned();
                        return doubtful.ok_or_else(|| self.policy.late(&self.key));
                    }
                },
            };
            match outcome {
                Ok(Some(outcome)) => return outcome,
                Ok(None) => {}
                Err(_) => return Err(self.policy.stopped(&self.key, Stopped::TaskEnded)),
            }
        }
    }

    fn want(&self, fetch: u64) {
        self.wanted.send_if_modified(|wanted| {
            let is_new = wanted.fetch < fetch;
            if is_new {
                *wanted = FetchRequest { fetch, context: innermost() };
            }
            is_new
        });
    }

    /// See [`EntryState::refuse`].
    pub(super) fn refuse(&self, is: impl Fn(&P::Value) -> bool) -> Option<bool> {
        let now = self.now();
        let mut has_effect = None;
        self.state.send_if_modified(|state| {
            has_effect = state.refuse(is, now, P::ON_REFUSAL);
            false
        });
        has_effect
    }

    fn now(&self) -> Deadline {
        Deadline::now(self.policy.clock())
    }
}

impl<P: KeptPolicy> Drop for Entry<P> {
    fn drop(&mut self) {
        self.refresher.abort();
    }
}
