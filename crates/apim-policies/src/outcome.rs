//! What comes of a request.

use std::{collections::BTreeMap, sync::Arc};

use http::Response;

use crate::{
    expression::Value,
    failure::LastError,
    token::{RefusedToken, UnmetClaim, ValidatedToken},
    trace::PolicyRun,
};

/// How a request ended.
#[derive(Debug)]
pub struct Outcome<B> {
    /// What the caller gets.
    pub response: Response<B>,
    /// The text after its status.
    pub reason: String,
    /// What went wrong; `None` when nothing did.
    pub last_error: Option<LastError>,
    /// Tokens that passed every check of a `validate-jwt`, in the order they were checked.
    pub tokens: Vec<Arc<ValidatedToken>>,
    /// What the last token that was refused lacks of the claims that the policy requires.
    pub unmet_claims: Vec<UnmetClaim>,
    /// That token, with what the policy asks of it, where its claims were looked at.
    pub refused_token: Option<RefusedToken>,
    /// `context.Variables` at the end.
    pub variables: BTreeMap<String, Value>,
    /// Why the gateway answered 503 in the place of a backend: circuit breakers keep it from asking. `None` when it asked.
    pub backend_unavailable: Option<String>,
    /// What each policy did, in the order in which they began; empty unless [`Outside::traces`](crate::Outside::traces).
    pub policies: Vec<PolicyRun>,
}
