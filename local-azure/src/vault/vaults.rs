//! The vaults of a run, and a test's changes to them while the process under test runs.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use uuid::Uuid;

use super::{
    backup::BackupKey,
    clock::Clock,
    secret::{Properties, Which},
    secrets::Secrets,
    throttle::Throttle,
};
use crate::{
    seed::{self, Seed, VaultFault},
    subscription_keys::SubscriptionKeys,
};

/// The `Retry-After` of a vault with [`VaultFault::Throttled`].
const FAULTY_RETRY_AFTER: Duration = Duration::from_secs(2);

/// The vaults of the seed.
pub struct Vaults {
    pub(super) backup_key: BackupKey,
    by_name: BTreeMap<String, Arc<Vault>>,
}

/// One running vault. Changes through this type do not enter the journal, because no request caused them.
///
/// To make a vault unreachable, use the network: [`Network::cut_off`](crate::network::Network::cut_off).
pub struct Vault {
    pub(super) name: String,
    /// The days for which a deleted secret can be recovered.
    pub(super) retention_days: u8,
    pub(super) purge_protection: bool,
    pub(super) clock: Clock,
    state: Mutex<VaultState>,
}

/// The mutable state of a vault.
pub(super) struct VaultState {
    pub(super) secrets: Secrets,
    pub(super) throttle: Throttle,
}

/// The vault has no such secret, or the secret is deleted.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the vault \"{vault}\" has no secret \"{secret}\"")]
pub struct NoSuchSecret {
    vault: String,
    secret: String,
}

impl Vaults {
    /// Makes the vaults of a seed, with new generated values.
    pub(crate) fn new(seed: &Seed, keys: &SubscriptionKeys) -> Self {
        let vault = |vault: &seed::Vault| (vault.name.clone(), Arc::new(Vault::new(vault, keys)));
        Self { backup_key: BackupKey::new(), by_name: seed.vaults.iter().map(vault).collect() }
    }

    /// Returns the vault with this name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Vault> {
        self.by_name.get(name).map(AsRef::as_ref)
    }

    /// Returns every vault, in order of names.
    pub(crate) fn all(&self) -> impl Iterator<Item = &Arc<Vault>> {
        self.by_name.values()
    }
}

impl Vault {
    fn new(seed: &seed::Vault, keys: &SubscriptionKeys) -> Self {
        let clock = Clock::default();
        let now = clock.now().as_second();
        let mut secrets = Secrets::default();
        for secret in &seed.secrets {
            // In a new vault, no deleted secret can hold the name.
            let _ = secrets.set(&secret.name, value(secret, keys), properties(secret), now);
        }
        let mut throttle = Throttle::default();
        throttle.refuse_all((seed.fault == Some(VaultFault::Throttled)).then_some(FAULTY_RETRY_AFTER));
        Self {
            name: seed.name.clone(),
            retention_days: seed.soft_delete_retention_days,
            purge_protection: seed.purge_protection,
            clock,
            state: Mutex::new(VaultState { secrets, throttle }),
        }
    }

    /// Adds a version to a secret as its latest, and returns the version's 32 hexadecimal digits.
    ///
    /// The version is enabled and has no content type, tags or dates, even if the version before it had some.
    ///
    /// # Errors
    /// When there is no such secret.
    pub fn rotate(&self, secret: &str, value: &str) -> Result<String, NoSuchSecret> {
        let now = self.clock.now().as_second();
        let missing = || self.missing(secret);
        let mut state = self.lock();
        state.secrets.find(secret, Which::Latest).map_err(|_| missing())?;
        let set = state.secrets.set(secret, value.to_owned(), Properties::default(), now);
        let version = set.ok().and_then(|secret| Some(secret.latest()?.id.clone()));
        version.ok_or_else(missing)
    }

    /// Disables the latest version of a secret: reading it is refused with 403, but lists still show it.
    ///
    /// # Errors
    /// When there is no such secret.
    pub fn disable(&self, secret: &str) -> Result<(), NoSuchSecret> {
        self.set_enabled(secret, false)
    }

