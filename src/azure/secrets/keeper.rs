//! The task of one secret: fetches it when a caller waits, and refreshes it in the background.

use std::{future::pending, sync::Arc};

use tokio::{select, sync::watch};
use tracing::warn;

use super::{
    super::token_cache::clock::{Clock, Moment, reach},
    fetch::Vault,
    state::State,
};
use crate::config::SecretName;

pub(super) struct Keeper {
    pub(super) name: SecretName,
    pub(super) vault: Arc<Vault>,
    pub(super) clock: Clock,
    /// Whoever waits hears of it when this is dropped.
    pub(super) state: watch::Sender<State>,
    /// The number of the fetch that somebody waits for.
    pub(super) wanted: watch::Receiver<u64>,
}

impl Keeper {
    pub(super) async fn run(mut self) {
        let mut due = None;
        while self.needed(due).await {
            let fetched = self.vault.fetch(&self.name).await;
            let now = Moment::now(&self.clock);
            let (mut next, mut problem) = (None, None);
            self.state.send_modify(|state| (next, problem) = state.settle(fetched, now));
            due = next.map(|span| now.after(span));
            if let (Some(error), Some(next)) = (problem, next) {
                let (name, next_try_s) = (self.name.as_str(), next.as_secs());
                warn!(name, next_try_s, "a secret is not refreshed, and its last value is used: {error}");
            }
        }
    }

    /// Waits until somebody waits for a value, or a refresh is due. False when the entry is gone.
    async fn needed(&mut self, due: Option<Moment>) -> bool {
        let ended = self.state.borrow().fetches();
        let refresh = async {
            match due {
                Some(due) => reach(due, &self.clock).await,
                None => pending().await,
            }
        };
        select! {
            biased;
            lives = self.wanted.wait_for(|&fetch| fetch > ended) => lives.is_ok(),
            () = refresh => true,
        }
    }
}
