//! One audience: how callers find its token, or wait for it.

use std::sync::Arc;

use azure_core::credentials::{AccessToken, Secret};
use tokio::{runtime::Handle, sync::watch, task::AbortHandle};

use super::{
    Supply,
    clock::{Clock, Moment},
    error::TokenError,
    keeper::Keeper,
    state::State,
};

/// The token of one audience. Dropping it ends its task, and a fetch that is under way.
///
/// `watch` is a value in a lock for reading and writing, with a bell: callers who find a token read it, and those who
/// do not wait for the bell. What a reader has of it cannot be kept over an await: the compiler refuses it.
pub(super) struct Entry {
    scopes: Vec<String>,
    state: Arc<watch::Sender<State>>,
    /// The number of the fetch that somebody waits for. A number, so that a late or repeated call for a fetch that has
    /// ended starts no other.
    wanted: watch::Sender<u64>,
    keeper: AbortHandle,
}

impl Entry {
    pub(super) fn start(scopes: &[&str], supply: Arc<Supply>, runtime: &Handle) -> Self {
        let scopes: Vec<String> = scopes.iter().map(|&scope| scope.to_owned()).collect();
        let state = Arc::new(watch::Sender::default());
        let wanted = watch::Sender::new(0);
        let keeper = Keeper::new(scopes.clone(), supply, state.clone(), wanted.subscribe());
        let keeper = runtime.spawn(keeper.run()).abort_handle();
        Self { scopes, state, wanted, keeper }
    }

    pub(super) fn is_for(&self, scopes: &[&str]) -> bool {
        self.scopes == scopes
    }

    /// Whether its task has ended, with its runtime or by a panic, so that it will never have another token.
    pub(super) fn is_stopped(&self) -> bool {
        self.state.borrow().is_stopped()
    }

    pub(super) fn held(&self, now: Moment) -> Option<AccessToken> {
        self.state.borrow().usable(now).cloned()
    }

    /// Waits for a token if there is none.
    pub(super) async fn fetched(&self, clock: &Clock) -> Result<AccessToken, TokenError> {
        let mut states = self.state.subscribe();
        loop {
            let ended = {
                let state = states.borrow_and_update();
                if let Some(answer) = state.answer(Moment::now(clock)) {
                    return answer;
                }
                state.fetches()
            };
            self.want(ended + 1);
            let state = states.wait_for(|state| state.fetches() > ended).await;
            let state = state.map_err(|_| TokenError::stopped(self.scopes.join(" ")))?;
            if let Some(outcome) = state.outcome() {
                return outcome;
            }
        }
    }

    fn want(&self, fetch: u64) {
        self.wanted.send_if_modified(|wanted| {
            let is_new = *wanted < fetch;
            *wanted = fetch.max(*wanted);
            is_new
        });
    }

    /// See [`State::invalidate`].
    pub(super) fn invalidate(&self, refused: &Secret, now: Moment) -> Option<bool> {
        let mut dropped = None;
        self.state.send_if_modified(|state| {
            dropped = state.invalidate(refused, now);
            false
        });
        dropped
    }
}

impl Drop for Entry {
    fn drop(&mut self) {
        self.keeper.abort();
    }
}
