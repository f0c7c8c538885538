//! The services that this app calls, one file each, and the identities it calls them as.
//!
//! Each client turns the errors of its service into [`Error`], so that nothing above this module
//! knows an SDK's.

mod api;
mod blobs;
mod failure;
mod identity;
mod secrets;
mod transport;

use reqwest::Certificate;

use self::identity::Identities;
pub(crate) use self::{
    api::{Answer, Api},
    blobs::{Blob, Blobs, Content, Creation},
    secrets::{SecretValue, Secrets},
    transport::read_certificates,
};
use crate::{config::Config, error::Error};

/// All clients: one connection pool below them, one credential for each identity.
#[derive(Debug)]
pub(crate) struct Clients {
    pub(crate) secrets: Secrets,
    pub(crate) api: Api,
    pub(crate) blobs: Blobs,
}

impl Clients {
    /// Makes every client; calls nothing. `extra_roots` are trusted beside the system's certificate authorities.
    pub(crate) fn new(config: &Config, extra_roots: Vec<Certificate>) -> Result<Self, Error> {
        let http = transport::http_client(extra_roots).map_err(Error::internal)?;
        let options = transport::client_options(&http);
        let mut identities = Identities::new(config.has_identity_endpoint, options.clone());
        let vault_identity = identities.credential(&config.key_vault.credential)?;
        let storage_identity = identities.credential(&config.storage.credential)?;
        let api_identity = identities.credential(&config.api_management.connection.credential)?;
        Ok(Self {
            secrets: Secrets::new(&config.key_vault.endpoint, vault_identity, options.clone())?,
            api: Api::new(&config.api_management, api_identity, http),
            blobs: Blobs::new(&config.storage.endpoint, &config.container, storage_identity, options)?,
        })
    }
}