    /// Undoes [`Vault::disable`].
    ///
    /// # Errors
    /// When there is no such secret.
    pub fn enable(&self, secret: &str) -> Result<(), NoSuchSecret> {
        self.set_enabled(secret, true)
    }

    /// Soft-deletes a secret: reading it is refused with 404.
    ///
    /// # Errors
    /// When there is no such secret.
    pub fn delete(&self, secret: &str) -> Result<(), NoSuchSecret> {
        let now = self.clock.now().as_second();
        let deleted = self.lock().secrets.delete(secret, self.retention_days, now).map(drop);
        deleted.map_err(|_| self.missing(secret))
    }

    /// Undoes [`Vault::delete`].
    ///
    /// # Errors
    /// When there is no such deleted secret.
    pub fn recover(&self, secret: &str) -> Result<(), NoSuchSecret> {
        let recovered = self.lock().secrets.recover(secret).map(drop);
        recovered.map_err(|_| self.missing(secret))
    }

    /// Answers every request that has a valid token with 429 and this `Retry-After` (whole seconds, rounded up)
    /// until [`Vault::stop_throttling`].
    pub fn throttle(&self, retry_after: Duration) {
        self.lock().throttle.refuse_all(Some(retry_after));
    }

    /// Serves requests again, up to Key Vault's own limit.
    pub fn stop_throttling(&self) {
        self.lock().throttle.refuse_all(None);
    }

    fn set_enabled(&self, secret: &str, enabled: bool) -> Result<(), NoSuchSecret> {
        let now = self.clock.now().as_second();
        let change = Properties { enabled: Some(enabled), ..Properties::default() };
        let updated = self.lock().secrets.update(secret, Which::Latest, change, now).map(drop);
        updated.map_err(|_| self.missing(secret))
    }

    fn missing(&self, secret: &str) -> NoSuchSecret {
        NoSuchSecret { vault: self.name.clone(), secret: secret.to_owned() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, VaultState> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        state.secrets.forget_expired(self.clock.now().as_second());
        state
    }

    /// Moves the vault's time forward and stops it there. This can end the retention of deleted secrets, and the
    /// present window of Key Vault's request count. The lifetime of tokens follows the system's time.
    pub fn hold_time_after(&self, time: Duration) {
        self.clock.hold_after(time);
    }

    /// Returns the vault's host name.
    #[must_use]
    pub fn host(&self) -> String {
        format!("{}.vault.azure.net", self.name)
    }

    pub(super) fn origin(&self) -> String {
        format!("https://{}", self.host())
    }

    /// Returns the recovery level:
    /// <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret#deletionrecoverylevel>. 90 days are the
    /// default; shorter periods are called customized.
    pub(super) const fn recovery_level(&self) -> &'static str {
        match (self.retention_days, self.purge_protection) {
            (90, false) => "Recoverable+Purgeable",
            (90, true) => "Recoverable",
            (_, false) => "CustomizedRecoverable+Purgeable",
            (_, true) => "CustomizedRecoverable",
        }
    }
}

/// Returns the value of a secret of the seed: given, a subscription key, or random. The seed's check makes sure that a
/// named subscription exists.
fn value(secret: &seed::Secret, keys: &SubscriptionKeys) -> String {
    let key = || Some(keys.of(secret.subscription_key.as_deref()?)?.primary);
    secret.value.clone().or_else(key).unwrap_or_else(random_value)
}

fn properties(secret: &seed::Secret) -> Properties {
    Properties {
        content_type: secret.content_type.clone(),
        tags: (!secret.tags.is_empty()).then(|| secret.tags.clone()),
        enabled: Some(secret.enabled),
        not_before: secret.not_before.map(jiff::Timestamp::as_second),
        expires: secret.expires.map(jiff::Timestamp::as_second),
    }
}

/// Returns 244 random bits as text.
fn random_value() -> String {
    format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple())
}
