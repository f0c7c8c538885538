//! The seed as data: the resources that `seed.toml` describes, and their rights.
//!
//! Reading refuses unknown members. [`Seed::check`] refuses names that are not defined.

mod apim;
mod certificates;
mod check;
mod check_apim;
mod check_clients;
mod check_credentials;
mod clients;
mod credentials;
mod entra;
mod fault;
mod line;
mod link;
mod models;
mod monitor;
mod resource_ids;
mod vaults;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use schemars::JsonSchema;
use serde::Deserialize;
use uuid::Uuid;

pub(crate) use self::vaults::is_secret_name;
pub use self::{
    apim::{
        Api, Apim, ApimSchema, ApimSubscription, Backend, BackendCredentials, BackendIdentity, CircuitBreaker,
        NamedBackend, Operation, OperationParameter, OperationResponse, ParameterPlace, PoolMember, Product,
        RequestContent, ResponseHeader, SubscriptionScope, SubscriptionState, VersionScheme, VersionSet,
    },
    certificates::ApimCertificate,
    clients::{ClientSecret, FederatedCredential, WorkloadIdentity},
    credentials::{Connection, CredentialProvider, Grant, IdentityProvider},
    entra::{
        AppRegistration, AppRole, AppRoleAssignment, Identity, IdentityKind, OptionalClaim, RoleAssignment, Scope,
        TokenVersion,
    },
    fault::{Fault, FaultKind, FaultRefused, FaultService},
    link::Link,
    models::{
        ContentCategory, FilteredText, ModelAccount, ModelAccountKind, ModelDeployment, ModelFault, ModelFaultKind,
        Severity,
    },
    monitor::DataCollectionRule,
    vaults::{Secret, Vault, VaultFault},
};

/// The world that local-azure provides, as read from a seed file. Every part is optional; the default is an empty
/// world.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Seed {
    /// The one Entra tenant.
    #[serde(default)]
    pub tenant: Tenant,
    /// The Azure subscription that holds every resource.
    #[serde(default)]
    pub subscription: Subscription,
    /// Managed identities.
    #[serde(default)]
    pub identities: Vec<Identity>,
    /// Azure RBAC role assignments.
    #[serde(default)]
    pub role_assignments: Vec<RoleAssignment>,
    /// APIs for which clients can get tokens.
    #[serde(default)]
    pub app_registrations: Vec<AppRegistration>,
    /// The app roles of identities.
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
    /// Accounts of Azure OpenAI and Foundry.
    #[serde(default)]
    pub model_accounts: Vec<ModelAccount>,
    /// Data collection rules of Azure Monitor.
    #[serde(default)]
    pub data_collection_rules: Vec<DataCollectionRule>,
    /// The API Management service. Without a name there is no such service.
    #[serde(default)]
    pub apim: Apim,
    /// The function app whose handler runs here.
    #[serde(default)]
    pub function_app: FunctionApp,
    /// Faults to inject.
    #[serde(default)]
    pub faults: Vec<Fault>,
    /// The folder that relative paths in the seed start from.
    #[serde(skip)]
    folder: PathBuf,
}

/// An Entra tenant.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Tenant {
    /// Directory ID, the `tid` of every token.
    pub id: Uuid,
    /// Whether the identity endpoint returns the same token for about 24 hours, as Azure does: a new app role is then
    /// invisible until the cached token ends. By default every request gets a new token, and a change shows at once.
    pub token_cache: bool,
}

impl Default for Tenant {
    fn default() -> Self {
        Self { id: Uuid::from_u128(0x10ca_1a20_0000_4000_8000_0000_0000_0001), token_cache: false }
    }
}

/// An Azure subscription and the one resource group in it.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Subscription {
    /// Subscription ID.
    pub id: Uuid,
    /// Resource group name.
    pub resource_group: String,
    /// Region name, such as `westeurope`.
    pub location: String,
}

impl Default for Subscription {
    fn default() -> Self {
        Self {
            id: Uuid::from_u128(0x10ca_1a20_0000_4000_8000_0000_0000_0002),
            resource_group: "rg-local".to_owned(),
            location: "westeurope".to_owned(),
        }
    }
}

/// A storage account.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StorageAccount {
    /// Account name; the host is `{name}.blob.core.windows.net`.
    pub name: String,
    /// Containers that exist at start.
    #[serde(default)]
    pub containers: Vec<String>,
    /// Whether a write keeps the old content as a version.
    #[serde(default)]
    pub versioning: bool,
    /// The number of days in which deleted blobs can be recovered (soft delete). If absent, deleted blobs are gone at
    /// once.
    pub delete_retention_days: Option<u16>,
}

