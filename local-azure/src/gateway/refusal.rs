//! Calls in the scope of a refused policy document. The document could have refused them, so all are refused.

use apim_policies::Pipeline;
use axum::body::Body;
use http::{HeaderValue, Response, StatusCode, header};

use super::PolicyFinding;
use crate::journal::Decision;

/// The policies of a scope, or why its calls are answered 500.
pub(super) type Scoped = Result<Pipeline, RefusedDocument>;

/// A refused document: its file, line and first reason.
#[derive(Clone, Default)]
pub(super) struct RefusedDocument(String);

impl RefusedDocument {
    /// Returns `None` if all findings are warnings.
    pub(super) fn new(findings: &[PolicyFinding]) -> Option<Self> {
        let refusals: Vec<_> = findings.iter().filter(|finding| finding.refuses()).collect();
        let more = match refusals.len() {
            0 | 1 => String::new(),
            count => format!(" (and {} more)", count - 1),
        };
        Some(Self(format!("a policy document of this call is refused: {}{more}", refusals.first()?)))
    }

    /// Returns the answer to a call: 500 with the reason, which the journal gets, too.
    pub(super) fn answer(&self) -> Response<Body> {
        let message = serde_json::Value::from(self.0.as_str());
        let body = format!(r#"{{ "statusCode": 500, "message": {message} }}"#);
        let mut response = Response::new(Body::from(body));
        *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.extensions_mut().insert(Decision { reason: Some(self.0.clone()), ..Decision::default() });
        response
    }
}
