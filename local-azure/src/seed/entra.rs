//! Identities, and what they may do: Azure RBAC and app roles.

use serde::Deserialize;
use uuid::Uuid;

/// A managed identity.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Identity {
    /// Resource name.
    pub name: String,
    /// Stands alone, or belongs to the function app.
    pub kind: IdentityKind,
    /// What tokens are asked with (`client_id`), and what `appid`/`azp` shows.
    pub client_id: Uuid,
    /// What role assignments take; `oid` and `sub` in tokens.
    pub principal_id: Uuid,
}

/// The two kinds of managed identity.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "kebab-case")]
pub enum IdentityKind {
    /// A resource of its own; named in each token request.
    UserAssigned,
    /// Part of the function app; used when a token request names no identity.
    SystemAssigned,
}

/// Azure RBAC: a role for an identity at a scope.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleAssignment {
    /// Name of the identity.
    pub identity: String,
    /// Display name of a built-in role.
    pub role: String,
    /// Where it holds.
    pub scope: Scope,
}

/// A scope for RBAC: a vault, one secret, a storage account or one container.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq)]
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
}

/// An API's application object together with its service principal.
#[derive(Clone, Debug, Deserialize)]
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
    /// Whether a caller without an assignment is refused a token.
    #[serde(default)]
    pub assignment_required: bool,
    /// The app roles it defines.
    #[serde(default)]
    pub app_roles: Vec<AppRole>,
}

/// Version of the tokens an API asks for.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(try_from = "u8")]
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
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRole {
    /// Role ID, used in assignments.
    pub id: Uuid,
    /// What appears in the `roles` claim.
    pub value: String,
}

/// An app role given to an identity.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AppRoleAssignment {
    /// Name of the identity.
    pub identity: String,
    /// Name of the app registration.
    pub app: String,
    /// The role's value.
    pub role: String,
}
