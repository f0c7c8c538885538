//! The credential manager of the API Management service, which gives policies tokens for backends.

use schemars::JsonSchema;
use serde::Deserialize;

/// A credential provider: the issuer of tokens and their resource. The tokens come from the seed's tenant.
///
/// Members have the names of `Microsoft.ApiManagement/service/authorizationProviders`, which calls them
/// `identityProvider`, `grantTypes` and `resourceUri`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CredentialProvider {
    /// Identifier, `provider-id` of `get-authorization-context`.
    pub id: String,
    /// The issuer of the tokens.
    pub identity_provider: IdentityProvider,
    /// The grant with which the service requests tokens.
    pub grant: Grant,
    /// App ID URI, or client ID, of the tokens' resource.
    pub resource: String,
    /// The clients that request tokens, and the users of the tokens.
    #[serde(default)]
    pub connections: Vec<Connection>,
}

/// The supported identity providers.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum IdentityProvider {
    /// Entra ID through its version 1 endpoint.
    Aad,
}

/// The supported grants. Grants with consent are not supported, because there is no user who could consent.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum Grant {
    /// The client is an app registration, with its secret.
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
