//! The credential manager of the API Management service, which gives policies tokens for backends.

use schemars::JsonSchema;
use serde::Deserialize;

/// A credential provider: where tokens come from, and for what. They come from the seed's tenant.
///
/// Members are named after `Microsoft.ApiManagement/service/authorizationProviders`, which has them as
/// `identityProvider`, `grantTypes` and `resourceUri`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialProvider {
    /// Identifier, `provider-id` of `get-authorization-context`.
    pub id: String,
    /// Who issues the tokens.
    pub identity_provider: IdentityProvider,
    /// How they are asked for.
    pub grant: Grant,
    /// App ID URI, or client ID, of what the tokens are for.
    pub resource: String,
    /// Who asks, and for whom.
    #[serde(default)]
    pub connections: Vec<Connection>,
}

/// The identity providers that are played here.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum IdentityProvider {
    /// Entra ID through its version 1 endpoint.
    Aad,
}

/// The grants that are played here. Those that need consent are left out: there is no user to give it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// As an app registration, with its secret.
    ClientCredentials,
}

/// A connection to a credential provider.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// Identifier, `authorization-id` of `get-authorization-context`.
    pub id: String,
    /// Name of the app registration that the tokens are issued to.
    pub client: String,
    /// Name of one of its client secrets.
    pub secret: String,
    /// Access policies: names of the identities and app registrations that may use the connection. Azure's portal puts
    /// the service's own system-assigned identity there.
    #[serde(default)]
    pub access: Vec<String>,
}
