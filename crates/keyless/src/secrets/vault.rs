//! The secrets of one vault.

use std::{fmt, sync::Arc};

use azure_core::http::ClientOptions;
use azure_security_keyvault_secrets::{SecretClient, SecretClientOptions};

use super::{
    name::SecretName,
    policy::{FetchError, SecretPolicy},
    value::SecretValue,
};
use crate::{
    connection::Connection,
    error::{Error, Service},
    kept::{Kept, system_clock},
    readiness::{Check, check},
    settings::Reader,
};

/// The scope for the readiness check only. The client takes the audience from the vault's own challenge.
const SCOPE: &str = "https://vault.azure.net/.default";

/// The secrets of one vault, read with one identity, and cached from the first read on.
///
/// - One fetch at a time runs for a secret, with any number of callers. Callers wait only for the first fetch. After
///   that, the value is refreshed in the background, about four minutes after it was read.
/// - After a refusal by the vault (the secret is disabled or deleted, or the role is gone) the value is not used any
///   more.
/// - If the vault does not answer, or the identity gets no token, the value stays in use for an hour, with a warning at
///   each failed refresh. The pauses between refreshes grow, and no refresh comes before the time in the vault's
///   `Retry-After`.
/// - This value refreshes each secret that it has read, until it is dropped. So take the names of secrets from the app
///   or its settings. A caller who chooses names would start a refresh for each name.
///
/// ```no_run
/// # async fn example(vault: keyless::Secrets) -> Result<(), keyless::Error> {
/// let password = vault.get("partner-password").await?;
/// # let _ = password.expose();
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Secrets(Arc<Vault>);

struct Vault {
    connection: Connection,
    secrets: Kept<SecretPolicy>,
}

impl Reader {
    /// The secrets of the vault at `<name>__vaultUri`.
    pub fn secrets(&mut self, name: &str) -> Option<Secrets> {
        let connection = self.connection(name, "vaultUri")?;
        let options = connection.options_for(Service::KeyVault);
        let made = Secrets::new(connection, options);
        made.map_err(|error| self.refuse(format!("{name}__vaultUri"), format!("the URL of a vault: {error}"))).ok()
    }
}

impl Secrets {
    pub(crate) fn new(connection: Connection, client_options: ClientOptions) -> Result<Self, Error> {
        let options = SecretClientOptions { client_options, ..Default::default() };
        let client = SecretClient::new(connection.endpoint().as_str(), connection.credential(), Some(options));
        let http = connection.http().clone();
        let policy = SecretPolicy { client: client.map_err(Error::internal_by)?, clock: system_clock(), http };
        Ok(Self(Arc::new(Vault { connection, secrets: Kept::new(policy) })))
    }

    /// Returns the value of a secret: the latest version, or the version in the name (`NAME/VERSION`).
    ///
    /// # Errors
    /// A missing or disabled secret is [`Error::Refused`]: an operator must act, not the caller.
    pub async fn get<N>(&self, name: N) -> Result<SecretValue, Error>
    where
        N: TryInto<SecretName>,
        Error: From<N::Error>,
    {
        let name = name.try_into()?;
        self.0.secrets.get(|known| *known == name, || name.clone()).await.map_err(FetchError::into_error)
    }

    /// Reports that a service refused the value. The next [`Secrets::get`] then asks the vault, unless a refusal within
    /// the last minute did so. If the vault does not answer, the value stays in use.
    pub fn forget(&self, name: &SecretName) {
        self.0.secrets.refuse(|known| known == name, |_| true);
    }

    /// Reports whether the vault lets this app read the secret now.
    pub async fn check(&self, name: &SecretName) -> Check {
        let asked = async { self.policy().ask(name).await.map(drop).map_err(FetchError::into_error) };
        check(Service::KeyVault, self.connection(), SCOPE, asked).await
    }

    /// The vault's address, and the identity that reads it.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.0.connection
    }

    pub(super) fn policy(&self) -> &SecretPolicy {
        self.0.secrets.policy()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").field("vault", &self.0.connection.endpoint().as_str()).finish_non_exhaustive()
    }
}
