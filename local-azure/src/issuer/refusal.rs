//! Entra's error object, for the token endpoint, discovery and the endpoint of virtual machines.
//!
//! Shape:
//! <https://learn.microsoft.com/entra/identity-platform/reference-error-codes#handling-error-codes-in-your-application>

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::TokenError;
use crate::journal::Decision;

/// Why Entra refuses. The text has no character that JSON escapes: some clients search the raw body for codes.
#[derive(Debug)]
pub(crate) struct EntraRefusal {
    status: StatusCode,
    /// OAuth's error name, such as `invalid_client`.
    error: &'static str,
    /// The number after `AADSTS`; absent if Azure's number is not known and the text is ours.
    code: Option<u32>,
    text: String,
}

impl EntraRefusal {
    /// Creates a refusal with one of Entra's codes; `text` follows the code.
    pub(super) fn new(status: StatusCode, error: &'static str, code: u32, text: impl AsRef<str>) -> Self {
        Self { status, error, code: Some(code), text: plain(&format!("AADSTS{code}: {}", text.as_ref())) }
    }

    /// Returns 401 `invalid_client`: the client is not authenticated.
    pub(super) fn invalid_client(code: u32, text: impl AsRef<str>) -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "invalid_client", code, text)
    }

    /// Returns 400 `invalid_request`.
    pub(super) fn invalid_request(code: u32, text: impl AsRef<str>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "invalid_request", code, text)
    }

    /// Returns 400 `invalid_request` for a request that only local-azure does not understand.
    pub(super) fn not_understood(text: impl AsRef<str>) -> Self {
        Self { status: StatusCode::BAD_REQUEST, error: "invalid_request", code: None, text: plain(text.as_ref()) }
    }

    /// Returns the same refusal with another OAuth error name: discovery has its own for a missing tenant.
    pub(super) fn under(self, error: &'static str) -> Self {
        Self { error, ..self }
    }

    /// Returns the error object; `correlation` is the client's ID of its request.
    pub(crate) fn body(&self, correlation: Uuid) -> Value {
        let trace = Uuid::new_v4();
        let timestamp = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let mut body = json!({
            "error": self.error,
            "error_description":
                format!("{} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}", self.text),
            "error_codes": Vec::from_iter(self.code),
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
        });
        if let Some(code) = self.code {
            body["error_uri"] = json!(format!("https://login.microsoftonline.com/error?code={code}"));
        }
        body
    }

    /// Returns the answer; `decision` holds the facts about the request so far.
    pub(super) fn respond(self, correlation: Uuid, decision: Decision) -> Response {
        let mut response = (self.status, Json(self.body(correlation))).into_response();
        response.extensions_mut().insert(Decision { reason: Some(self.text), ..decision });
        response
    }
}

impl From<TokenError> for EntraRefusal {
    fn from(error: TokenError) -> Self {
        let (status, word, code) = match error {
            TokenError::UnknownResource { .. } => (StatusCode::BAD_REQUEST, "invalid_resource", Some(500_011)),
            TokenError::AssignmentRequired { .. } => (StatusCode::BAD_REQUEST, "invalid_grant", Some(501_051)),
            TokenError::Signing => (StatusCode::INTERNAL_SERVER_ERROR, "server_error", None),
        };
        Self { status, error: word, code, text: plain(&error.to_string()) }
    }
}

/// Removes the characters that JSON would escape.
fn plain(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '"' | '\\')).collect()
}
