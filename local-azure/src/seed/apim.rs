//! The API Management service.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::PathBuf,
};

use schemars::JsonSchema;
use serde::Deserialize;

use super::{ApimCertificate, CredentialProvider, yes};

/// The API Management service.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Apim {
    /// Service name; the host is `{name}.azure-api.net`.
    pub name: String,
    /// Folder of policy documents, relative to the seed file; see [`Seed::path`](super::Seed::path).
    pub policies: PathBuf,
    /// Names of the identities assigned to the service: one system-assigned at most, and ten user-assigned.
    #[serde(default)]
    pub identities: Vec<String>,
    /// Named values, by display name.
    #[serde(default)]
    pub named_values: BTreeMap<String, String>,
    /// Those of them that are secret: no trace shows their values.
    #[serde(default)]
    pub secret_named_values: BTreeSet<String>,
    /// Whether the service has an external cache, for `caching-type` of cache policies.
    #[serde(default)]
    pub external_cache: bool,
    /// Whether the host asks clients for a certificate, as `negotiateClientCertificate` of a host name in Azure.
    #[serde(default)]
    pub negotiate_client_certificate: bool,
    /// Backends that policies may name.
    #[serde(default)]
    pub backends: Vec<NamedBackend>,
    /// Credential providers that policies may name.
    #[serde(default)]
    pub credential_providers: Vec<CredentialProvider>,
    /// Schemas that policies and operations may name.
    #[serde(default)]
    pub schemas: Vec<ApimSchema>,
    /// Certificates that policies may name.
    #[serde(default)]
    pub certificates: Vec<ApimCertificate>,
    /// Ways to tell the versions of an API apart.
    #[serde(default)]
    pub version_sets: Vec<VersionSet>,
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

/// A backend entity, what `set-backend-service` names with `backend-id`: a URL or a pool.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedBackend {
    /// Identifier.
    pub id: String,
    /// Where its requests go: a host of the seed, or a loopback address.
    pub url: Option<url::Url>,
    /// When to leave it alone.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// What the gateway shows there, in the place of the caller's Authorization header.
    pub credentials: Option<BackendCredentials>,
    /// Other backends that share its requests.
    #[serde(default)]
    pub pool: Vec<PoolMember>,
}

/// What the gateway shows to a backend.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendCredentials {
    /// A token of one of the service's own identities.
    pub managed_identity: Option<BackendIdentity>,
}

/// A token for a backend.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BackendIdentity {
    /// What it is for, such as `https://cognitiveservices.azure.com`.
    pub resource: String,
    /// Client ID of a user-assigned identity of the service; without it the system-assigned one asks.
    pub client_id: Option<uuid::Uuid>,
}

/// When a backend is left alone.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CircuitBreaker {
    /// After so many failures.
    pub failures: u32,
    /// Within so many seconds.
    pub interval: u32,
    /// Statuses that are failures: `[429, 429]`, `[500, 599]`. No answer is one, too.
    pub statuses: Vec<[u16; 2]>,
    /// For so many seconds.
    pub trip: u32,
    /// Unless the answer's `Retry-After` says otherwise.
    #[serde(default)]
    pub accept_retry_after: bool,
}

/// A backend in a pool.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolMember {
    /// Its identifier.
    pub backend: String,
    /// Those with the smallest number share the requests; the next ones come in when all of these are left alone.
    #[serde(default = "one")]
    pub priority: u32,
    /// Its share.
    #[serde(default = "one")]
    pub weight: u32,
}

/// An API of the gateway.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// Identifier; its policy document is `apis/{id}.xml`.
    pub id: String,
    /// URL suffix, without slashes at its ends.
    pub path: String,
    /// Identifier of the version set that it belongs to.
    pub version_set: Option<String>,
    /// Its version there. An API of a version set without one is the original: it answers when no version is asked for.
    pub version: Option<String>,
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
    /// Whether the key may also come as `Authorization: Bearer KEY`, when header and query have none. A bearer that is
    /// no key counts as absent.
    #[serde(default)]
    pub subscription_key_bearer: bool,
    /// Operations.
    pub operations: Vec<Operation>,
}

/// A version set: APIs that differ in their version alone
/// (learn.microsoft.com/azure/api-management/api-management-versions).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionSet {
    /// Identifier.
    pub id: String,
    /// Where a request names the version.
    pub scheme: VersionScheme,
    /// The header or query parameter that names it.
    pub name: Option<String>,
}

