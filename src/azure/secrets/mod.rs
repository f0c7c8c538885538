//! Reads secrets from Key Vault.
//!
//! | file | holds |
//! |---|---|
//! | `value` | a value that is not shown, and wiped |
//! | `entry` | one secret: how callers find its value, or wait for it |
//! | `keeper` | the task of one secret: fetches when asked, refreshes in the background |
//! | `state` | what is known of one secret; no task |
//! | `fetch` | one question to the vault, and what its answer means |
//! | `dates` | names and dates of all secrets; no values |
//!
//! No audience appears here: the vault names its own in the 401 that it gives to the first call.

mod dates;
mod entry;
mod fetch;
mod keeper;
mod state;
mod value;

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, PoisonError, RwLock},
    time::{Duration, SystemTime},
};

use azure_core::{credentials::TokenCredential, http::ClientOptions};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use url::Url;

pub(crate) use self::{dates::SecretDates, value::SecretValue};
use self::{entry::Entry, fetch::Vault};
use super::token_cache::clock::Clock;
use crate::{config::SecretName, error::Error};

/// A value is at most this old while the vault answers: so long does a rotated, disabled or deleted secret take to be
/// noticed, unless somebody calls [`Secrets::forget`].
pub(super) const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// A value is used for so long while the vault cannot be reached, or is too busy to answer.
pub(super) const HARD_END: Duration = Duration::from_secs(60 * 60);

/// The longest that a caller waits where there is no value.
pub(super) const WAIT: Duration = Duration::from_secs(15);

/// The shortest time between two rejections of one secret that are acted upon: a key that is wrong in the vault must not
/// make each request two.
pub(super) const REJECTION_PAUSE: Duration = Duration::from_secs(30);

/// The secrets of one vault, read as one identity, and kept from first demand on.
///
/// - Whatever the number of callers, one fetch at a time runs for a secret. Callers wait for the first alone; after that
///   the value is refreshed in the background, somewhere between 70 and 90 hundredths of [`LIFETIME`], so that instances
///   that started together do not ask together.
/// - A secret that the vault refuses (disabled, deleted, no role any more) is not served from then on.
/// - A vault that does not answer, and an identity without a token, leave a value as it is until [`HARD_END`], with a
///   warning at each failed refresh. These come with growing pauses, and not before the time that the vault names in
///   `Retry-After`.
///
/// Secrets are few and come from settings; they are kept for as long as this value is.
pub(crate) struct Secrets {
    vault: Arc<Vault>,
    clock: Clock,
    entries: RwLock<HashMap<SecretName, Arc<Entry>>>,
}

impl Secrets {
    pub(super) fn new(
        vault: &Url,
        identity: Arc<dyn TokenCredential>,
        client_options: ClientOptions,
    ) -> Result<Self, Error> {
        let options = SecretClientOptions { client_options, ..Default::default() };
        let client = SecretClient::new(vault.as_str(), identity, Some(options)).map_err(Error::internal)?;
        let clock: Clock = Arc::new(SystemTime::now);
        Ok(Self { vault: Arc::new(Vault(client)), clock, entries: RwLock::default() })
    }

    /// The value of a secret: of its latest version, unless the name is that of one.
    ///
    /// A secret that is missing or disabled is [`Error::Refused`]: an operator must act, not the caller.
    pub(crate) async fn get(&self, name: &SecretName) -> Result<SecretValue, Error> {
        self.entry(name).get(&self.clock).await
    }

    /// Says that the value was rejected where it was shown: the next [`Secrets::get`] asks the vault, unless one did so
    /// for the same reason in the last half minute. If the vault does not answer, the value is served again.
    pub(crate) async fn forget(&self, name: &SecretName) {
        self.entry(name).reject(&self.clock);
    }

    /// Asks the vault for a secret, whatever is in memory.
    pub(super) async fn probe(&self, name: &SecretName) -> Result<(), Error> {
        self.vault.fetch(name).await.map(drop).map_err(fetch::Failure::into_error)
    }

    /// The secret's entry, with a task that lives.
    fn entry(&self, name: &SecretName) -> Arc<Entry> {
        let known = self.entries.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = known.get(name).filter(|entry| !entry.is_stopped()) {
            return entry.clone();
        }
        drop(known);
        let mut entries = self.entries.write().unwrap_or_else(PoisonError::into_inner);
        entries.retain(|_, entry| !entry.is_stopped());
        let start = || Arc::new(Entry::start(name.clone(), self.vault.clone(), self.clock.clone()));
        // Another caller may have been faster.
        entries.entry(name.clone()).or_insert_with(start).clone()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
