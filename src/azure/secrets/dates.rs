//! Names and dates of all secrets; no values.
//!
//! It needs `secrets/readMetadata` on the vault, which Key Vault Secrets User and Key Vault Reader have. An identity
//! whose role is on single secrets alone may read these, but is refused the list with 403.
//! <https://learn.microsoft.com/azure/role-based-access-control/built-in-roles/security>

use azure_security_keyvault_secrets::ResourceExt;
use futures_util::TryStreamExt;
use jiff::Timestamp;

use super::{super::failure::failure, Secrets};
use crate::error::{Error, Service};

/// When a secret may be used: for people, since the vault gives out its value all the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SecretDates {
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) expires: Option<Timestamp>,
}

impl Secrets {
    /// Of every secret, its latest version's dates. Asks the vault, page by page.
    pub(crate) async fn dates(&self) -> Result<Vec<SecretDates>, Error> {
        let refused = |error| failure(Service::KeyVault, error);
        let mut listed = self.vault.0.list_secret_properties(None).map_err(refused)?;
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
