//! Reads secrets from Key Vault.
//!
//! No audience appears here: the vault names its own in the 401 that it gives to the first call.

use std::{fmt, sync::Arc, time::Duration};

use azure_core::{credentials::TokenCredential, http::ClientOptions};
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};
use moka::future::Cache;
use url::Url;

use super::failure::failure;
use crate::{
    config::SecretName,
    error::{Cause, Error, Service},
};

/// How long a value is kept in memory: so long does a rotated secret take to be noticed, unless somebody calls
/// [`Secrets::forget`].
const LIFETIME: Duration = Duration::from_secs(5 * 60);

/// The value of a secret. Its `Debug` says nothing.
#[derive(Clone)]
pub(crate) struct SecretValue(Arc<str>);

impl SecretValue {
    /// The value itself, for the one place that sends it.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SecretValue")
    }
}

/// The secrets of one vault, read as one identity.
pub(crate) struct Secrets {
    client: SecretClient,
    known: Cache<SecretName, SecretValue>,
}

impl Secrets {
    pub(super) fn new(
        vault: &Url,
        identity: Arc<dyn TokenCredential>,
        client_options: ClientOptions,
    ) -> Result<Self, Error> {
        let options = SecretClientOptions { client_options, ..Default::default() };
        let client = SecretClient::new(vault.as_str(), identity, Some(options)).map_err(Error::internal)?;
        Ok(Self { client, known: Cache::builder().max_capacity(100).time_to_live(LIFETIME).build() })
    }

    /// The latest version of a secret. Of many callers at once, one asks the vault and the others wait for its answer.
    ///
    /// A secret that is missing or disabled is [`Error::Refused`]: an operator must act, not the caller.
    pub(crate) async fn get(&self, name: &SecretName) -> Result<SecretValue, Error> {
        let fetched = self.known.try_get_with_by_ref(name, self.fetch(name)).await;
        fetched.map_err(|shared| Error::clone(&shared))
    }

    /// Makes the next [`Secrets::get`] ask the vault.
    pub(crate) async fn forget(&self, name: &SecretName) {
        self.known.invalidate(name).await;
    }

    /// Asks the vault for a secret, whatever is in memory.
    pub(super) async fn probe(&self, name: &SecretName) -> Result<(), Error> {
        self.fetch(name).await.map(drop)
    }

    async fn fetch(&self, name: &SecretName) -> Result<SecretValue, Error> {
        let refused = |error| failure(Service::KeyVault, error);
        let answer = self.client.get_secret(name.as_str(), None).await.map_err(refused)?;
        let value = answer.into_model().map_err(refused)?.value.filter(|value| !value.is_empty());
        let value = value.ok_or_else(|| Error::refused(Service::KeyVault, Cause::NotAKey))?;
        Ok(SecretValue(value.into()))
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_debug_form_of_a_secret_says_nothing() {
        assert_eq!(format!("{:?}", SecretValue("S3CRET".into())), "SecretValue");
    }
}
