//! Every setting, parsed once into types. No other module reads the environment.
//!
//! A connection to a service is `<NAME>__…`, the Functions convention for identity-based connections:
//!
//! | setting | is | absent |
//! |---|---|---|
//! | `KEYVAULT__vaultUri`, `STORAGE__blobServiceUri`, `APIM__baseUrl` | https URL of the service | an error |
//! | `<NAME>__credential` | `managedidentity`, `workloadidentity` or `developer` | `managedidentity` |
//! | `<NAME>__clientId` | client ID of a user-assigned identity; `developer` does not use it | `AZURE_CLIENT_ID`, else the system-assigned identity |
//! | `<NAME>__objectId` | its object ID (principal ID), in place of the client ID | |
//! | `<NAME>__identity` | `RunAs=App;AppId=…`, `RunAs=App` or `RunAs=Developer;DeveloperTool=AzureCli`, in place of the three above | |
//! | `APIM__audience` | App ID URI or client ID of the API | an error |
//! | `APIM__subscriptionKeySecret` | name of the secret that holds the subscription key | an error |
//! | `APIM__subscriptionKeyHeader` | header that carries it | `Ocp-Apim-Subscription-Key` |
//! | `SNAPSHOT_SOURCES` | `name=/path/of/the/api`, several separated by commas | an error |
//! | `SNAPSHOT_CONTAINER` | blob container | an error |
//! | `SNAPSHOT_SCHEDULE` | NCRONTAB expression, read by the host alone | the host refuses the timer |
//! | `UPLOAD_CONTAINER` | blob container for uploads | `uploads` |
//! | `UPLOAD_MAX_BYTES` | the largest upload | 1073741824 (1 GiB) |
//! | `UPLOAD_NAMES` | names that may be uploaded, as patterns such as `*.csv,in/*` | any |
//! | `UPLOAD_CONTENT_TYPES` | types that may be uploaded, such as `text/*,application/json` | any |
//! | `UPLOAD_MAX_CONCURRENT` | how many uploads run at a time, 12 MiB of memory each | 8 |
//! | `SECRET_EXPIRY_SCHEDULE` | NCRONTAB expression, read by the host alone | the host refuses the timer |
//! | `SECRET_EXPIRY_DAYS` | a secret that ends within so many days is reported | 30 |
//! | `RELAY_PATHS` | what callers of `relay` may reach: `/path/of/an/api` and all below it, several separated by commas | the paths of `SNAPSHOT_SOURCES` |
//! | `MAX_CONCURRENT_INVOCATIONS` | how many invocations run at a time; beyond, the host is told to come again | 256 |
//! | `EXTRA_CA_CERTS` | PEM file of further certificate authorities, such as a corporate proxy's | the system's alone |
//!
//! From the host come the port (`FUNCTIONS_CUSTOMHANDLER_PORT`) and the script root (`FUNCTIONS_APP_ROOT_PATH`), whose
//! `host.json` holds the route prefix and the time that a function may take.

mod api_path;
mod connection;
mod host_json;
mod reader;
mod run_as;
mod uploads;
mod values;

use std::{
    num::{NonZeroU16, NonZeroUsize},
    path::PathBuf,
};

use http::HeaderName;

pub use self::reader::ConfigError;
pub(crate) use self::{
    api_path::{ApiPath, RelayPaths},
    connection::{Connection, Credential, Developer, Tool, UserAssigned},
    host_json::HostJson,
    uploads::Uploads,
    values::{Audience, ContainerName, SecretName, Source, SourceName},
};
use self::{connection::Names, reader::Reader, values::Days};

const KEY_VAULT: Names = Names {
    endpoint: "KEYVAULT__vaultUri",
    credential: "KEYVAULT__credential",
    client_id: "KEYVAULT__clientId",
    object_id: "KEYVAULT__objectId",
    resource_id: "KEYVAULT__managedIdentityResourceId",
    identity: "KEYVAULT__identity",
};
const STORAGE: Names = Names {
    endpoint: "STORAGE__blobServiceUri",
    credential: "STORAGE__credential",
    client_id: "STORAGE__clientId",
    object_id: "STORAGE__objectId",
    resource_id: "STORAGE__managedIdentityResourceId",
    identity: "STORAGE__identity",
};
const APIM: Names = Names {
    endpoint: "APIM__baseUrl",
    credential: "APIM__credential",
    client_id: "APIM__clientId",
    object_id: "APIM__objectId",
    resource_id: "APIM__managedIdentityResourceId",
    identity: "APIM__identity",
};
const AUDIENCE: &str = "APIM__audience";
const KEY_SECRET: &str = "APIM__subscriptionKeySecret";
const KEY_HEADER: &str = "APIM__subscriptionKeyHeader";
const SCHEDULE: &str = "SNAPSHOT_SCHEDULE";
const SOURCES: &str = "SNAPSHOT_SOURCES";
const RELAY_PATHS: &str = "RELAY_PATHS";
const CONTAINER: &str = "SNAPSHOT_CONTAINER";
const EXPIRY_SCHEDULE: &str = "SECRET_EXPIRY_SCHEDULE";
const EXPIRY_DAYS: &str = "SECRET_EXPIRY_DAYS";
const MAX_CONCURRENT: &str = "MAX_CONCURRENT_INVOCATIONS";
const EXTRA_CA_CERTS: &str = "EXTRA_CA_CERTS";

