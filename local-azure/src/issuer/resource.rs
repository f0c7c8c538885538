//! The resources that tokens can be for: Azure's own services, and the APIs registered in the tenant.

use uuid::Uuid;

use super::{TokenError, directory::GRAPH_APP_ID};
use crate::{
    issuer::Entra,
    seed::{AppRegistration, TokenVersion},
};

/// The resource of a managed identity's token that authenticates another client; the exact text, without a slash:
/// <https://learn.microsoft.com/entra/workload-id/workload-identity-federation-config-app-trust-managed-identity>.
pub(super) const TOKEN_EXCHANGE: &str = "api://AzureADTokenExchange";
/// The audience in such a token.
pub(super) const TOKEN_EXCHANGE_APP_ID: Uuid = Uuid::from_u128(0xfb60f99c_7a34_4190_8149_302f77469936);

/// App ID URI of Microsoft Graph.
const GRAPH: &str = "https://graph.microsoft.com";

/// App ID URIs of Azure services, accepted with or without a trailing slash, as Entra does. All of these services have
/// version 1 tokens.
const FIRST_PARTY_URIS: &[&str] = &[
    "https://vault.azure.net",
    "https://storage.azure.com",
    "https://management.azure.com",
    "https://management.core.windows.net",
    "https://cognitiveservices.azure.com",
    // Azure AI Foundry, and the scope of Azure OpenAI's `/openai/v1`.
    "https://ai.azure.com",
    "https://monitor.azure.com",
    "https://database.windows.net",
    "https://servicebus.azure.net",
    // The credential manager of API Management.
    "https://azure-api.net/authorization-manager",
];

/// Client IDs of Azure services that are valid audiences as well: Key Vault and Storage.
const FIRST_PARTY_IDS: &[&str] = &["cfa8b339-82a2-471a-a3c9-0fc0be7a4093", "e406a681-f3d4-42a8-90b6-c2b029497af1"];

/// The owner of an audience.
#[derive(Clone, Copy)]
pub(super) enum Resource<'a> {
    /// An Azure service.
    AzureService,
    /// Microsoft Graph: an Azure service with app roles.
    MicrosoftGraph,
    /// The tenant itself, for workload identity federation.
    TokenExchange,
    /// An API of the tenant.
    Api(&'a AppRegistration),
}

impl<'a> Resource<'a> {
    /// Returns the resource with this name, in the exact spelling of a token request.
    pub(super) fn find(entra: &'a Entra, name: &str) -> Result<Self, TokenError> {
        if name.strip_suffix('/').unwrap_or(name) == GRAPH || name == GRAPH_APP_ID.to_string() {
            return Ok(Self::MicrosoftGraph);
        }
        if name == TOKEN_EXCHANGE {
            return Ok(Self::TokenExchange);
        }
        if is_azure_service(entra, name) {
            return Ok(Self::AzureService);
        }
        entra
            .seed
            .app_registration(name)
            .map(Self::Api)
            .ok_or_else(|| TokenError::UnknownResource { resource: name.to_owned(), tenant: entra.seed.tenant.id })
    }

    /// Returns the version of the resource's tokens.
    pub(super) fn version(&self) -> TokenVersion {
        match self {
            Self::AzureService | Self::MicrosoftGraph => TokenVersion::V1,
            Self::TokenExchange => TokenVersion::V2,
            Self::Api(app) => app.token_version,
        }
    }
}

fn is_azure_service(entra: &Entra, name: &str) -> bool {
    let uri = name.strip_suffix('/').unwrap_or(name);
    let account = uri
        .strip_prefix("https://")
        .and_then(|host| host.strip_suffix(".blob.core.windows.net"))
        .is_some_and(|account| entra.seed.storage_accounts.iter().any(|known| known.name == account));
    account || FIRST_PARTY_URIS.contains(&uri) || FIRST_PARTY_IDS.contains(&name)
}
