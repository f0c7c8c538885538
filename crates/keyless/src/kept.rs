//! A cached value from a service. One fetch runs at a time, with any number of callers. The value is renewed in the
//! background before it ends, and stays in use while the service is down.
//!
//! Tokens and secrets are cached in this way. Their [`KeptPolicy`] differs only in these points:
//!
//! | | token | secret |
//! |---|---|---|
//! | a service refuses the value | it is dropped | it stays in use if a new fetch fails |
//! | a caller waits | 5 s | 15 s |
//! | a renewed value | replaces the old one if it lives longer | replaces the old one |
//! | the source refuses a renewal | the value stays | the value is dropped |
//! | hard end | its expiry | an hour after it was read |

mod backoff;
mod deadline;
mod entry;
mod policy;
mod refresher;
mod state;

use std::sync::{Arc, PoisonError, RwLock};

use tokio::runtime::Handle;

use self::entry::Entry;
pub(crate) use self::{
    backoff::jitter,
    deadline::{Clock, Deadline, system_clock, until},
    policy::{FetchFailure, Fetched, KeptPolicy, OnRefusal, OnRenewal, Stopped},
    state::NEGATIVE_TTL,
};

/// The values of one source, one for each key. Dropping it ends its background tasks.
///
/// - Callers that wait for the same fetch share its failure. Callers in the next second get that failure at once.
/// - A caller that finds a value takes two read locks, one after the other, for nanoseconds. The locks are written only
///   when a key is first seen and when a fetch ends. No lock is held over an await.
///
/// Keys are few and come from settings; they are never removed.
pub(crate) struct Kept<P: KeptPolicy> {
    policy: Arc<P>,
    entries: RwLock<Vec<Arc<Entry<P>>>>,
}

impl<P: KeptPolicy> Kept<P> {
    pub(crate) fn new(policy: P) -> Self {
        Self { policy: Arc::new(policy), entries: RwLock::default() }
    }

    pub(crate) fn policy(&self) -> &P {
        &self.policy
    }

    /// Returns the current value, or the value of the next fetch. `is` finds the key, and `key` makes it.
    pub(crate) async fn get(
        &self,
        is: impl Fn(&P::Key) -> bool,
        key: impl FnOnce() -> P::Key,
    ) -> Result<P::Value, P::Failure> {
        if let Some(value) = self.at_hand(&is) {
            return Ok(value);
        }
        let entry = self.entry(is, key)?;
        entry.get().await
    }

    /// Reports that a service refused the value `is_refused` of this key. `None` if it is not the current value;
    /// otherwise whether the report has an effect. It has no effect if another value was refused less than a minute
    /// ago. Then the service refuses this app and not only this value.
    pub(crate) fn refuse(&self, is: impl Fn(&P::Key) -> bool, is_refused: impl Fn(&P::Value) -> bool) -> Option<bool> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().filter(|entry| is(entry.key())).find_map(|entry| entry.refuse(&is_refused))
    }

    fn at_hand(&self, is: impl Fn(&P::Key) -> bool) -> Option<P::Value> {
        let entries = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        entries.iter().find(|entry| is(entry.key()))?.at_hand()
    }

    /// Returns the key's entry, with a running task.
    fn entry(&self, is: impl Fn(&P::Key) -> bool, key: impl FnOnce() -> P::Key) -> Result<Arc<Entry<P>>, P::Failure> {
        let known = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.iter().find(|entry| is(entry.key()) && !entry.is_stopped()) {
            return Ok(entry.clone());
        }
        drop(known);
        let key = key();
        let runtime = Handle::try_current().map_err(|_| self.policy.stopped(&key, Stopped::NoRuntime))?;
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|entry| !entry.is_stopped());
        // Another caller may have made the entry already.
        if let Some(entry) = entries.iter().find(|entry| is(entry.key())) {
            return Ok(entry.clone());
        }
        let entry = Arc::new(Entry::start(key, self.policy.clone(), &runtime));
        entries.push(entry.clone());
        Ok(entry)
    }
}
