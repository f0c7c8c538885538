//! The world as data: what `seed.toml` says exists, and what its parts may do.
//!
//! Reading refuses members it does not know; [`Seed::check`] refuses names that point at nothing.

mod check;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use uuid::Uuid;

/// Everything local-azure plays, as read from a seed file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The one Entra tenant.
    pub tenant: Tenant,
    /// The Azure subscription that holds every resource.
    pub subscription: Subscription,
    /// Managed identities.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// Azure RBAC role assignments.
    #[serde(default)]
    pub role_assignments: Vec<RoleAssignment>,
    /// APIs that tokens can be asked for.
    #[serde(default)]
    pub app_registrations: Vec<AppRegistration>,
    /// Which identity holds which app role.
    #[serde(default)]
    pub app_role_assignments: Vec<AppRoleAssignment>,
    /// Key vaults.
    #[serde(default)]
    pub vaults: Vec<Vault>,
    /// Storage accounts.
    #[serde(default)]
    pub storage_accounts: Vec<StorageAccount>,
    /// The API Management service.
    pub apim: Apim,
    /// The function app whose handler runs here.
    pub function_app: FunctionApp,
    /// Faults to inject.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// The folder that relative paths in the seed start from.
    #[serde(skip)]
    folder: PathBuf,
}

/// An Entra tenant.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenant {
    /// Directory ID, the `tid` of every token.
    pub id: Uuid,
}

/// An Azure subscription and the one resource group in it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Subscription {
    /// Subscription ID.
    pub id: Uuid,
    /// Resource group name.
    pub resource_group: String,
    /// Region name, such as `westeurope`.
    pub location: String,
}

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

/// A key vault under RBAC.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// Vault name; the host is `{name}.vault.azure.net`.
    pub name: String,
    /// Its secrets at start.
    #[serde(default)]
    pub secrets: Vec<Secret>,
}

/// A secret: exactly one of `value`, `generated` and `subscription_key` says where its value comes from.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Secret name.
    pub name: String,
    /// The value itself.
    pub value: Option<String>,
    /// A random value, new at each start.
    #[serde(default)]
    pub generated: bool,
    /// The primary key of this APIM subscription.
    pub subscription_key: Option<String>,
    /// A disabled secret cannot be read.
    #[serde(default = "yes")]
    pub enabled: bool,
}

/// A storage account.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StorageAccount {
    /// Account name; the host is `{name}.blob.core.windows.net`.
    pub name: String,
    /// Containers that exist at start.
    #[serde(default)]
    pub containers: Vec<String>,
}

/// The API Management service.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Apim {
    /// Service name; the host is `{name}.azure-api.net`.
    pub name: String,
    /// Folder of policy documents, relative to the seed file; see [`Seed::path`].
    pub policies: PathBuf,
    /// Named values, by display name.
    #[serde(default)]
    pub named_values: BTreeMap<String, String>,
    /// APIs.
    #[serde(default)]
    pub apis: Vec<Api>,
    /// Products.
    #[serde(default)]
    pub products: Vec<Product>,
    /// Subscriptions; their keys are made at start.
    #[serde(default)]
    pub subscriptions: Vec<ApimSubscription>,
}

/// An API of the gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Identifier; its policy document is `apis/{id}.xml`.
    pub id: String,
    /// URL suffix, without slashes at its ends.
    pub path: String,
    /// Where requests go.
    pub backend: Backend,
    /// Whether a subscription key is needed.
    #[serde(default = "yes")]
    pub subscription_required: bool,
    /// Header that carries the key.
    #[serde(default = "default_key_header")]
    pub subscription_key_header: String,
    /// Query parameter that carries the key when the header is absent.
    #[serde(default = "default_key_query")]
    pub subscription_key_query: String,
    /// Operations.
    pub operations: Vec<Operation>,
}

/// What stands behind an API: exactly one of the two.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// A folder of JSON files that local-azure serves, relative to the seed file; see [`Seed::path`].
    pub sample: Option<PathBuf>,
    /// A loopback URL of another process.
    pub url: Option<url::Url>,
}

