//! Names and dates of all secrets; no values.
//!
//! The list needs `secrets/readMetadata` on the vault, which Key Vault Secrets User and Key Vault Reader have. An
//! identity with a role on single secrets only can read those secrets, but gets 403 for the list.
//! <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security>

use azure_security_keyvault_secrets::ResourceExt;
use futures_util::TryStreamExt;
use jiff::Timestamp;
use tokio::time::Instant;

use super::{policy::LIMITS, vault::Secrets};
use crate::{
    error::{Cause, Error, Service},
    failure::failure,
    time_limits::until,
};

/// The validity of a secret. It is for people, because the vault returns the value also after the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretDates {
    /// The name of the secret.
    pub name: String,
    /// Whether the secret can be read.
    pub enabled: bool,
    /// The time when the secret expires, if it does.
    pub expires: Option<Timestamp>,
}

impl Secrets {
    /// Returns the dates of every secret's latest version. It reads the vault's list page by page.
    ///
    /// # Errors
    /// When the vault refuses the list, does not answer, or takes longer than a minute.
    pub async fn dates(&self) -> Result<Vec<SecretDates>, Error> {
        let listed = until(Instant::now() + LIMITS.whole, self.list()).await;
        listed.unwrap_or_else(|| Err(Error::unreachable(Service::KeyVault, Cause::TooSlow(LIMITS.whole))))
    }

    async fn list(&self) -> Result<Vec<SecretDates>, Error> {
        let refused = |error| failure(Service::KeyVault, error);
        let mut listed = self.policy().client.list_secret_properties(None).map_err(refused)?;
        let mut dates = Vec::new();
        while let Some(secret) = listed.try_next().await.map_err(refused)? {
            let name = secret.resource_id().map_err(refused)?.name;
            let attributes = secret.attributes.unwrap_or_default();
            let expires = attributes.expires.and_then(|time| Timestamp::from_second(time.unix_timestamp()).ok());
            dates.push(SecretDates { name, enabled: attributes.enabled.unwrap_or(true), expires });
        }
        Ok(dates)
    }
}
