//! The task of one audience: fetches a token when a caller waits for one, and renews it in the background.

use std::sync::Arc;

use tokio::{select, sync::watch};
use tracing::warn;

use super::{
    Supply,
    clock::{Moment, reach},
    error::TokenError,
    flight,
    schedule::{back_off, chance, renew_after},
    state::{Held, State},
};

pub(super) struct Keeper {
    scopes: Vec<String>,
    supply: Arc<Supply>,
    state: Arc<watch::Sender<State>>,
    wanted: watch::Receiver<u64>,
    /// How many renewals in a row have failed.
    failures: u32,
}

impl Keeper {
    pub(super) fn new(
        scopes: Vec<String>,
        supply: Arc<Supply>,
        state: Arc<watch::Sender<State>>,
        wanted: watch::Receiver<u64>,
    ) -> Self {
        Self { scopes, supply, state, wanted, failures: 0 }
    }

    pub(super) async fn run(mut self) {
        let mut due = None;
        while self.needed(due).await {
            let ended = self.ended();
            let fetched = flight::fetch(&self.scopes, &self.supply, wanted(&mut self.wanted, ended)).await;
            due = self.settle(fetched);
        }
    }

    /// Waits until somebody waits for a token, or a renewal is due. Without a token there is nothing to renew: an
    /// endpoint that fails is not asked for nobody. False when the cache is gone.
    async fn needed(&mut self, due: Option<Moment>) -> bool {
        let ended = self.ended();
        let renewal = async {
            match due {
                Some(due) => reach(due, &self.supply.clock).await,
                None => std::future::pending().await,
            }
        };
        select! {
            biased;
            lives = wanted(&mut self.wanted, ended) => lives,
            () = renewal => true,
        }
    }

    fn ended(&self) -> u64 {
        self.state.borrow().fetches()
    }

    /// Publishes how a fetch ended. Returns when the next is due if nobody waits for it before.
    fn settle(&mut self, fetched: Result<Held, TokenError>) -> Option<Moment> {
        let now = Moment::now(&self.supply.clock);
        let failure = fetched.as_ref().err().cloned();
        self.state.send_modify(|state| state.settle(fetched, now));
        let left = self.state.borrow().left(now);
        match (failure, left) {
            (None, left) => {
                self.failures = 0;
                left.and_then(|left| renew_after(left, chance())).map(|span| now.after(span))
            }
            // Those who wait for it report it.
            (Some(_), None) => None,
            (Some(error), Some(left)) => {
                self.failures += 1;
                let next = back_off(self.failures, left, chance());
                let (usable_s, next_try_s) = (left.as_secs(), next.as_secs());
                warn!(usable_s, next_try_s, cause = %error.root(), "a token is not renewed: {error}");
                Some(now.after(next))
            }
        }
    }
}

/// Waits until somebody waits for a fetch after the first `ended`. False when the cache is gone.
async fn wanted(wanted: &mut watch::Receiver<u64>, ended: u64) -> bool {
    wanted.wait_for(|&fetch| fetch > ended).await.is_ok()
}

/// Nobody must wait for a task that has ended: by a panic of the credential, or with its runtime.
impl Drop for Keeper {
    fn drop(&mut self) {
        let error = TokenError::stopped(self.scopes.join(" "));
        let now = Moment::now(&self.supply.clock);
        self.state.send_modify(|state| state.stop(error, now));
    }
}
