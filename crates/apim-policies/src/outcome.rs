//! What comes of a request.

use std::{collections::BTreeMap, sync::Arc};

use http::Response;

use crate::{expression::Value, failure::LastError, token::ValidatedToken};

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
    /// `context.Variables` at the end.
    pub variables: BTreeMap<String, Value>,
}
