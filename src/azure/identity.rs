//! The identities that this app calls services as: no key, no password, only tokens.

use std::{collections::HashMap, sync::Arc};

use azure_core::{credentials::TokenCredential, http::ClientOptions};
use azure_identity::{
    AzureCliCredential, ClientAssertionCredentialOptions, DeveloperToolsCredential, ManagedIdentityCredential,
    ManagedIdentityCredentialOptions, UserAssignedId, WorkloadIdentityCredential, WorkloadIdentityCredentialOptions,
};

use super::failure::failure;
use crate::{
    config::Credential,
    error::{Cause, Error, Service},
};

/// One SDK credential, and so one token cache, for each distinct identity.
pub(super) struct Identities {
    has_endpoint: bool,
    options: ClientOptions,
    made: HashMap<Credential, Arc<dyn TokenCredential>>,
}

impl Identities {
    pub(super) fn new(has_endpoint: bool, options: ClientOptions) -> Self {
        Self { has_endpoint, options, made: HashMap::new() }
    }

    /// The credential, made on first demand. Asks for no token.
    pub(super) fn credential(&mut self, wanted: &Credential) -> Result<Arc<dyn TokenCredential>, Error> {
        if let Some(made) = self.made.get(wanted) {
            return Ok(made.clone());
        }
        let made = self.make(wanted)?;
        self.made.insert(wanted.clone(), made.clone());
        Ok(made)
    }

    fn make(&self, wanted: &Credential) -> Result<Arc<dyn TokenCredential>, Error> {
        let refused = |error| failure(Service::Identity, error);
        let made: Arc<dyn TokenCredential> = match wanted {
            // Without the endpoint the SDK would look for a virtual machine's, which takes it minutes to miss.
            Credential::ManagedIdentity(_) if !self.has_endpoint => {
                return Err(Error::refused(Service::Identity, Cause::NoIdentityEndpoint));
            }
            Credential::ManagedIdentity(client_id) => {
                let options = ManagedIdentityCredentialOptions {
                    user_assigned_id: client_id.map(|id| UserAssignedId::ClientId(id.to_string())),
                    client_options: self.options.clone(),
                };
                ManagedIdentityCredential::new(Some(options)).map_err(refused)?
            }
            Credential::WorkloadIdentity(client_id) => {
                let options = WorkloadIdentityCredentialOptions {
                    client_id: client_id.map(|id| id.to_string()),
                    credential_options: ClientAssertionCredentialOptions { client_options: self.options.clone() },
                    ..Default::default()
                };
                WorkloadIdentityCredential::new(Some(options)).map_err(refused)?
            }
            Credential::Developer => DeveloperToolsCredential::new(None).map_err(refused)?,
            Credential::AzureCli => AzureCliCredential::new(None).map_err(refused)?,
        };
        Ok(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_identity_has_one_credential() {
        let mut identities = Identities::new(true, ClientOptions::default());
        let first = identities.credential(&Credential::Developer).unwrap();
        let second = identities.credential(&Credential::Developer).unwrap();
        let other = identities.credential(&Credential::AzureCli).unwrap();
        assert!(Arc::ptr_eq(&first, &second) && !Arc::ptr_eq(&first, &other));
    }

    #[test]
    fn without_an_identity_endpoint_a_managed_identity_is_refused_at_once() {
        let mut identities = Identities::new(false, ClientOptions::default());
        let error = identities.credential(&Credential::ManagedIdentity(None)).unwrap_err();
        assert!(matches!(error, Error::Refused { service: Service::Identity, .. }), "{error:?}");
    }
}
