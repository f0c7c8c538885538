//! Requests that axum's extractors and the host's protocol reject.

use std::sync::Arc;

use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};
use http::StatusCode;

use super::{Cause, Error};
use crate::host::Malformed;

impl Error {
    /// The status tells a body that is too large from one that is wrong.
    fn rejected(status: StatusCode, cause: impl Into<Cause>) -> Self {
        let cause = Arc::new(cause.into());
        if status == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge(cause) } else { Self::Invalid(cause) }
    }
}

impl From<JsonRejection> for Error {
    fn from(rejection: JsonRejection) -> Self {
        Self::rejected(rejection.status(), rejection)
    }
}

impl From<BytesRejection> for Error {
    fn from(rejection: BytesRejection) -> Self {
        Self::rejected(rejection.status(), rejection)
    }
}

impl From<PathRejection> for Error {
    fn from(rejection: PathRejection) -> Self {
        Self::Invalid(Arc::new(rejection.into()))
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        Self::Invalid(Arc::new(rejection.into()))
    }
}

impl From<Malformed> for Error {
    fn from(malformed: Malformed) -> Self {
        Self::Invalid(Arc::new(malformed.into()))
    }
}
