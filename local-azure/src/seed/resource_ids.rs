//! ARM resource IDs of the seed's resources.

use super::{AppRegistration, Identity, IdentityKind, Scope, Seed};

impl Seed {
    /// Returns the API that is registered under an App ID URI or a client ID.
    #[must_use]
    pub fn app_registration(&self, audience: &str) -> Option<&AppRegistration> {
        self.app_registrations
            .iter()
            .find(|app| app.app_id_uri == audience || app.client_id.to_string().eq_ignore_ascii_case(audience))
    }

    /// ARM resource ID of an identity, as tokens carry it in `xms_mirid`.
    #[must_use]
    pub fn identity_resource_id(&self, identity: &Identity) -> String {
        match identity.kind {
            IdentityKind::UserAssigned => format!(
                "{}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/{}",
                self.resource_group_id(),
                identity.name
            ),
            IdentityKind::SystemAssigned if self.apim.identities.contains(&identity.name) => {
                self.api_management_resource_id()
            }
            IdentityKind::SystemAssigned => self.function_app_resource_id(),
        }
    }

    /// ARM resource ID of the function app.
    #[must_use]
    pub fn function_app_resource_id(&self) -> String {
        format!("{}/providers/Microsoft.Web/sites/{}", self.resource_group_id(), self.function_app.name)
    }

    /// ARM resource ID of the API Management service.
    #[must_use]
    pub fn api_management_resource_id(&self) -> String {
        format!("{}/providers/Microsoft.ApiManagement/service/{}", self.resource_group_id(), self.apim.name)
    }

    /// ARM resource ID of the resource of an RBAC scope.
    #[must_use]
    pub fn scope_resource_id(&self, scope: &Scope) -> String {
        let group = self.resource_group_id();
        if let Some(account) = &scope.model_account {
            return format!("{group}/providers/Microsoft.CognitiveServices/accounts/{account}");
        }
        if let Some(rule) = &scope.data_collection_rule {
            return format!("{group}/providers/Microsoft.Insights/dataCollectionRules/{rule}");
        }
        match (&scope.vault, &scope.storage) {
            (Some(vault), _) => {
                let vault = format!("{group}/providers/Microsoft.KeyVault/vaults/{vault}");
                scope.secret.as_ref().map_or(vault.clone(), |secret| format!("{vault}/secrets/{secret}"))
            }
            (None, Some(account)) => {
                let account = format!("{group}/providers/Microsoft.Storage/storageAccounts/{account}");
                scope
                    .container
                    .as_ref()
                    .map_or(account.clone(), |name| format!("{account}/blobServices/default/containers/{name}"))
            }
            (None, None) => group,
        }
    }

    fn resource_group_id(&self) -> String {
        let subscription = &self.subscription;
        // Identity resource IDs in real tokens spell it "resourcegroups".
        format!("/subscriptions/{}/resourcegroups/{}", subscription.id, subscription.resource_group)
    }
}