/// Where a request names the version it wants.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum VersionScheme {
    /// The segment after the API's path.
    Path,
    /// A header.
    Header,
    /// A query parameter.
    Query,
}

/// What stands behind an API: exactly one of the two.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// A folder of JSON files that local-azure serves, relative to the seed file; see [`Seed::path`](super::Seed::path).
    pub sample: Option<PathBuf>,
    /// A loopback URL of another process, or the https URL of a host of the seed.
    pub url: Option<url::Url>,
}

/// A JSON schema of the service.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApimSchema {
    /// Identifier.
    pub id: String,
    /// The file, relative to the seed file; see [`Seed::path`](super::Seed::path).
    pub file: PathBuf,
}

/// A parameter that an operation documents.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationParameter {
    /// Its name.
    pub name: String,
    /// Where it stands.
    #[serde(rename = "in")]
    pub place: ParameterPlace,
    /// Whether it may not be left out.
    #[serde(default)]
    pub required: bool,
    /// A JSON schema, such as `{ type = "integer" }`.
    pub schema: Option<serde_json::Value>,
}

/// Where a parameter stands.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum ParameterPlace {
    /// In the query.
    Query,
    /// In the path.
    Path,
    /// In a header.
    Header,
}

/// A header that a response documents.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ResponseHeader {
    /// Its name.
    pub name: String,
    /// Whether it may not be left out.
    #[serde(default)]
    pub required: bool,
    /// A JSON schema, such as `{ type = "integer" }`.
    pub schema: Option<serde_json::Value>,
}

/// A body that an operation takes, in one media type.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RequestContent {
    /// Its media type.
    pub content_type: String,
    /// Identifier of its schema.
    pub schema: Option<String>,
}

/// An operation of an API.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// Identifier; its policy document, if any, is `operations/{api}.{id}.xml`.
    pub id: String,
    /// HTTP method.
    pub method: String,
    /// URL template below the API's path, such as `/{id}`.
    pub template: String,
    /// The parameters that it documents, for `validate-parameters`.
    #[serde(default)]
    pub parameters: Vec<OperationParameter>,
    /// The bodies that it takes, for `validate-content`.
    #[serde(default)]
    pub requests: Vec<RequestContent>,
    /// What it answers, by its documentation; `mock-response` takes examples from here.
    #[serde(default)]
    pub responses: Vec<OperationResponse>,
}

/// A response of an operation, in one media type.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OperationResponse {
    /// HTTP status.
    pub status: u16,
    /// Its media type.
    pub content_type: String,
    /// A body.
    pub example: Option<String>,
    /// Identifier of the schema of its body, for `validate-content`.
    pub schema: Option<String>,
    /// Its headers, for `validate-headers`.
    #[serde(default)]
    pub headers: Vec<ResponseHeader>,
}

/// A product of the gateway.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
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
#[derive(Clone, Debug, Deserialize, JsonSchema)]
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

/// Scope of an APIM subscription: one product, one API, or (neither given) all APIs. The subscription that every service
/// has from the start, with access to everything, differs from one for all APIs in its name only.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SubscriptionScope {
    /// Product identifier.
    pub product: Option<String>,
    /// API identifier.
    pub api: Option<String>,
}

/// State of an APIM subscription.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema, PartialEq, Eq)]
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

impl Apim {
    /// The version set of an API.
    #[must_use]
    pub fn version_set(&self, api: &Api) -> Option<&VersionSet> {
        let id = api.version_set.as_ref()?;
        self.version_sets.iter().find(|set| set.id == *id)
    }

    /// What an API's URLs begin with, after the host: its path, and its version when that stands there.
    #[must_use]
    pub fn url_path(&self, api: &Api) -> String {
        let scheme = self.version_set(api).map(|set| set.scheme);
        match &api.version {
            Some(version) if scheme == Some(VersionScheme::Path) => {
                format!("{}/{version}", api.path).trim_start_matches('/').to_owned()
            }
            _ => api.path.clone(),
        }
    }
}

fn default_key_header() -> String {
    "Ocp-Apim-Subscription-Key".to_owned()
}

fn default_key_query() -> String {
    "subscription-key".to_owned()
}

fn one() -> u32 {
    1
}
