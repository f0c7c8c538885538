//! The rest of the path as the caller wrote it.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;

use crate::error::{Failure, InvocationError};

/// Extractor: the part of the path below the route's catch-all (`{*rest}`), as the caller wrote it. It has a leading
/// slash and keeps its escapes; it is `/` if nothing is left.
///
/// Use it in a function that passes requests on: a decoded value does not distinguish `%2F` from a slash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RestOfPath(pub String);

impl<S: Sync> FromRequestParts<S> for RestOfPath {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        let rest = parts.extensions.get::<Self>().cloned();
        rest.ok_or_else(|| InvocationError::from(Failure::NoCatchAll).into_response())
    }
}
