//! The secrets of one vault: the effects and errors of each operation.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    refusal::VaultRefusal,
    secret::{Deletion, Properties, Secret, Version, Which},
};

const SECONDS_A_DAY: i64 = 86_400;

/// The secrets of a vault, by name in lower case: names differ only by more than letter case.
#[derive(Default)]
pub(super) struct Secrets(BTreeMap<String, Secret>);

impl Secrets {
    /// Adds a version to a secret, which may be new.
    pub(super) fn set(
        &mut self,
        name: &str,
        value: String,
        properties: Properties,
        now: i64,
    ) -> Result<&Secret, VaultRefusal> {
        let version = Version::new(value, properties, now);
        let secret = match self.0.entry(key(name)) {
            Entry::Vacant(free) => free.insert(Secret::new(name, version)),
            Entry::Occupied(taken) => {
                let secret = taken.into_mut();
                if secret.deletion.is_some() {
                    return Err(VaultRefusal::DeletedButRecoverable(name.to_owned()));
                }
                secret.add(version);
                secret
            }
        };
        Ok(secret)
    }

    /// Returns a secret that is not deleted, and one of its versions.
    pub(super) fn find(&self, name: &str, which: Which<'_>) -> Result<(&Secret, &Version), VaultRefusal> {
        let secret = self.0.get(&key(name)).filter(|secret| secret.deletion.is_none());
        let found = secret.and_then(|secret| Some((secret, secret.version(which)?)));
        found.ok_or_else(|| not_found(name, which))
    }

    /// Works like [`Secrets::find`], for the only operation that a disabled version refuses.
    pub(super) fn read(&self, name: &str, which: Which<'_>) -> Result<(&Secret, &Version), VaultRefusal> {
        let (secret, version) = self.find(name, which)?;
        if version.is_enabled() { Ok((secret, version)) } else { Err(VaultRefusal::SecretDisabled) }
    }

    /// Changes the properties of a version.
    pub(super) fn update(
        &mut self,
        name: &str,
        which: Which<'_>,
        change: Properties,
        now: i64,
    ) -> Result<(&Secret, &Version), VaultRefusal> {
        let secret = self.0.get_mut(&key(name)).filter(|secret| secret.deletion.is_none());
        let secret = secret.ok_or_else(|| not_found(name, which))?;
        secret.version_mut(which).ok_or_else(|| not_found(name, which))?.update(change, now);
        self.find(name, which)
    }

    /// Soft-deletes a secret with all its versions.
    pub(super) fn delete(&mut self, name: &str, retention_days: u8, now: i64) -> Result<&Secret, VaultRefusal> {
        let secret = self.0.get_mut(&key(name)).filter(|secret| secret.deletion.is_none());
        let secret = secret.ok_or_else(|| not_found(name, Which::Latest))?;
        let purged_at = now + i64::from(retention_days) * SECONDS_A_DAY;
        secret.deletion = Some(Deletion { at: now, purged_at });
        Ok(secret)
    }

    /// Returns a deleted secret and its latest version.
    pub(super) fn find_deleted(&self, name: &str) -> Result<(&Secret, &Version, Deletion), VaultRefusal> {
        let found = self.0.get(&key(name)).and_then(|secret| Some((secret, secret.latest()?, secret.deletion?)));
        found.ok_or_else(|| not_found(name, Which::Latest))
    }

    /// Recovers a deleted secret.
    pub(super) fn recover(&mut self, name: &str) -> Result<&Secret, VaultRefusal> {
        let secret = self.0.get_mut(&key(name)).filter(|secret| secret.deletion.is_some());
        // Key Vault's answer is the same as for a missing live secret.
        let secret = secret.ok_or_else(|| not_found(name, Which::Latest))?;
        secret.deletion = None;
        Ok(secret)
    }

    /// Removes a deleted secret permanently.
    pub(super) fn purge(&mut self, name: &str) -> Result<(), VaultRefusal> {
        self.find_deleted(name)?;
        self.0.remove(&key(name));
        Ok(())
    }

    /// Restores a secret with all its versions.
    pub(super) fn restore(&mut self, secret: Secret) -> Result<&Secret, VaultRefusal> {
        match self.0.entry(key(&secret.name)) {
            Entry::Vacant(free) => Ok(free.insert(secret)),
            Entry::Occupied(taken) => Err(match taken.get().deletion {
                Some(_) => VaultRefusal::DeletedButRecoverable(secret.name),
                None => VaultRefusal::AlreadyExists(secret.name),
            }),
        }
    }

    /// Purges deleted secrets whose retention time is over.
    pub(super) fn forget_expired(&mut self, now: i64) {
        self.0.retain(|_, secret| secret.deletion.is_none_or(|deletion| now < deletion.purged_at));
    }

    /// Returns all secrets, deleted or not, in order of names.
    pub(super) fn all(&self) -> impl Iterator<Item = (&str, &Secret)> {
        self.0.iter().map(|(key, secret)| (key.as_str(), secret))
    }
}

fn key(name: &str) -> String {
    name.to_ascii_lowercase()
}

fn not_found(name: &str, which: Which<'_>) -> VaultRefusal {
    VaultRefusal::SecretNotFound(match which {
        Which::Latest => name.to_owned(),
        Which::Exactly(version) => format!("{name}/{version}"),
    })
}
