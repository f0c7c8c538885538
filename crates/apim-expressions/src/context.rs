//! The object `context` of an expression
//! (learn.microsoft.com/azure/api-management/api-management-policy-expressions, "Context variable").
//!
//! `Context` is plain data: the embedder fills it before a pipeline runs, and the pipeline's policies change it between
//! expressions. An expression itself changes three things: it consumes bodies, takes numbers from [`Context::entropy`],
//! and adds [`Context::traces`].

mod message;

use std::{collections::BTreeMap, fmt, sync::Arc, time::Duration};

use jiff::Timestamp;
use uuid::Uuid;

pub use self::message::{Body, Request, Response, Url};
use super::{certificate::Certificate, limits::Allowance, value::Value};

/// `context`
#[derive(Debug)]
pub struct Context {
    /// The request as policies left it.
    pub request: Request,
    /// The response. `None` until there is one; then `context.Response` is null.
    pub response: Option<Response>,
    /// The variables that `set-variable` and other policies stored.
    pub variables: BTreeMap<String, Value>,
    /// The API of the request.
    pub api: Api,
    /// The operation of the request.
    pub operation: Operation,
    /// The product; `None` when the request belongs to no product.
    pub product: Option<Product>,
    /// The subscription; `None` when the request needed no key.
    pub subscription: Option<Subscription>,
    /// The user; `None` when the subscription belongs to no user.
    pub user: Option<User>,
    /// The last error; `None` while nothing has failed.
    pub last_error: Option<LastError>,
    /// The gateway.
    pub deployment: Deployment,
    /// The ID of the request, unique per request.
    pub request_id: Uuid,
    /// The time when the request arrived.
    pub timestamp: Timestamp,
    /// The time since `timestamp`; `DateTime.UtcNow` is the sum of the two.
    pub elapsed: Duration,
    /// Whether the caller asked for a trace.
    pub tracing: bool,
    /// The messages of `context.Trace(…)`.
    pub traces: Vec<String>,
    /// The source of `Guid.NewGuid()` and `Random`.
    pub entropy: Entropy,
    /// The remaining budget of the expressions with this context.
    pub(crate) allowance: Allowance,
}

/// A source of random numbers.
pub struct Entropy(Box<dyn FnMut() -> u64 + Send>);

/// `context.Api`
#[derive(Clone, Debug, Default)]
pub struct Api {
    /// Identifier.
    pub id: String,
    /// Display name.
    pub name: String,
    /// URL suffix.
    pub path: String,
    /// Revision in use.
    pub revision: String,
    /// Version, if the API is versioned.
    pub version: Option<String>,
    /// Whether the revision is the current one.
    pub is_current_revision: bool,
    /// The API's backend.
    pub service_url: Option<Url>,
    /// Header that carries the subscription key.
    pub key_header: String,
    /// Query parameter that carries the subscription key.
    pub key_query: String,
}

/// `context.Operation`
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Identifier.
    pub id: String,
    /// `GET` and so on.
    pub method: String,
    /// Display name.
    pub name: String,
    /// Template that the path matched.
    pub url_template: String,
}

/// `context.Product`
#[derive(Clone, Debug, Default)]
pub struct Product {
    /// Identifier.
    pub id: String,
    /// Display name.
    pub name: String,
    /// Whether developers see the product.
    pub published: bool,
    /// Whether an administrator approves subscriptions.
    pub approval_required: bool,
    /// Whether calls need a key.
    pub subscription_required: bool,
    /// The number of subscriptions that one user may have.
    pub subscriptions_limit: Option<i32>,
    /// Identifier and name of each group that sees the product.
    pub groups: Vec<(String, String)>,
}

/// `context.Subscription`
#[derive(Clone, Default)]
pub struct Subscription {
    /// Identifier.
    pub id: String,
    /// Display name.
    pub name: String,
    /// The key that came with the request.
    pub key: String,
    /// The subscription's first key.
    pub primary_key: String,
    /// The subscription's second key.
    pub secondary_key: String,
    /// When the subscription was created.
    pub created_date: Timestamp,
    /// When the subscription begins to be valid.
    pub start_date: Option<Timestamp>,
    /// When the subscription stops being valid.
    pub end_date: Option<Timestamp>,
}

/// `context.User`
#[derive(Clone, Debug, Default)]
pub struct User {
    /// Identifier.
    pub id: String,
    /// E-mail address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// An administrator's remark.
    pub note: String,
    /// When the user was registered.
    pub registration_date: Timestamp,
    /// Identifier and name of each group of the user.
    pub groups: Vec<(String, String)>,
    /// Identifier and provider of each identity of the user.
    pub identities: Vec<(String, String)>,
}

/// `context.LastError`. A field is empty where the documentation says that it has no value.
#[derive(Clone, Debug, Default)]
pub struct LastError {
    /// Policy or built-in step that failed.
    pub source: String,
    /// Machine-readable cause.
    pub reason: String,
    /// Human-readable cause.
    pub message: String,
    /// `global`, `product`, `api` or `operation`.
    pub scope: String,
    /// `inbound`, `backend`, `outbound` or `on-error`.
    pub section: String,
    /// The policy's place in the section, such as `choose[3]/when[2]`.
    pub path: String,
    /// The policy's `id` attribute.
    pub policy_id: String,
}

/// `context.Deployment`
#[derive(Clone, Debug)]
pub struct Deployment {
    /// `managed` for a gateway that Azure runs.
    pub gateway_id: String,
    /// Azure region.
    pub region: String,
    /// The service's identifier.
    pub service_id: String,
    /// The service's name.
    pub service_name: String,
    /// The service's certificates. Expressions find them by thumbprint, not by identifier
    /// (learn.microsoft.com/answers/questions/5543600).
    pub certificates: Vec<Arc<Certificate>>,
}

impl Default for Deployment {
    fn default() -> Self {
        let empty = String::new;
        Self {
            gateway_id: "managed".to_owned(),
            region: empty(),
            service_id: empty(),
            service_name: empty(),
            certificates: Vec::new(),
        }
    }
}

impl Context {
    /// Makes a context in which only time and randomness are known.
    #[must_use]
    pub fn new(timestamp: Timestamp, request_id: Uuid, entropy: Entropy) -> Self {
        Self {
            request: Request::default(),
            response: None,
            variables: BTreeMap::new(),
            api: Api::default(),
            operation: Operation::default(),
            product: None,
            subscription: None,
            user: None,
            last_error: None,
            deployment: Deployment::default(),
            request_id,
            timestamp,
            elapsed: Duration::ZERO,
            tracing: false,
            traces: Vec::new(),
            entropy,
            allowance: Allowance::new(),
        }
    }
}

impl Entropy {
    /// Makes a source from another generator: the operating system's, where the numbers must not be guessable.
    pub fn new(next: impl FnMut() -> u64 + Send + 'static) -> Self {
        Self(Box::new(next))
    }

    /// Makes a source that gives the same numbers every time.
    #[must_use]
    pub fn seeded(mut seed: u64) -> Self {
        Self::new(move || split_mix(&mut seed))
    }

    /// Returns the next number.
    #[expect(clippy::should_implement_trait, reason = "it has no end")]
    pub fn next(&mut self) -> u64 {
        (self.0)()
    }
}

/// Returns the next number of Vigna's `SplitMix64`.
pub(crate) fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut mixed = *state;
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Entropy")
    }
}

/// Omits the keys.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
