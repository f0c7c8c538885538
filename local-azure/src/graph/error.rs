//! Microsoft Graph's error object (<https://learn.microsoft.com/graph/errors>).

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

/// The challenge for a client without a token.
const CHALLENGE: &str = "Bearer realm=\"\", authorization_uri=\"https://login.microsoftonline.com/common/oauth2/authorize\", client_id=\"00000003-0000-0000-c000-000000000000\"";

/// Why Microsoft Graph refuses.
#[derive(Debug, thiserror::Error)]
pub(super) enum GraphError {
    #[error("{0}")]
    Token(&'static str),
    #[error("Insufficient privileges to complete the operation.")]
    Denied,
    #[error("Resource '{0}' does not exist or one of its queried reference-property objects are not present.")]
    NotFound(String),
    #[error("{text}")]
    BadRequest { code: &'static str, text: String },
}

impl GraphError {
    /// Returns 400 for a request that is not understood.
    pub(super) fn bad_request(text: impl Into<String>) -> Self {
        Self::BadRequest { code: "BadRequest", text: text.into() }
    }

    /// Returns 400 for a query option that is not understood.
    pub(super) fn unsupported_query(text: impl Into<String>) -> Self {
        Self::BadRequest { code: "Request_UnsupportedQuery", text: text.into() }
    }

    /// Returns 400 for an invalid assignment.
    pub(super) fn bad_assignment(text: impl Into<String>) -> Self {
        Self::BadRequest { code: "Request_BadRequest", text: text.into() }
    }

    const fn status_and_code(&self) -> (StatusCode, &'static str) {
        match self {
            Self::Token(_) => (StatusCode::UNAUTHORIZED, "InvalidAuthenticationToken"),
            Self::Denied => (StatusCode::FORBIDDEN, "Authorization_RequestDenied"),
            Self::NotFound(_) => (StatusCode::NOT_FOUND, "Request_ResourceNotFound"),
            Self::BadRequest { code, .. } => (StatusCode::BAD_REQUEST, code),
        }
    }

    pub(super) fn respond(self, request: &HeaderMap) -> Response {
        let (status, code) = self.status_and_code();
        let id = Uuid::new_v4().to_string();
        let named = request.get("client-request-id").and_then(|value| value.to_str().ok());
        let body = json!({ "error": {
            "code": code,
            "message": self.to_string(),
            "innerError": {
                "date": Timestamp::now().strftime("%Y-%m-%dT%H:%M:%S").to_string(),
                "request-id": id,
                "client-request-id": named.unwrap_or(&id),
            },
        } });
        let mut response = (status, Json(body)).into_response();
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(CHALLENGE));
        }
        response
    }
}
