//! The services that this app calls, one file each, and the identities it calls them as.
//!
//! Each client turns the errors of its service into [`Error`], so that nothing above this module
//! knows an SDK's.

mod apim;
mod blobs;
mod claims;
mod failure;
mod identity;
mod readiness;
mod secrets;
mod token_cache;
mod transport;

use std::{fmt, sync::Arc};

use azure_core::http::ClientOptions;
use reqwest::Certificate;

pub(crate) use self::{
    apim::{Answer, Api},
    blobs::{Blob, Blobs, Condition, Creation, Metadata, NewBlob, Tier},
    readiness::Check,
    secrets::{SecretDates, SecretValue, Secrets},
    transport::read_certificates,
};
use self::{
    identity::Identities,
    readiness::Caller,
    token_cache::{ForgetRefused, TokenCache},
};
use crate::{
    config::{Config, Credential},
    error::Error,
};

/// All clients: one connection pool below them, one credential for each identity.
pub(crate) struct Clients {
    pub(crate) secrets: Arc<Secrets>,
    pub(crate) api: Api,
    /// Where snapshots and reports are.
    pub(crate) blobs: Blobs,
    /// Where uploads are.
    pub(crate) uploads: Blobs,
    callers: Callers,
}

/// Who this app is to each service; for [`Clients::check`].
struct Callers {
    vault: Caller,
    storage: Caller,
    api: Caller,
}

/// What the SDK's clients ask tokens for. The vault names its own in a challenge.
const VAULT_SCOPE: &str = "https://vault.azure.net/.default";
const STORAGE_SCOPE: &str = "https://storage.azure.com/.default";

impl Clients {
    /// Makes every client; calls nothing. `extra_roots` are trusted beside the system's certificate authorities.
    pub(crate) fn new(config: &Config, extra_roots: Vec<Certificate>) -> Result<Self, Error> {
        let http = transport::http_client(extra_roots).map_err(Error::internal)?;
        let options = transport::client_options(&http);
        let mut identities = Identities::new(config.has_identity_endpoint, options.clone());
        let gateway = &config.api_management;
        let mut caller = |credential: &Credential, scope: String| -> Result<Caller, Error> {
            Ok(Caller { credential: credential.clone(), scope, tokens: identities.tokens(credential)? })
        };
        let callers = Callers {
            vault: caller(&config.key_vault.credential, VAULT_SCOPE.to_owned())?,
            storage: caller(&config.storage.credential, STORAGE_SCOPE.to_owned())?,
            api: caller(&gateway.connection.credential, gateway.audience.scope())?,
        };
        let Callers { vault, storage, api } = &callers;
        let for_vault = forgetting_refused(&options, &vault.tokens);
        let for_storage = forgetting_refused(&options, &storage.tokens);
        let container = |name| Blobs::new(&config.storage.endpoint, name, storage.tokens.clone(), for_storage.clone());
        let secrets = Arc::new(Secrets::new(&config.key_vault.endpoint, vault.tokens.clone(), for_vault)?);
        Ok(Self {
            api: Api::new(gateway, api.tokens.clone(), secrets.clone(), http),
            secrets,
            blobs: container(&config.container)?,
            uploads: container(&config.uploads.container)?,
            callers,
        })
    }
}

/// A client with these options drops a token that its service refuses.
fn forgetting_refused(options: &ClientOptions, tokens: &Arc<TokenCache>) -> ClientOptions {
    let mut options = options.clone();
    options.per_try_policies.push(Arc::new(ForgetRefused(tokens.clone())));
    options
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}
