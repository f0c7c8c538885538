//! The services that this app calls, one file each, and the identities it calls them as.
//!
//! Each client turns the errors of its service into [`Error`], so that nothing above this module
//! knows an SDK's.

mod api;
mod blobs;
mod failure;
mod identity;
mod secrets;
mod token_cache;
mod transport;

use std::sync::Arc;

use azure_core::http::ClientOptions;
use reqwest::Certificate;

pub(crate) use self::{
    api::{Answer, Api},
    blobs::{Blob, Blobs, Content, Creation},
    secrets::{SecretValue, Secrets},
    transport::read_certificates,
};
use self::{
    identity::Identities,
    token_cache::{ForgetRefused, TokenCache},
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
        let vault = identities.tokens(&config.key_vault.credential)?;
        let storage = identities.tokens(&config.storage.credential)?;
        let caller = identities.tokens(&config.api_management.connection.credential)?;
        let for_vault = forgetting_refused(&options, &vault);
        let for_storage = forgetting_refused(&options, &storage);
        Ok(Self {
            secrets: Secrets::new(&config.key_vault.endpoint, vault, for_vault)?,
            api: Api::new(&config.api_management, caller, http),
            blobs: Blobs::new(&config.storage.endpoint, &config.container, storage, for_storage)?,
        })
    }
}

/// A client with these options drops a token that its service refuses.
fn forgetting_refused(options: &ClientOptions, tokens: &Arc<TokenCache>) -> ClientOptions {
    let mut options = options.clone();
    options.per_try_policies.push(Arc::new(ForgetRefused(tokens.clone())));
    options
}
