//! Whether each service would serve this app now, and as whom: for a person who sets the app up.

use std::{sync::Arc, time::Instant};

use azure_core::credentials::TokenCredential as _;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    Clients,
    claims::UnverifiedClaims,
    failure::failure,
    token_cache::{TokenCache, TokenError},
};
use crate::{
    config::{ApiPath, Credential, Developer, Tool, UserAssigned},
    error::{Cause, Error, Service},
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
    /// Who refused and what an operator must mend; no text of a service.
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
    object_id: Option<String>,
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
        let api = check(Service::ApiManagement, &self.callers.api, async { self.api.get(path).await.map(drop) });
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
        problem: failure.as_ref().map(problem),
        failure,
    }
}

/// The message, and what is known beyond it: why there is no token, or what about it does not fit.
fn problem(failure: &Error) -> String {
    let message = failure.message();
    let (Error::Refused { source, .. } | Error::Unavailable { source, .. }) = failure else { return message };
    match &**source {
        Cause::Token { misfit, .. } => format!("{message} Of the token, {misfit}."),
        Cause::Key { secret, .. } => format!("{message} The key is the value of the secret {secret}."),
        Cause::Sdk(error) => match TokenError::within(error) {
            Some(no_token) => format!("{message} Most likely {}.", no_token.problem()),
            None => message,
        },
        _ => message,
    }
}

impl Identity {
    fn of(credential: &Credential) -> Self {
        let (credential, client_id, object_id) = match credential {
            Credential::ManagedIdentity(None) => ("managedidentity", None, None),
            Credential::ManagedIdentity(Some(UserAssigned::ClientId(id))) => ("managedidentity", Some(*id), None),
            Credential::ManagedIdentity(Some(UserAssigned::ObjectId(id))) => ("managedidentity", None, Some(*id)),
            Credential::WorkloadIdentity(id) => ("workloadidentity", *id, None),
            Credential::Developer(Developer { tool, .. }) => (tool_name(*tool), None, None),
        };
        let (client_id, object_id) = (client_id.map(|id| id.to_string()), object_id.map(|id| id.to_string()));
        Self { credential, client_id, object_id, expires_on: None, token: UnverifiedClaims::default() }
    }
}

fn tool_name(tool: Tool) -> &'static str {
    match tool {
        Tool::Any => "developer",
        Tool::AzureCli => "azurecli",
        Tool::AzureDeveloperCli => "azuredevelopercli",
    }
}
