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

/// For readiness alone. The client takes the audience from the vault's own challenge.
const SCOPE: &str = "https://vault.azure.net/.default";

/// The secrets of one vault, read as one identity, and kept from first demand on.
///
/// - Whatever the number of callers, one fetch at a time runs for a secret. Callers wait for the first alone; after that
///   the value is refreshed in the background, four minutes after it was read.
/// - A secret that the vault refuses (disabled, deleted, no role any more) is not served from then on.
/// - A vault that does not answer, and an identity without a token, leave a value as it is for an hour, with a warning
///   at each failed refresh. These come with growing pauses, and not before the time that the vault names in
///   `Retry-After`.
/// - A name that was read is refreshed for as long as this lives, also when nobody asks for it any more: names come from
///   the app or its settings, not from its callers.
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

    /// The value of a secret: of its latest version, unless the name is that of one (`NAME/VERSION`).
    ///
    /// # Errors
    /// A secret that is missing or disabled is [`Error::Refused`]: an operator must act, not the caller.
    pub async fn get<N>(&self, name: N) -> Result<SecretValue, Error>
    where
        N: TryInto<SecretName>,
        Error: From<N::Error>,
    {
        let name = name.try_into()?;
        self.0.secrets.get(|known| *known == name, || name.clone()).await.map_err(FetchError::into_error)
    }

    /// Tells that the value was refused where it was shown: the next [`Secrets::get`] asks the vault, unless a refusal
    /// within the last minute did so. If the vault does not answer, the value is served again.
    pub fn forget(&self, name: &SecretName) {
        self.0.secrets.refuse(|known| known == name, |_| true);
    }

    /// Whether the vault gives this secret to this app now.
    pub async fn check(&self, name: &SecretName) -> Check {
        let asked = async { self.policy().ask(name).await.map(drop).map_err(FetchError::into_error) };
        check(Service::KeyVault, self.connection(), SCOPE, asked).await
    }

    /// Where the vault is, and as which identity it is read.
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
