//! The credentials of clients at the token endpoint. The default seed has none, because managed identities need none.

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

/// A client secret: exactly one of `value` and `generated`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ClientSecret {
    /// Its description.
    pub name: String,
    /// The secret's value; for a seed of your own.
    pub value: Option<String>,
    /// Whether the value is random, and new at each start.
    #[serde(default)]
    pub generated: bool,
    /// The end of its validity; absent if it never ends.
    pub expires: Option<Timestamp>,
}

/// A federated identity credential: a token of this issuer for this subject and audience authenticates the client.
///
/// Each member is compared exactly
/// (<https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust>).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FederatedCredential {
    /// `iss` of the assertion. For a managed identity `https://login.microsoftonline.com/{tenant}/v2.0`.
    pub issuer: String,
    /// `sub` of the assertion. For a managed identity its principal ID.
    pub subject: String,
    /// `aud` of the assertion.
    #[serde(default = "token_exchange")]
    pub audience: String,
}

/// An issuer of workload tokens, such as a Kubernetes cluster, and the one token that it issues at start.
///
/// The token's file is `AZURE_FEDERATED_TOKEN_FILE` in the environment.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WorkloadIdentity {
    /// `iss` of the token.
    pub issuer: String,
    /// `sub` of the token, such as `system:serviceaccount:NAMESPACE:NAME`.
    pub subject: String,
    /// `aud` of the token.
    #[serde(default = "token_exchange")]
    pub audience: String,
    /// Name of the identity or app registration whose client ID is `AZURE_CLIENT_ID` in the environment.
    pub client: String,
}

fn token_exchange() -> String {
    "api://AzureADTokenExchange".to_owned()
}
