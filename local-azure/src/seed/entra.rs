//! Identities and their rights: Azure RBAC and app roles.

use schemars::JsonSchema;
use serde::Deserialize;
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::clients::{ClientSecret, FederatedCredential};

/// A managed identity.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Resource name.
    pub name: String,
    /// A resource of its own, or a part of one resource: the function app, or the API Management service.
    pub kind: IdentityKind,
    /// The client ID: `client_id` of token requests, and `appid` or `azp` in tokens.
    pub client_id: Uuid,
    /// The principal ID: role assignments hold it, and `oid` and `sub` in tokens.
    pub principal_id: Uuid,
    /// Tokens of other issuers that authenticate this identity (user-assigned only): workload identity federation.
    #[serde(default)]
    pub federated_credentials: Vec<FederatedCredential>,
}

/// The two kinds of managed identity.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityKind {
    /// A separate resource. Each token request names it.
    UserAssigned,
    /// A part of one resource. A token request of that resource without a name gets it.
    SystemAssigned,
}

/// Azure RBAC: a role for an identity at a scope.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignment {
    /// Name of the identity.
    pub identity: String,
    /// Display name of a built-in role.
    pub role: String,
    /// The scope of the assignment.
    pub scope: Scope,
}

/// A scope for RBAC: a vault, one secret, a storage account, one container, a model account, or a data collection rule.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// Vault name.
    pub vault: Option<String>,
    /// Secret in that vault.
    pub secret: Option<String>,
    /// Storage account name.
    pub storage: Option<String>,
    /// Container in that account.
    pub container: Option<String>,
    /// Name of an account of Azure OpenAI or Foundry.
    pub model_account: Option<String>,
    /// Name of a data collection rule.
    pub data_collection_rule: Option<String>,
}

/// An API's application object together with its service principal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppRegistration {
    /// Display name.
    pub name: String,
    /// App ID URI, `api://…`.
    pub app_id_uri: String,
    /// Application (client) ID.
    pub client_id: Uuid,
    /// `requestedAccessTokenVersion`: 1 or 2. The API decides the version of its tokens, not the caller.
    pub token_version: TokenVersion,
    /// Whether the tenant refuses tokens to callers without an assignment.
    #[serde(default)]
    pub assignment_required: bool,
    /// The app roles it defines.
    #[serde(default)]
    pub app_roles: Vec<AppRole>,
    /// Optional claims that its access tokens carry.
    #[serde(default)]
    pub optional_claims: Vec<OptionalClaim>,
    /// Object ID of its service principal; derived from the client ID when absent.
    pub principal_id: Option<Uuid>,
    /// Client secrets that authenticate it at the token endpoint.
    #[serde(default)]
    pub secrets: Vec<ClientSecret>,
    /// Certificates (PEM text, public part alone) whose keys sign its assertions.
    #[serde(default)]
    pub certificates: Vec<String>,
    /// Tokens of other issuers that authenticate it: workload identity federation.
    #[serde(default)]
    pub federated_credentials: Vec<FederatedCredential>,
}

impl AppRegistration {
    /// Returns the object ID of the service principal. App-role assignments hold it, and `oid` in the app's own tokens.
    #[must_use]
    pub fn principal_id(&self) -> Uuid {
        self.principal_id.unwrap_or_else(|| derived_id("service principal", self.client_id))
    }

    /// Returns the object ID of the application. It differs from that of its service principal.
    #[must_use]
    pub fn object_id(&self) -> Uuid {
        derived_id("application", self.client_id)
    }
}

/// Derives an ID from the client ID: the same at each start, and another one for each purpose.
fn derived_id(purpose: &str, client_id: Uuid) -> Uuid {
    let digest = Sha256::new().chain_update(purpose).chain_update(client_id).finalize();
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&digest[..16]);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// A claim that access tokens carry only when the API asks for it.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum OptionalClaim {
    /// `idtyp`: its value is `app` in a token without a user.
    Idtyp,
}

/// Version of the tokens an API asks for.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(try_from = "u8")]
#[schemars(extend("enum" = [1, 2]))]
pub enum TokenVersion {
    /// Issuer `https://sts.windows.net/{tid}/`, audience as requested.
    V1,
    /// Issuer `https://login.microsoftonline.com/{tid}/v2.0`, audience the client ID.
    V2,
}

impl TryFrom<u8> for TokenVersion {
    type Error = String;

    fn try_from(version: u8) -> Result<Self, String> {
        match version {
            1 => Ok(Self::V1),
            2 => Ok(Self::V2),
            other => Err(format!("token_version is 1 or 2, not {other}")),
        }
    }
}

/// An app role that an API defines.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppRole {
    /// Role ID, used in assignments.
    pub id: Uuid,
    /// The role's text in the `roles` claim.
    pub value: String,
}

/// An app role that an identity has at start.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AppRoleAssignment {
    /// Name of the identity, or of the app registration that is the client.
    pub identity: String,
    /// Name of the app registration that defines the role, or `Microsoft Graph`.
    pub app: String,
    /// The role's value.
    pub role: String,
}
