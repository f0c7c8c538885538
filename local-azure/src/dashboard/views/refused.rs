//! The errors of views.

use axum::{
    Json,
    extract::rejection::{JsonRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

/// A refusal, with a text for the person who asked.
#[derive(Debug, thiserror::Error)]
#[error("{why}")]
pub(super) struct ViewRefusal {
    status: StatusCode,
    code: &'static str,
    why: String,
}

impl ViewRefusal {
    /// The request is not understood, or is impossible.
    pub(super) fn bad(why: impl ToString) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code: "NotPossible", why: why.to_string() }
    }

    /// The thing does not exist.
    pub(super) fn missing(why: impl ToString) -> Self {
        Self { status: StatusCode::NOT_FOUND, code: "NotThere", why: why.to_string() }
    }

    /// The request is not possible now.
    pub(super) fn conflict(why: impl ToString) -> Self {
        Self { status: StatusCode::CONFLICT, code: "NotNow", why: why.to_string() }
    }
}

impl From<JsonRejection> for ViewRefusal {
    fn from(rejection: JsonRejection) -> Self {
        Self { status: rejection.status(), code: "NotUnderstood", why: rejection.body_text() }
    }
}

impl From<QueryRejection> for ViewRefusal {
    fn from(rejection: QueryRejection) -> Self {
        Self { status: rejection.status(), code: "NotUnderstood", why: rejection.body_text() }
    }
}

impl IntoResponse for ViewRefusal {
    fn into_response(self) -> Response {
        (self.status, Json(json!({ "error": { "code": self.code, "message": self.why } }))).into_response()
    }
}
