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
    /// The names of the secret named values: no trace shows their values.
    #[serde(default)]
    pub secret_named_values: BTreeSet<String>,
    /// Whether the service has an external cache, for `caching-type` of cache policies.
    #[serde(default)]
    pub external_cache: bool,
    /// Whether the host asks clients for a certificate, like `negotiateClientCertificate` of a host name in Azure.
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
    /// Ways to distinguish the versions of an API.
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

/// A backend entity, which `set-backend-service` names with `backend-id`: a URL or a pool.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NamedBackend {
    /// Identifier.
    pub id: String,
    /// The address for its requests: a host of the seed, or a loopback address.
    pub url: Option<url::Url>,
    /// The condition under which the gateway stops sending it requests.
    pub circuit_breaker: Option<CircuitBreaker>,
    /// The gateway's credentials for it, in the place of the caller's Authorization header.
    pub credentials: Option<BackendCredentials>,
    /// Other backends that share its requests.
    #[serde(default)]
    pub pool: Vec<PoolMember>,
}

/// The gateway's credentials for a backend.
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
    /// The token's resource, such as `https://cognitiveservices.azure.com`.
    pub resource: String,
    /// Client ID of a user-assigned identity of the service. Without it, the system-assigned identity gets the token.
    pub client_id: Option<uuid::Uuid>,
}

/// The condition under which the gateway stops sending requests to a backend, and for how long.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CircuitBreaker {
    /// The number of failures that trip the breaker.
    pub failures: u32,
    /// The time in which they are counted, in seconds.
    pub interval: u32,
    /// Ranges of statuses that are failures: `[429, 429]`, `[500, 599]`. A missing answer is a failure, too.
    pub statuses: Vec<[u16; 2]>,
    /// The time without requests, in seconds.
    pub trip: u32,
    /// Whether `Retry-After` in the answer replaces that time.
    #[serde(default)]
    pub accept_retry_after: bool,
}

/// A backend in a pool.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PoolMember {
    /// Its identifier.
    pub backend: String,
    /// Backends with the smallest number share the requests. Those with the next number get requests when all of these
    /// are tripped.
    #[serde(default = "one")]
    pub priority: u32,
    /// Its share of the requests.
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
    /// Its version there. An API of a version set without a version is the original: it answers requests without a
    /// version.
    pub version: Option<String>,
    /// The target of its requests.
    pub backend: Backend,
    /// Whether requests need a subscription key.
    #[serde(default = "yes")]
    pub subscription_required: bool,
    /// Header that carries the key.
    #[serde(default = "default_key_header")]
    pub subscription_key_header: String,
    /// Query parameter that carries the key when the header is absent.
    #[serde(default = "default_key_query")]
    pub subscription_key_query: String,
    /// Whether the key may also come as `Authorization: Bearer KEY`, if header and query have none. A bearer value that
    /// is not a key counts as absent.
    #[serde(default)]
    pub subscription_key_bearer: bool,
    /// Operations.
    pub operations: Vec<Operation>,
}

/// A version set: APIs that differ only in their version
/// (learn.microsoft.com/azure/api-management/api-management-versions).
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct VersionSet {
    /// Identifier.
    pub id: String,
    /// The place of the version in a request.
    pub scheme: VersionScheme,
    /// The header or query parameter that names it.
    pub name: Option<String>,
}

/// The place of the wanted version in a request.
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

/// The target behind an API: exactly one of the two.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Backend {
    /// A folder of JSON files that local-azure serves, relative to the seed file; see
    /// [`Seed::path`](super::Seed::path).
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
    /// The place of the parameter.
    #[serde(rename = "in")]
    pub place: ParameterPlace,
    /// Whether requests must have it.
    #[serde(default)]
    pub required: bool,
    /// A JSON schema, such as `{ type = "integer" }`.
    pub schema: Option<serde_json::Value>,
}

/// The place of a parameter.
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
    /// Whether responses must have it.
    #[serde(default)]
    pub required: bool,
    /// A JSON schema, such as `{ type = "integer" }`.
    pub schema: Option<serde_json::Value>,
}

/// A body that an operation accepts, in one media type.
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
    /// The bodies that it accepts, for `validate-content`.
    #[serde(default)]
    pub requests: Vec<RequestContent>,
    /// Its documented responses; `mock-response` takes examples from here.
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
    /// An example of the body.
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
    /// The APIs that its keys give access to.
    pub scope: SubscriptionScope,
    /// Only an active subscription's keys work.
    #[serde(default)]
    pub state: SubscriptionState,
}

/// Scope of an APIM subscription: one product, one API, or (neither given) all APIs. Every service has a built-in
/// subscription with access to everything. It differs from a subscription for all APIs only in its name.
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

    /// Returns the beginning of an API's URLs, after the host: its path, and its version if the version is in the path.
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
