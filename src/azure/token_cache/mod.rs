//! Keeps the access tokens of one identity, so that no caller waits for a token while there is one that can be used.
//!
//! | file | holds |
//! |---|---|
//! | `entry` | one audience: how callers find its token, or wait for it |
//! | `state` | what is known of that audience: the token, the last failure; no task, no clock |
//! | `keeper` | the task of that audience: fetches when asked, renews in the background |
//! | `flight` | one fetch, and how long it may take |
//! | `schedule` | when to renew, and when to try again |
//! | `clock` | when a token ends, on a machine that may sleep |
//! | `error`, `problem` | why there is no token, and what an operator mends |
//! | `answers` | a policy that hears what the identity endpoint says, which the SDK hides or loses |
//! | `refusals` | a policy that drops a token which a service refused |
//! | `uncached` | an SDK credential without the SDK's own cache |
//!
//! The SDK's credentials have a cache as well: it holds a lock during the call, for every audience; it does not renew
//! before the last five minutes, and then fails although its token is still good; and nothing can make it forget a
//! token. Wrap them in [`Uncached`], or a renewal gets the old token again.

mod answers;
pub(super) mod clock;
mod entry;
mod error;
mod flight;
mod keeper;
mod problem;
mod refusals;
pub(super) mod schedule;
mod state;
mod uncached;

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use azure_core::credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions};
use tokio::runtime::Handle;

pub(crate) use self::{
    answers::RecordAnswers, error::TokenError, problem::IdentityProblem, refusals::ForgetRefused, schedule::chance,
    uncached::Uncached,
};
use self::{
    clock::{Clock, Moment},
    entry::Entry,
};

/// How long callers wait for a token when there is none, unless a setting says otherwise.
pub(crate) const WAIT: Duration = Duration::from_secs(5);

/// The tokens of one identity, one for each audience. Dropping it ends its background tasks.
///
/// - Whatever the number of callers, one fetch at a time runs for an audience. It belongs to no caller: one that gives
///   up does not end it for the others. No audience waits for another.
/// - A token is renewed in the background at half of its remaining life, give or take a tenth. A renewal that fails
///   leaves it as it is and is tried again. It is given to callers until five seconds before its end.
/// - However short the tokens' lives, and whatever fails, an audience costs at most one fetch a second, and one more a
///   minute for a refused token.
/// - Callers that wait get one another's error, after at most the time that [`TokenCache::new`] was told; callers in
///   the second after that get it at once.
/// - A caller that finds a token holds two locks, one after the other, for reading and for nanoseconds. They are
///   written to when an audience is first seen and when a fetch ends, and no lock is held while anything is awaited.
///
/// Audiences are few and come from settings; they are kept for as long as the cache is.
pub(crate) struct TokenCache {
    supply: Arc<Supply>,
    entries: RwLock<Vec<Arc<Entry>>>,
}

/// What every audience's task works with.
struct Supply {
    source: Arc<dyn TokenCredential>,
    wait: Duration,
    clock: Clock,
}

impl TokenCache {
    /// Keeps the tokens of `source`. Asks for none.
    ///
    /// `wait` is the longest that a caller waits, whatever retries `source` makes on its own ([`WAIT`]).
    pub(crate) fn new(source: Arc<dyn TokenCredential>, wait: Duration) -> Arc<Self> {
        Self::with_clock(source, wait, Arc::new(SystemTime::now))
    }

    fn with_clock(source: Arc<dyn TokenCredential>, wait: Duration, clock: Clock) -> Arc<Self> {
        let supply = Arc::new(Supply { source, wait, clock });
        Arc::new(Self { supply, entries: RwLock::default() })
    }

    /// Drops `refused`, which a service answered with 401, so that the next caller gets another token.
    ///
    /// Returns whether it is of use to ask for a token and try once more. It is not when a token was dropped less than
    /// a minute ago: then the service refuses this identity and not this one token, and `refused` is kept. Of many
    /// callers that come with the same token, all may try again, and one fetch serves them.
    pub(crate) fn invalidate(&self, refused: &Secret) -> bool {
        let now = Moment::now(&self.supply.clock);
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        // A token that no audience has was replaced in the meantime.
        entries.iter().find_map(|entry| entry.invalidate(refused, now)).unwrap_or(true)
    }

    fn held(&self, scopes: &[&str], now: Moment) -> Option<AccessToken> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().find(|entry| entry.is_for(scopes))?.held(now)
    }

    /// The audience's entry, with a task that lives.
    fn entry(&self, scopes: &[&str]) -> Result<Arc<Entry>, TokenError> {
        let known = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.iter().find(|entry| entry.is_for(scopes) && !entry.is_stopped()) {
            return Ok(entry.clone());
        }
        drop(known);
        let runtime = Handle::try_current().map_err(|_| TokenError::no_runtime(scopes.join(" ")))?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| !entry.is_stopped());
        // Another caller may have been faster.
        if let Some(entry) = entries.iter().find(|entry| entry.is_for(scopes)) {
            return Ok(entry.clone());
        }
        let entry = Arc::new(Entry::start(scopes, self.supply.clone(), &runtime));
        entries.push(entry.clone());
        Ok(entry)
    }
}

#[async_trait]
impl TokenCredential for TokenCache {
    /// The options are one caller's, a fetch is everybody's: they are not used.
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        if let Some(token) = self.held(scopes, Moment::now(&self.supply.clock)) {
            return Ok(token);
        }
        let entry = self.entry(scopes)?;
        Ok(entry.fetched(&self.supply.clock).await?)
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("source", &self.supply.source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
