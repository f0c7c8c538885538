//! One token cache for each distinct identity.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, TokenCredential, TokenRequestOptions},
    error::ErrorKind,
    http::ClientOptions,
};
use azure_identity::{
    AzureCliCredential, AzureCliCredentialOptions, AzureDeveloperCliCredential, AzureDeveloperCliCredentialOptions,
    ClientAssertionCredentialOptions, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::{
    counted::Counted,
    credential::{Credential, Developer, Tool, UserAssigned},
    recorded::RecordAnswers,
    tokens::TokenCache,
    uncached::Uncached,
};
use crate::{
    error::{Cause, Service},
    time_limits::{TOOL, TimeLimits},
    transport::Http,
};

/// The identities of this process, each with its tokens.
pub(crate) struct Identities {
    has_endpoint: bool,
    options: ClientOptions,
    http: Http,
    made: Mutex<HashMap<Credential, Arc<TokenCache>>>,
}

impl Identities {
    /// Makes the identities. `has_endpoint` says whether the platform gives this process managed identities.
    pub(crate) fn new(has_endpoint: bool, http: &Http) -> Self {
        let mut options = http.options(Service::Identity);
        options.per_try_policies.push(Arc::new(RecordAnswers));
        Self { has_endpoint, options, http: http.clone(), made: Mutex::default() }
    }

    /// Returns the identity's tokens, which are kept from the first call on. Fetches no token.
    pub(crate) fn tokens(&self, wanted: &Credential) -> Arc<TokenCache> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        made.entry(wanted.clone()).or_insert_with(|| self.make(wanted)).clone()
    }

    fn make(&self, wanted: &Credential) -> Arc<TokenCache> {
        let wait = TimeLimits::new(Service::Identity).caller;
        match wanted {
            // Without the endpoint, the SDK would search a virtual machine's endpoint and fail only after minutes.
            Credential::ManagedIdentity(_) if !self.has_endpoint => TokenCache::unusable(Arc::new(NoEndpoint), wait),
            // These credentials keep no token themselves, and a tool is slow to start.
            Credential::Developer(developer) => match tool_credential(developer) {
                Ok(tool) => TokenCache::new(self.counted(tool), TOOL),
                Err(error) => TokenCache::new(Arc::new(Misconfigured(error.to_string())), TOOL),
            },
            Credential::ManagedIdentity(_) | Credential::WorkloadIdentity(_) => {
                let (options, credential) = (self.options.clone(), wanted.clone());
                let source = Uncached(move || sdk_credential(&credential, &options));
                TokenCache::new(self.counted(Arc::new(source)), wait)
            }
        }
    }
}

impl Identities {
    fn counted(&self, source: Arc<dyn TokenCredential>) -> Arc<dyn TokenCredential> {
        Arc::new(Counted { source, http: self.http.clone() })
    }
}

/// A process to which the platform gives no managed identity.
#[derive(Debug)]
struct NoEndpoint;

#[async_trait]
impl TokenCredential for NoEndpoint {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        Err(azure_core::Error::new(ErrorKind::Credential, Cause::NoIdentityEndpoint))
    }
}

/// A credential that cannot be made.
#[derive(Debug)]
struct Misconfigured(String);

#[async_trait]
impl TokenCredential for Misconfigured {
    async fn get_token(&self, _: &[&str], _: Option<TokenRequestOptions<'_>>) -> azure_core::Result<AccessToken> {
        Err(azure_core::Error::with_message(ErrorKind::Credential, self.0.clone()))
    }
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

/// Returns the credential of a tool. If none is chosen, `az` is asked first and then `azd`; the first that gives a
/// token is asked from then on.
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

impl fmt::Debug for Identities {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identities").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{error::Error, failure::failure};

    #[test]
    fn one_identity_has_one_cache() {
        let identities = Identities::new(true, &Http::default());
        let any = Credential::Developer(Developer::default());
        let first = identities.tokens(&any);
        let second = identities.tokens(&any);
        let tool = Developer { tool: Tool::AzureCli, tenant: None };
        let other = identities.tokens(&Credential::Developer(tool));
        assert!(Arc::ptr_eq(&first, &second) && !Arc::ptr_eq(&first, &other));
    }

    #[tokio::test]
    async fn without_an_identity_endpoint_a_managed_identity_is_refused_at_once() {
        let identities = Identities::new(false, &Http::default());
        let tokens = identities.tokens(&Credential::ManagedIdentity(None));
        let error = failure(Service::KeyVault, tokens.get_token(&["api://orders"], None).await.unwrap_err());
        let Error::Refused { service: Service::Identity, source, .. } = error else { panic!("{error:?}") };
        let mut error: &dyn std::error::Error = &*source;
        let mut text = error.to_string();
        while let Some(next) = error.source() {
            (text, error) = (format!("{text}: {next}"), next);
        }
        assert!(text.contains("IDENTITY_ENDPOINT is not set"), "{text}");
    }
}
