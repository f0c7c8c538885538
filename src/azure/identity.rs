//! The identities that this app calls services as: no key, no password, only tokens.

use std::{collections::HashMap, sync::Arc, time::Duration};

use azure_core::{credentials::TokenCredential, http::ClientOptions};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential, AzureDeveloperCliCredentialOptions,
    ClientAssertionCredentialOptions, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::{
    failure::failure,
    token_cache::{RecordAnswers, TokenCache, Uncached, WAIT},
};
use crate::{
    config::{Credential, Developer, Tool, UserAssigned},
    error::{Cause, Error, Service},
};

/// How long `az` or `azd` may take to give a token.
const TOOL_WAIT: Duration = Duration::from_secs(30);

/// One token cache for each distinct identity.
pub(super) struct Identities {
    has_endpoint: bool,
    options: ClientOptions,
    made: HashMap<Credential, Arc<TokenCache>>,
}

impl Identities {
    /// `options` are those of every client; what the endpoint says is recorded for these credentials alone.
    pub(super) fn new(has_endpoint: bool, mut options: ClientOptions) -> Self {
        options.per_try_policies.push(Arc::new(RecordAnswers));
        Self { has_endpoint, options, made: HashMap::new() }
    }

    /// The identity's tokens, kept from first demand on. Asks for none.
    pub(super) fn tokens(&mut self, wanted: &Credential) -> Result<Arc<TokenCache>, Error> {
        if let Some(made) = self.made.get(wanted) {
            return Ok(made.clone());
        }
        // Without the endpoint the SDK would look for a virtual machine's, which takes it minutes to miss.
        if matches!(wanted, Credential::ManagedIdentity(_)) && !self.has_endpoint {
            return Err(Error::refused(Service::Identity, Cause::NoIdentityEndpoint));
        }
        let cache = match wanted {
            // These keep no token themselves, and a tool is slow to start.
            Credential::Developer(_) => {
                let tool = sdk_credential(wanted, &self.options).map_err(misconfigured)?;
                TokenCache::new(tool, TOOL_WAIT)
            }
            Credential::ManagedIdentity(_) | Credential::WorkloadIdentity(_) => {
                // What is wrong with its settings is known now, and not at the first token.
                sdk_credential(wanted, &self.options).map_err(misconfigured)?;
                let (options, credential) = (self.options.clone(), wanted.clone());
                TokenCache::new(Arc::new(Uncached(move || sdk_credential(&credential, &options))), WAIT)
            }
        };
        self.made.insert(wanted.clone(), cache.clone());
        Ok(cache)
    }
}

fn misconfigured(error: azure_core::Error) -> Error {
    failure(Service::Identity, error)
}

fn sdk_credential(wanted: &Credential, options: &ClientOptions) -> azure_core::Result<Arc<dyn TokenCredential>> {
    match wanted {
        Credential::ManagedIdentity(identity) => {
            ManagedIdentityCredential::new(Some(ManagedIdentityCredentialOptions {
                user_assigned_id: identity.map(|identity| match identity {
                    UserAssigned::ClientId(id) => UserAssignedId::ClientId(id.to_string()),
                    UserAssigned::ObjectId(id) => UserAssignedId::ObjectId(id.to_string()),
                }),
                client_options: options.clone(),
            }))
            .map(|credential| credential as _)
        }
        Credential::WorkloadIdentity(client_id) => {
            WorkloadIdentityCredential::new(Some(WorkloadIdentityCredentialOptions {
                client_id: client_id.map(|id| id.to_string()),
                credential_options: ClientAssertionCredentialOptions { client_options: options.clone() },
                ..Default::default()
            }))
            .map(|credential| credential as _)
        }
        Credential::Developer(developer) => tool_credential(developer),
    }
}

/// Without a tool of choice, `az` is asked and then `azd`; whichever gives a token first is asked from then on.
fn tool_credential(Developer { tool, tenant }: &Developer) -> azure_core::Result<Arc<dyn TokenCredential>> {
    let tenant_id = tenant.as_ref().map(|tenant| tenant.as_str().to_owned());
    match tool {
        Tool::Any => DeveloperToolsCredential::new(None).map(|credential| credential as _),
        Tool::AzureCli => {
            let options = AzureCliCredentialOptions { tenant_id, ..Default::default() };
            AzureCliCredential::new(Some(options)).map(|credential| credential as _)
        }
        Tool::AzureDeveloperCli => {
            let options = AzureDeveloperCliCredentialOptions { tenant_id, ..Default::default() };
            AzureDeveloperCliCredential::new(Some(options)).map(|credential| credential as _)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_identity_has_one_cache() {
        let mut identities = Identities::new(true, ClientOptions::default());
        let any = Credential::Developer(Developer::default());
        let first = identities.tokens(&any).unwrap();
        let second = identities.tokens(&any).unwrap();
        let tool = Developer { tool: Tool::AzureCli, tenant: None };
        let other = identities.tokens(&Credential::Developer(tool)).unwrap();
        assert!(Arc::ptr_eq(&first, &second) && !Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn without_an_identity_endpoint_a_managed_identity_is_refused_at_once() {
        let mut identities = Identities::new(false, ClientOptions::default());
        let error = identities.tokens(&Credential::ManagedIdentity(None)).unwrap_err();
        assert!(matches!(error, Error::Refused { service: Service::Identity, .. }), "{error:?}");
    }
}
