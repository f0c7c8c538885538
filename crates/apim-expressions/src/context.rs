//! The object `context` of an expression
//! (learn.microsoft.com/azure/api-management/api-management-policy-expressions, "Context variable").
//!
//! Plain data: the embedder fills it before a pipeline runs, and its policies change it between expressions. An
//! expression itself changes three things: it consumes bodies, draws on [`Context::entropy`], and adds
//! [`Context::traces`].

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
    /// `None` until there is a response; then `context.Response` is null.
    pub response: Option<Response>,
    /// What `set-variable` and other policies stored.
    pub variables: BTreeMap<String, Value>,
    /// The API of the request.
    pub api: Api,
    /// The operation of the request.
    pub operation: Operation,
    /// `None` when the request belongs to no product.
    pub product: Option<Product>,
    /// `None` when the request needed no key.
    pub subscription: Option<Subscription>,
    /// `None` when the subscription belongs to no user.
    pub user: Option<User>,
    /// `None` while nothing failed.
    pub last_error: Option<LastError>,
    /// The gateway.
    pub deployment: Deployment,
    /// Unique per request.
    pub request_id: Uuid,
    /// When the request arrived.
    pub timestamp: Timestamp,
    /// Time since then; `DateTime.UtcNow` is the sum of the two.
    pub elapsed: Duration,
    /// Whether the caller asked for a trace.
    pub tracing: bool,
    /// What `context.Trace(…)` wrote.
    pub traces: Vec<String>,
    /// Where `Guid.NewGuid()` and `Random` come from.
    pub entropy: Entropy,
    /// What expressions may still cost.
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
    /// Version, of a versioned API.
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
    /// Whether developers see it.
    pub published: bool,
    /// Whether an administrator approves subscriptions.
    pub approval_required: bool,
    /// Whether calls need a key.
    pub subscription_required: bool,
    /// Subscriptions one user may have.
    pub subscriptions_limit: Option<i32>,
    /// Identifier and name of the groups that see it.
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
    /// Its first key.
    pub primary_key: String,
    /// Its second key.
    pub secondary_key: String,
    /// When it was made.
    pub created_date: Timestamp,
    /// When it begins to be valid.
    pub start_date: Option<Timestamp>,
    /// When it stops being valid.
    pub end_date: Option<Timestamp>,
}

/// `context.User`
#[derive(Clone, Debug, Default)]
pub struct User {
    /// Identifier.
    pub id: String,
    /// Address.
    pub email: String,
    /// First name.
    pub first_name: String,
    /// Last name.
    pub last_name: String,
    /// An administrator's remark.
    pub note: String,
    /// When the user was registered.
    pub registration_date: Timestamp,
    /// Identifier and name of the user's groups.
    pub groups: Vec<(String, String)>,
    /// Identifier and provider of the user's identities.
    pub identities: Vec<(String, String)>,
}

/// `context.LastError`; empty texts where the documentation says a field has none.
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
    /// Where in the section, as `choose[3]/when[2]`.
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
    /// A context in which only time and randomness are known.
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
    /// Numbers from elsewhere: an operating system's generator, where they must not be guessed.
    pub fn new(next: impl FnMut() -> u64 + Send + 'static) -> Self {
        Self(Box::new(next))
    }

    /// The same numbers every time.
    #[must_use]
    pub fn seeded(mut seed: u64) -> Self {
        Self::new(move || split_mix(&mut seed))
    }

    /// The next number.
    #[expect(clippy::should_implement_trait, reason = "it has no end")]
    pub fn next(&mut self) -> u64 {
        (self.0)()
    }
}

/// The next number of Vigna's `SplitMix64`.
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

/// Leaves the keys out.
impl fmt::Debug for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subscription").field("id", &self.id).field("name", &self.name).finish_non_exhaustive()
    }
}