/// An operation of an API.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Identifier; its policy document, if any, is `operations/{api}.{id}.xml`.
    pub id: String,
    /// HTTP method.
    pub method: String,
    /// URL template below the API's path, such as `/{id}`.
    pub template: String,
}

/// A product of the gateway.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Product {
    /// Identifier; its policy document, if any, is `products/{id}.xml`.
    pub id: String,
    /// Identifiers of its APIs.
    pub apis: Vec<String>,
    /// An open product (`false`) needs no key.
    #[serde(default = "yes")]
    pub subscription_required: bool,
}

/// An API Management subscription.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApimSubscription {
    /// Name.
    pub name: String,
    /// What its keys open.
    pub scope: SubscriptionScope,
    /// Only an active subscription's keys work.
    #[serde(default)]
    pub state: SubscriptionState,
}

/// Scope of an APIM subscription: one product, one API, or (neither given) all APIs.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionScope {
    /// Product identifier.
    pub product: Option<String>,
    /// API identifier.
    pub api: Option<String>,
}

/// State of an APIM subscription.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum SubscriptionState {
    /// Keys work.
    #[default]
    Active,
    /// Blocked by an administrator.
    Suspended,
    /// Waiting for approval.
    Submitted,
    /// Refused by an administrator.
    Rejected,
    /// Ended by its owner.
    Cancelled,
    /// Past its end date.
    Expired,
}

/// The function app.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FunctionApp {
    /// App name.
    pub name: String,
    /// Names of the identities assigned to it.
    #[serde(default)]
    pub identities: Vec<String>,
    /// App settings: the environment of the Functions host and its handler.
    #[serde(default)]
    pub settings: BTreeMap<String, String>,
}

/// Something made wrong on purpose.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// App registration whose tokens are spoilt.
    pub tokens_for: String,
    /// How.
    pub kind: TokenFault,
}

/// How a token is spoilt.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum TokenFault {
    /// Its lifetime ended before it was handed out.
    Expired,
    /// Signed by a key that the tenant does not publish, under the `kid` of one that it does.
    Signature,
}

/// Why a seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("cannot read the seed file {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// The file is not TOML, or has members that mean nothing here.
    #[error("the seed file {path} is not understood: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where and what.
        source: Box<toml::de::Error>,
    },
    /// Names that point at nothing, and members that contradict each other.
    #[error("the seed file {path} contradicts itself:\n{}", problems.iter().map(|p| format!("  - {p}")).collect::<Vec<_>>().join("\n"))]
    Contradictory {
        /// The file.
        path: PathBuf,
        /// Every problem, one line each.
        problems: Vec<String>,
    },
}

impl Seed {
    /// Reads and checks a seed file.
    ///
    /// # Errors
    /// When the file cannot be read, has unknown or malformed members, or names things it does not define.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| SeedError::Unreadable { path: path.to_owned(), source })?;
        let mut seed: Self = toml::from_str(&text)
            .map_err(|source| SeedError::Malformed { path: path.to_owned(), source: Box::new(source) })?;
        seed.folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let problems = seed.check();
        if problems.is_empty() { Ok(seed) } else { Err(SeedError::Contradictory { path: path.to_owned(), problems }) }
    }

    /// A path of the seed, made absolute against the seed file's folder.
    #[must_use]
    pub fn path(&self, relative: &Path) -> PathBuf {
        self.folder.join(relative)
    }

    /// The identity with this name.
    #[must_use]
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.name == name)
    }

    /// The identity with this principal (object) ID.
    #[must_use]
    pub fn principal(&self, principal_id: Uuid) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.principal_id == principal_id)
    }

    /// Values of the app roles that an identity holds on an API.
    #[must_use]
    pub fn app_roles(&self, identity: &Identity, app: &AppRegistration) -> Vec<&str> {
        self.app_role_assignments
            .iter()
            .filter(|assignment| assignment.identity == identity.name && assignment.app == app.name)
            .map(|assignment| assignment.role.as_str())
            .collect()
    }
}

const fn yes() -> bool {
    true
}

fn default_key_header() -> String {
    "Ocp-Apim-Subscription-Key".to_owned()
}

fn default_key_query() -> String {
    "subscription-key".to_owned()
}
