//! The objects of an API Management service that policy documents refer to by name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::SignedDuration;

use crate::{expression::Certificate, schema::Schema};

/// Named values, fragments, backends, credential providers and certificates. A document that names something else is
/// refused, as on upload.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// Named values by display name; `{{name}}` is replaced by the text, which may be secret.
    pub named_values: BTreeMap<String, String>,
    /// The texts of fragment files by their identifier.
    pub fragments: BTreeMap<String, String>,
    /// Backends by identifier.
    pub backends: Backends,
    /// The connections of each credential provider, by identifier.
    pub credential_providers: BTreeMap<String, BTreeSet<String>>,
    /// Certificates by identifier.
    pub certificates: BTreeMap<String, Certificate>,
    /// Schemas by identifier.
    pub schemas: BTreeMap<String, Arc<Schema>>,
    /// Whether it has an external cache, beside the built-in one.
    pub has_external_cache: bool,
    /// Whether documents may use unknown names, because a file is checked without its service. Such a name is a
    /// warning, and the document cannot run.
    pub is_partial: bool,
}

/// Backends by identifier.
pub type Backends = BTreeMap<String, Backend>;

/// A backend entity (learn.microsoft.com/azure/api-management/backends).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One host.
    Single {
        /// Where requests go, without the operation's path.
        url: url::Url,
        /// When to leave it alone.
        breaker: Option<CircuitBreaker>,
        /// What the gateway shows there in the place of the caller's Authorization header.
        credentials: Option<ManagedIdentityCredentials>,
    },
    /// Several, none of which is a pool.
    Pool(Vec<PoolMember>),
}

/// A token that a backend gets with each request (property `credentials.managedIdentity`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedIdentityCredentials {
    /// The audience of the token.
    pub resource: String,
    /// Client ID of a user-assigned identity of the service; absent for the system-assigned one.
    pub client_id: Option<String>,
}

/// A backend of a pool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PoolMember {
    /// Its identifier.
    pub backend: String,
    /// Smaller numbers come first; larger ones are used only if no smaller one is available.
    pub priority: u32,
    /// Its share among those of the same priority.
    pub weight: u32,
}

/// When a backend is skipped: after a number of failures within an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// The number of failures.
    pub failures: u32,
    /// The interval.
    pub interval: SignedDuration,
    /// Ranges of statuses that are failures, each first and last; no response is a failure too.
    pub statuses: Vec<(u16, u16)>,
    /// How long the backend is skipped.
    pub trip: SignedDuration,
    /// Whether a `Retry-After` in seconds overrides this time.
    pub accepts_retry_after: bool,
}