/// The function app.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FunctionApp {
    /// App name.
    pub name: String,
    /// Names of the identities assigned to it.
    pub identities: Vec<String>,
    /// App settings: the environment of the Functions host and its handler.
    pub settings: BTreeMap<String, String>,
    /// The function of the app's main job, which `demo` runs.
    pub demo: Option<String>,
    /// The links of that job that `demo --break` may spoil.
    pub links: Vec<Link>,
    /// Other jobs that `demo --job` runs.
    pub jobs: Vec<Job>,
    /// The HTTP function that reports on each service that it calls. `doctor` calls it.
    pub readiness: Option<String>,
}

/// A job of the function app, for `demo --job NAME`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Job {
    /// The job's name for `--job`.
    pub name: String,
    /// The function that it runs: a timer, or an HTTP function.
    pub function: String,
    /// The JSON body for an HTTP function.
    pub body: Option<serde_json::Value>,
    /// The links of its chain that `--break` may spoil.
    #[serde(default)]
    pub links: Vec<Link>,
}

impl Default for FunctionApp {
    fn default() -> Self {
        Self {
            name: "func-local".to_owned(),
            identities: Vec::new(),
            settings: BTreeMap::new(),
            demo: None,
            links: Vec::new(),
            jobs: Vec::new(),
            readiness: None,
        }
    }
}

/// Why a seed cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SeedError {
    /// The file cannot be read.
    #[error("cannot read the seed file {path}: {source}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The operating system's error.
        source: std::io::Error,
    },
    /// The file is not TOML, or has members that are unknown here.
    #[error("the seed file {path} is not understood: {source}")]
    Malformed {
        /// The file.
        path: PathBuf,
        /// The place and the problem.
        source: Box<toml::de::Error>,
    },
    /// Names are not defined, or members contradict each other.
    #[error("the seed file {path} contradicts itself:\n{}", problems.iter().map(|p| format!("  {p}")).collect::<Vec<_>>().join("\n"))]
    Contradictory {
        /// The file.
        path: PathBuf,
        /// Every problem, one line each; as `path:line: problem` if a line of the file causes it.
        problems: Vec<String>,
    },
}

impl Seed {
    /// Returns the JSON schema of a seed, for editors.
    #[must_use]
    pub fn schema() -> serde_json::Value {
        let mut schema = schemars::schema_for!(Self).to_value();
        schema["title"] = "A seed of local-azure".into();
        schema
    }

    /// Reads and checks a seed file.
    ///
    /// # Errors
    /// When the file cannot be read, has unknown or malformed members, or names things it does not define.
    pub fn read(path: &Path) -> Result<Self, SeedError> {
        let text =
            std::fs::read_to_string(path).map_err(|source| SeedError::Unreadable { path: path.to_owned(), source })?;
        Self::parse(&text, path)
    }

    /// Reads and checks the text of the seed file at `path`. Relative paths start from that file's folder.
    ///
    /// # Errors
    /// As for [`Seed::read`].
    pub fn parse(text: &str, path: &Path) -> Result<Self, SeedError> {
        let mut seed: Self = toml::from_str(text)
            .map_err(|source| SeedError::Malformed { path: path.to_owned(), source: Box::new(source) })?;
        seed.folder = path.parent().unwrap_or(Path::new(".")).to_owned();
        let place = |problem: String| match line::of(text, &problem) {
            Some(line) => format!("{}:{line}: {problem}", path.display()),
            None => problem,
        };
        let problems: Vec<_> = seed.check().into_iter().map(place).collect();
        if problems.is_empty() { Ok(seed) } else { Err(SeedError::Contradictory { path: path.to_owned(), problems }) }
    }

    /// Reports whether there is an API Management service.
    #[must_use]
    pub fn has_api_management(&self) -> bool {
        !self.apim.name.is_empty()
    }

    /// Returns the name of the principal with this object ID: an identity, or the service principal of an app
    /// registration.
    #[must_use]
    pub fn principal_name(&self, principal_id: Uuid) -> Option<&str> {
        let app = || self.app_registrations.iter().find(|app| app.principal_id() == principal_id);
        self.principal(principal_id).map(|one| one.name.as_str()).or_else(|| app().map(|app| app.name.as_str()))
    }

    /// Makes a path of the seed absolute, starting from the seed file's folder.
    #[must_use]
    pub fn path(&self, relative: &Path) -> PathBuf {
        self.folder.join(relative)
    }

    /// Returns the identity with this name.
    #[must_use]
    pub fn identity(&self, name: &str) -> Option<&Identity> {
        self.identities.iter().find(|identity| identity.name == name)
    }

    /// Returns the identity with this principal (object) ID.
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
