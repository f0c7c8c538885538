//! The rest of the path as the caller wrote it.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;

use crate::error::{Failure, InvocationError};

/// Extractor: what the catch-all of the route (`{*rest}`) stands for, as the caller wrote it: after a slash, with its
/// escapes, and `/` where nothing is left.
///
/// For a function that passes requests on: in a decoded value, `%2F` cannot be told from a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestOfPath(pub String);

impl<S: Sync> FromRequestParts<S> for RestOfPath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        let rest = parts.extensions.get::<Self>().cloned();
        rest.ok_or_else(|| InvocationError::from(Failure::NoCatchAll).into_response())
    }
}
