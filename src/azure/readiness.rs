//! Whether each service would serve this app now, and as whom: for a person who sets the app up.

use std::{sync::Arc, time::Instant};

use azure_core::credentials::TokenCredential as _;
use jiff::Timestamp;
use serde::Serialize;

use super::{Clients, claims::UnverifiedClaims, failure::failure, token_cache::TokenCache};
use crate::{
    config::{ApiPath, Credential},
    error::{Error, Service},
};

/// Who this app is to one service.
pub(super) struct Caller {
    pub(super) credential: Credential,
    pub(super) scope: String,
    pub(super) tokens: Arc<TokenCache>,
}

/// One service, tried.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Check {
    service: String,
    ready: bool,
    milliseconds: u128,
    identity: Identity,
    /// Who refused and what an operator must check; no text of a service.
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
    #[serde(skip)]
    pub(crate) failure: Option<Error>,
}

/// The identity that a service sees, and what its token says. Never the token.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity {
    credential: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    client_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_on: Option<Timestamp>,
    #[serde(flatten)]
    token: UnverifiedClaims,
}

impl Clients {
    /// Asks the vault for the secret, storage for the container, and the gateway for `path`, all at once.
    pub(crate) async fn check(&self, path: &ApiPath) -> Vec<Check> {
        let name = self.api.key_secret();
        let vault = check(Service::KeyVault, &self.callers.vault, async { self.secrets.probe(name).await });
        let storage = check(Service::Storage, &self.callers.storage, async { self.blobs.probe().await });
        let api = check(Service::ApiManagement, &self.callers.api, async {
            self.api.get(path, &self.secrets.get(name).await?).await.map(drop)
        });
        let (vault, storage, api) = futures_util::join!(vault, storage, api);
        vec![vault, storage, api]
    }
}

async fn check(service: Service, caller: &Caller, probe: impl Future<Output = Result<(), Error>>) -> Check {
    let started = Instant::now();
    let mut identity = Identity::of(&caller.credential);
    let outcome = match caller.tokens.get_token(&[&caller.scope], None).await {
        Ok(token) => {
            identity.expires_on = Timestamp::from_second(token.expires_on.unix_timestamp()).ok();
            identity.token = UnverifiedClaims::of(token.token.secret());
            probe.await
        }
        Err(error) => Err(failure(service, error)),
    };
    let failure = outcome.err();
    Check {
        service: service.to_string(),
        ready: failure.is_none(),
        milliseconds: started.elapsed().as_millis(),
        identity,
        problem: failure.as_ref().map(Error::message),
        failure,
    }
}

impl Identity {
    fn of(credential: &Credential) -> Self {
        let (credential, client_id) = match credential {
            Credential::ManagedIdentity(id) => ("managedidentity", *id),
            Credential::WorkloadIdentity(id) => ("workloadidentity", *id),
            Credential::Developer => ("developer", None),
            Credential::AzureCli => ("azurecli", None),
        };
        let client_id = client_id.map(|id| id.to_string());
        Self { credential, client_id, expires_on: None, token: UnverifiedClaims::default() }
    }
}
