//! The outcome of a request.

use std::{collections::BTreeMap, sync::Arc};

use http::Response;

use crate::{
    expression::Value,
    failure::LastError,
    token::{RefusedToken, UnmetClaim, ValidatedToken},
    trace::PolicyRun,
};

/// The result of a request.
#[derive(Debug)]
pub struct Outcome<B> {
    /// The response to the caller.
    pub response: Response<B>,
    /// The response's status text.
    pub reason: String,
    /// The error; `None` if nothing failed.
    pub last_error: Option<LastError>,
    /// Tokens that passed every check of a `validate-jwt`, in the order of the checks.
    pub tokens: Vec<Arc<ValidatedToken>>,
    /// The required claims that the last refused token lacks.
    pub unmet_claims: Vec<UnmetClaim>,
    /// The last refused token with the policy's requirements, if its claims were checked.
    pub refused_token: Option<RefusedToken>,
    /// `context.Variables` at the end.
    pub variables: BTreeMap<String, Value>,
    /// The reason for the gateway's own 503: circuit breakers are open. `None` if it called the backend.
    pub backend_unavailable: Option<String>,
    /// The trace of each policy, in the order of their starts. Empty unless [`Outside::traces`](crate::Outside::traces)
    /// is true.
    pub policies: Vec<PolicyRun>,
}