// What the platform sets, and no person does.
const PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";
const SCRIPT_ROOT: &str = "FUNCTIONS_APP_ROOT_PATH";
const DEFAULT_CLIENT_ID: &str = "AZURE_CLIENT_ID";
const IDENTITY_ENDPOINT: &str = "IDENTITY_ENDPOINT";

/// Every app setting of this app, by name. The example settings and the deployment hold exactly these, and what
/// the Functions host needs for itself.
pub const VARIABLES: &[&str] = &[
    KEY_VAULT.endpoint,
    KEY_VAULT.credential,
    KEY_VAULT.client_id,
    KEY_VAULT.object_id,
    KEY_VAULT.identity,
    STORAGE.endpoint,
    STORAGE.credential,
    STORAGE.client_id,
    STORAGE.object_id,
    STORAGE.identity,
    APIM.endpoint,
    APIM.credential,
    APIM.client_id,
    APIM.object_id,
    APIM.identity,
    AUDIENCE,
    KEY_SECRET,
    KEY_HEADER,
    SCHEDULE,
    SOURCES,
    CONTAINER,
    uploads::CONTAINER,
    uploads::MAX_BYTES,
    uploads::NAMES,
    uploads::CONTENT_TYPES,
    uploads::AT_ONCE,
    EXPIRY_SCHEDULE,
    EXPIRY_DAYS,
    RELAY_PATHS,
    MAX_CONCURRENT,
    EXTRA_CA_CERTS,
];

/// Enough to keep the services behind busy, and few enough that each still gets its share of a small instance.
const DEFAULT_MAX_CONCURRENT: NonZeroUsize = NonZeroUsize::new(256).unwrap();

const DEFAULT_EXPIRY_DAYS: u16 = 30;

/// What this process was told.
#[derive(Clone, Debug)]
pub struct Config {
    pub(crate) port: NonZeroU16,
    pub(crate) host_json: HostJson,
    /// How many invocations run at a time.
    pub(crate) max_concurrent: NonZeroUsize,
    /// Whether the platform gives this process managed identities.
    pub(crate) has_identity_endpoint: bool,
    pub(crate) extra_ca_certs: Option<PathBuf>,
    pub(crate) key_vault: Connection,
    pub(crate) storage: Connection,
    pub(crate) container: ContainerName,
    pub(crate) api_management: ApiManagement,
    pub(crate) sources: Vec<Source>,
    pub(crate) uploads: Uploads,
    /// Secrets that end within so many days are reported.
    pub(crate) expiry_days: u16,
    pub(crate) relay_paths: RelayPaths,
}

/// The gateway, and what it asks of its callers.
#[derive(Clone, Debug)]
pub(crate) struct ApiManagement {
    pub(crate) connection: Connection,
    pub(crate) audience: Audience,
    pub(crate) key_secret: SecretName,
    pub(crate) key_header: HeaderName,
}

impl Config {
    /// The settings of this process.
    ///
    /// # Errors
    /// See [`Config::from_lookup`].
    pub fn from_env() -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "this is the module that reads the environment")]
        Self::from_lookup(|name| std::env::var(name).ok())
    }

    /// The settings that `lookup` knows by name.
    ///
    /// # Errors
    /// Names every setting that is missing or wrong, with what is expected of it.
    pub fn from_lookup(lookup: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let script_root = lookup(SCRIPT_ROOT).filter(|text| !text.is_empty()).map(PathBuf::from);
        let host_json = HostJson::read(script_root.as_deref(), &lookup);
        let mut settings = Reader::new(lookup);
        let port = settings.required(PORT);
        let has_identity_endpoint = settings.is_set(IDENTITY_ENDPOINT);
        let default_id = settings.optional(DEFAULT_CLIENT_ID);
        let key_vault = KEY_VAULT.read(&mut settings, default_id);
        let storage = STORAGE.read(&mut settings, default_id);
        let connection = APIM.read(&mut settings, default_id);
        let audience = settings.required(AUDIENCE);
        let key_secret = settings.required(KEY_SECRET);
        let key_header = settings.optional(KEY_HEADER);
        let sources = settings.required::<Vec<Source>>(SOURCES);
        let relay_paths = settings.optional(RELAY_PATHS);
        let container = settings.required(CONTAINER);
        let uploads = Uploads::read(&mut settings);
        let expiry_days = settings.optional(EXPIRY_DAYS).map_or(DEFAULT_EXPIRY_DAYS, Days::get);
        let max_concurrent = settings.optional(MAX_CONCURRENT);
        let extra_ca_certs = settings.optional(EXTRA_CA_CERTS);
        let complete = || {
            Some(Self {
                port: port?,
                host_json,
                max_concurrent: max_concurrent.unwrap_or(DEFAULT_MAX_CONCURRENT),
                has_identity_endpoint,
                extra_ca_certs,
                key_vault: key_vault?,
                storage: storage?,
                container: container?,
                api_management: ApiManagement {
                    connection: connection?,
                    audience: audience?,
                    key_secret: key_secret?,
                    key_header: key_header.unwrap_or(HeaderName::from_static("ocp-apim-subscription-key")),
                },
                relay_paths: relay_paths.or_else(|| sources.as_deref().map(RelayPaths::of))?,
                sources: sources?,
                uploads,
                expiry_days,
            })
        };
        settings.finish(complete())
    }

    /// The port on 127.0.0.1 that the host will call.
    pub fn port(&self) -> u16 {
        self.port.get()
    }
}

#[cfg(test)]
pub(crate) mod tests;
