//! The outcome of a request.

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
    /// The response to the caller.
    pub response: Response<B>,
    /// The text after its status.
    pub reason: String,
    /// The error; `None` if nothing failed.
    pub last_error: Option<LastError>,
    /// Tokens that passed every check of a `validate-jwt`, in the order they were checked.
    pub tokens: Vec<Arc<ValidatedToken>>,
    /// The required claims that the last refused token lacks.
    pub unmet_claims: Vec<UnmetClaim>,
    /// That token, with what the policy asks of it, where its claims were looked at.
    pub refused_token: Option<RefusedToken>,
    /// `context.Variables` at the end.
    pub variables: BTreeMap<String, Value>,
    /// Why the gateway answered 503 itself: circuit breakers are open. `None` if it called the backend.
    pub backend_unavailable: Option<String>,
    /// The trace of each policy, in the order of beginning; empty unless [`Outside::traces`](crate::Outside::traces).
    pub policies: Vec<PolicyRun>,
}
