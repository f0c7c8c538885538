//! One secret: how callers find its value, or wait for it.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::{sync::watch, task::AbortHandle, time::timeout};

use super::{
    super::token_cache::clock::{Clock, Moment},
    REJECTION_PAUSE, SecretValue, WAIT,
    fetch::Vault,
    keeper::Keeper,
    state::State,
};
use crate::{
    config::SecretName,
    error::{Cause, Error, Service},
};

/// One secret. Dropping it ends its task.
pub(super) struct Entry {
    state: watch::Receiver<State>,
    wanted: watch::Sender<u64>,
    rejected: Mutex<Option<Rejection>>,
    keeper: AbortHandle,
}

/// A value that was not accepted where it was shown.
struct Rejection {
    at: Moment,
    /// How many fetches had ended: the value is in doubt until the next has.
    fetches: u64,
}

impl Entry {
    /// Starts its task on the current runtime.
    pub(super) fn start(name: SecretName, vault: Arc<Vault>, clock: Clock) -> Self {
        let (state, states) = watch::channel(State::default());
        let (wanted, wants) = watch::channel(0);
        let keeper = Keeper { name, vault, clock, state, wanted: wants };
        let keeper = tokio::spawn(keeper.run()).abort_handle();
        Self { state: states, wanted, rejected: Mutex::default(), keeper }
    }

    /// Whether its task has ended, by a panic or with its runtime.
    pub(super) fn is_stopped(&self) -> bool {
        self.keeper.is_finished()
    }

    /// The value at hand, or that of the next fetch.
    pub(super) async fn get(&self, clock: &Clock) -> Result<SecretValue, Error> {
        let mut states = self.state.clone();
        let (ended, doubtful) = {
            let (state, now) = (states.borrow_and_update(), Moment::now(clock));
            let value = state.value(now).cloned();
            match value {
                Some(value) if !self.is_in_doubt(state.fetches()) => return Ok(value),
                value => match state.fresh_failure(now) {
                    Some(error) => return value.ok_or_else(|| error.clone()),
                    None => (state.fetches(), value),
                },
            }
        };
        self.want(ended + 1);
        let fetched = timeout(WAIT, states.wait_for(|state| state.fetches() > ended)).await;
        match fetched {
            Ok(Ok(state)) => state.outcome(Moment::now(clock)).unwrap_or_else(|| Err(stopped())),
            Ok(Err(_)) => Err(stopped()),
            Err(_) => doubtful.ok_or_else(|| Error::unreachable(Service::KeyVault, Cause::TooSlow(WAIT))),
        }
    }

    /// Puts the value at hand in doubt, unless another was lately.
    pub(super) fn reject(&self, clock: &Clock) {
        let now = Moment::now(clock);
        let fetches = self.state.borrow().fetches();
        let mut rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        if rejected.as_ref().is_none_or(|last| last.at.after(REJECTION_PAUSE).has_come(now)) {
            *rejected = Some(Rejection { at: now, fetches });
        }
    }

    fn is_in_doubt(&self, fetches: u64) -> bool {
        let rejected = self.rejected.lock().unwrap_or_else(PoisonError::into_inner);
        rejected.as_ref().is_some_and(|rejection| rejection.fetches == fetches)
    }

    fn want(&self, fetch: u64) {
        self.wanted.send_if_modified(|wanted| {
            let is_new = *wanted < fetch;
            *wanted = fetch.max(*wanted);
            is_new
        });
    }
}

fn stopped() -> Error {
    Error::unreachable(Service::KeyVault, Cause::NoTask)
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}
