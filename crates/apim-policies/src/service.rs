//! The objects of an API Management service that policy documents refer to by name.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::SignedDuration;

use crate::{expression::Certificate, schema::Schema};

/// Named values, fragments, backends, credential providers and certificates. A document that uses an unknown name is
/// refused, as on upload.
#[derive(Clone, Debug, Default)]
pub struct Service {
    /// Named values by display name. The text replaces `{{name}}`, and may be secret.
    pub named_values: BTreeMap<String, String>,
    /// The texts of fragment files by identifier.
    pub fragments: BTreeMap<String, String>,
    /// Backends by identifier.
    pub backends: Backends,
    /// The connections of each credential provider, by identifier.
    pub credential_providers: BTreeMap<String, BTreeSet<String>>,
    /// Certificates by identifier.
    pub certificates: BTreeMap<String, Certificate>,
    /// Schemas by identifier.
    pub schemas: BTreeMap<String, Arc<Schema>>,
    /// Whether the service has an external cache in addition to the built-in one.
    pub has_external_cache: bool,
    /// Whether documents may use unknown names, because a file is checked without its service. An unknown name is then
    /// a warning, and the document cannot run.
    pub is_partial: bool,
}

/// Backends by identifier.
pub type Backends = BTreeMap<String, Backend>;

/// A backend entity (learn.microsoft.com/azure/api-management/backends).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Backend {
    /// One host.
    Single {
        /// The base URL of requests, without the operation's path.
        url: url::Url,
        /// The rule to skip the backend after failures.
        breaker: Option<CircuitBreaker>,
        /// The gateway's credentials for the backend, instead of the caller's Authorization header.
        credentials: Option<ManagedIdentityCredentials>,
    },
    /// Several backends, none of which is a pool.
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
    /// The backend's identifier.
    pub backend: String,
    /// The priority. Smaller numbers come first. Larger ones are used only if no smaller one is available.
    pub priority: u32,
    /// The member's share among the members with the same priority.
    pub weight: u32,
}

/// The rule to skip a backend after a number of failures in an interval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CircuitBreaker {
    /// The number of failures.
    pub failures: u32,
    /// The interval.
    pub interval: SignedDuration,
    /// The ranges of statuses that are failures, each with first and last status. A missing response is a failure, too.
    pub statuses: Vec<(u16, u16)>,
    /// The time for which the backend is skipped.
    pub trip: SignedDuration,
    /// Whether a `Retry-After` in seconds overrides the trip time.
    pub accepts_retry_after: bool,
}
