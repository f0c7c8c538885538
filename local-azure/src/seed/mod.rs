//! The world as data: what `seed.toml` says exists, and what its parts may do.
//!
//! Reading refuses members it does not know; [`Seed::check`] refuses names that point at nothing.

mod apim;
mod certificates;
mod check;
mod check_apim;
mod check_clients;
mod check_credentials;
mod clients;
mod credentials;
mod entra;
mod resource_ids;
mod vaults;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde::Deserialize;
use uuid::Uuid;

pub(crate) use self::vaults::is_secret_name;
pub use self::{
    apim::{
        Api, Apim, ApimSchema, ApimSubscription, Backend, CircuitBreaker, NamedBackend, Operation, OperationParameter,
        OperationResponse, ParameterPlace, PoolMember, Product, RequestContent, ResponseHeader, SubscriptionScope,
        SubscriptionState, VersionScheme, VersionSet,
    },
    certificates::ApimCertificate,
    clients::{ClientSecret, FederatedCredential, WorkloadIdentity},
    credentials::{Connection, CredentialProvider, Grant, IdentityProvider},
    entra::{
        AppRegistration, AppRole, AppRoleAssignment, Identity, IdentityKind, OptionalClaim, RoleAssignment, Scope,
        TokenVersion,
    },
    vaults::{Secret, Vault, VaultFault},
};

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
    /// An issuer of workload tokens, for workload identity federation.
    pub workload_identity: Option<WorkloadIdentity>,
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
    /// Whether the identity endpoint hands out the same token for about 24 hours, as Azure does: a new app role is then
    /// invisible until the cached token ends. Without it every request gets a new token, and a change shows at once.
    #[serde(default)]
    pub token_cache: bool,
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
}

const fn yes() -> bool {
    true
}

#[cfg(test)]
mod tests;
