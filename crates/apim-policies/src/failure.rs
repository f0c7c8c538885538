//! Failures: the response to the caller, and `context.LastError` for `on-error`.
//!
//! Sources, reasons and messages are those of
//! learn.microsoft.com/azure/api-management/api-management-error-handling-policies. The bodies of the subscription key
//! refusals are those of learn.microsoft.com/troubleshoot/azure/api-mgmt/availability/unauthorized-errors-invoke-apis.
//! The first page has slightly different words for these bodies.

use std::fmt;

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

use crate::{
    expression,
    location::Location,
    outside::NoReply,
    scope::{Scope, Section},
};

/// `context.LastError`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastError {
    /// The policy or built-in step that failed, such as `validate-jwt`.
    pub source: &'static str,
    /// Machine-readable cause; may be empty.
    pub reason: &'static str,
    /// Human-readable cause.
    pub message: String,
    /// Scope of the failed policy; `None` for a built-in step.
    pub scope: Option<Scope>,
    /// Section of the failed policy; `None` for a built-in step.
    pub section: Option<Section>,
    /// The path to the failed policy's parent in its section, such as `choose[3]/when[2]`, counted from 1; empty at the
    /// top.
    pub path: String,
    /// The failed policy's `id` attribute.
    pub policy_id: Option<String>,
}

impl LastError {
    /// Records which policy failed, unless a policy inside it failed.
    pub(crate) fn locate(&mut self, location: &Location, section: Section) {
        if self.section.is_some() {
            return;
        }
        if self.source.is_empty() {
            self.source = location.name;
        }
        self.scope = Some(location.scope);
        self.section = Some(section);
        self.path.clone_from(&location.path);
        self.policy_id.clone_from(&location.id);
    }
}

/// `context.LastError` for expressions.
impl From<LastError> for expression::LastError {
    fn from(error: LastError) -> Self {
        let text = |of: Option<&dyn fmt::Display>| of.map(ToString::to_string).unwrap_or_default();
        Self {
            source: error.source.to_owned(),
            reason: error.reason.to_owned(),
            message: error.message,
            scope: text(error.scope.as_ref().map(|scope| scope as _)),
            section: text(error.section.as_ref().map(|section| section as _)),
            path: error.path,
            policy_id: error.policy_id.unwrap_or_default(),
        }
    }
}

impl fmt::Display for LastError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.reason.is_empty() {
            write!(f, "{}: ", self.reason)?;
        }
        f.write_str(&self.message)
    }
}

/// A failure, which ends the normal course of a request.
#[derive(Clone, Debug)]
pub struct Failure(Box<Details>);

#[derive(Clone, Debug)]
struct Details {
    error: LastError,
    status: StatusCode,
    /// `message` in the body of the default error response.
    public_message: String,
    /// The headers of the error response, except the content type.
    headers: HeaderMap,
    /// The body shows the request's GUID, as it does for internal errors.
    shows_activity: bool,
    /// The backend did not answer, or the policy treats its error status as a failure.
    is_of_backend: bool,
    /// The current response stays: it is the backend's own.
    keeps_response: bool,
}

impl Failure {
    pub(crate) fn new(
        source: &'static str,
        reason: &'static str,
        message: String,
        status: StatusCode,
        public_message: String,
    ) -> Self {
        let path = String::new();
        let error = LastError { source, reason, message, scope: None, section: None, path, policy_id: None };
        let headers = HeaderMap::new();
        Self(Box::new(Details {
            error,
            status,
            public_message,
            headers,
            shows_activity: false,
            is_of_backend: false,
            keeps_response: false,
        }))
    }

    /// Creates the failure of an expression whose value does not fit its place.
    pub(crate) fn expression(cause: &str) -> Self {
        let message = format!("Expression evaluation failed. {cause}");
        Self::internal("", "ExpressionValueEvaluationFailure", message)
    }

    /// Creates the failure of an expression that gives no value for a required field. The words are a live gateway's.
    pub(crate) fn invalid_value(field: &str) -> Self {
        let message = format!("Expression value is invalid. The {field} field is required.");
        Self::internal("", "ExpressionValueEvaluationFailure", message)
    }

    /// Reports whether the caller learns only that an error occurred.
    pub(crate) fn is_internal(&self) -> bool {
        self.0.shows_activity
    }

    /// Reports whether `retry` checks its condition before the failure goes on.
    pub(crate) fn is_of_backend(&self) -> bool {
        self.0.is_of_backend
    }

    /// Reports whether the current response is the answer to the failure.
    pub(crate) fn keeps_response(&self) -> bool {
        self.0.keeps_response
    }

    /// Creates the failure of a backend's error status that the policy treats as a failure.
    pub(crate) fn error_status(status: u16) -> Self {
        let mut failure = Self::internal("", "", format!("The backend answered {status}."));
        failure.0.is_of_backend = true;
        failure.0.keeps_response = true;
        failure
    }

    pub(crate) fn error(&self) -> &LastError {
        &self.0.error
    }

    pub(crate) fn error_mut(&mut self) -> &mut LastError {
        &mut self.0.error
    }

    pub(crate) fn into_error(self) -> LastError {
        self.0.error
    }

    /// Sets a different message for the caller.
    pub(crate) fn with_public_message(mut self, message: String) -> Self {
        self.0.public_message = message;
        self
    }

    /// Adds a header to the error response.
    pub(crate) fn with_header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.insert(name, value);
        self
    }

    /// Creates the failure of a request that matches no API or operation.
    #[must_use]
    pub fn operation_not_found() -> Self {
        Self::new(
            "configuration",
            "OperationNotFound",
            "Unable to match incoming request to an operation.".to_owned(),
            StatusCode::NOT_FOUND,
            "Resource not found".to_owned(),
        )
    }

    /// Creates the failure of a request without the subscription key that the API needs.
    #[must_use]
    pub fn subscription_key_not_found(challenge: HeaderValue) -> Self {
        Self::key(
            "SubscriptionKeyNotFound",
            "Access denied due to missing subscription key. Make sure to include subscription key when making \
             requests to an API.",
            challenge,
        )
    }

    /// Creates the failure of a key that belongs to no active subscription for this API.
    #[must_use]
    pub fn subscription_key_invalid(challenge: HeaderValue) -> Self {
        Self::key(
            "SubscriptionKeyInvalid",
            "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
             subscription.",
            challenge,
        )
    }

    fn key(reason: &'static str, message: &str, challenge: HeaderValue) -> Self {
        let message = message.to_owned();
        Self::new("authorization", reason, message.clone(), StatusCode::UNAUTHORIZED, message)
            .with_header(header::WWW_AUTHENTICATE, challenge)
    }

    /// Creates a failure that is not the caller's fault. The caller learns only that an error occurred.
    pub(crate) fn internal(source: &'static str, reason: &'static str, message: String) -> Self {
        let public = "Internal server error".to_owned();
        let mut failure = Self::new(source, reason, message, StatusCode::INTERNAL_SERVER_ERROR, public);
        failure.0.shows_activity = true;
        failure
    }

    /// Creates the failure of a policy's request that got no response.
    pub(crate) fn no_reply(cause: &NoReply) -> Self {
        let reason = match cause {
            NoReply::Unreachable(_) => "BackendConnectionFailure",
            NoReply::TimedOut => "Timeout",
            NoReply::ClientGone(_) => "ClientConnectionFailure",
        };
        let mut failure = Self::internal("", reason, cause.to_string());
        failure.0.is_of_backend = !matches!(cause, NoReply::ClientGone(_));
        failure
    }

    /// Returns the error response before `on-error` sees it. `request_id` is called if the body shows the ID.
    pub(crate) fn response(&self, request_id: impl FnOnce() -> String) -> expression::Response {
        let Details { status, public_message, headers, shows_activity, .. } = &*self.0;
        let activity = shows_activity.then(request_id);
        let body = body(*status, public_message, activity.as_deref());
        let mut headers = headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        expression::Response {
            status_code: status.as_u16(),
            status_reason: status.canonical_reason().unwrap_or_default().to_owned(),
            headers,
            body: Some(expression::Body::new(body)),
        }
    }
}

/// Writes the body in one line, with a space inside each brace and after each colon and comma, as captured from live
/// gateways.
fn body(status: StatusCode, message: &str, activity: Option<&str>) -> String {
    let status = status.as_u16();
    let message = serde_json::Value::from(message);
    match activity {
        None => format!(r#"{{ "statusCode": {status}, "message": {message} }}"#),
        Some(id) => {
            let id = serde_json::Value::from(id);
            format!(r#"{{ "statusCode": {status}, "message": {message}, "activityId": {id} }}"#)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(failure: &Failure) -> String {
        let response = failure.response(|| "0f8b".to_owned());
        String::from_utf8(response.body.unwrap().content().unwrap().to_vec()).unwrap()
    }

    /// The lengths were captured in the `Content-Length` of live gateways.
    #[test]
    fn bodies_are_those_of_a_live_gateway() {
        let challenge = HeaderValue::from_static("x");
        assert_eq!(text(&Failure::subscription_key_not_found(challenge.clone())).len(), 152);
        assert_eq!(text(&Failure::subscription_key_invalid(challenge)).len(), 143);
        let not_found = text(&Failure::operation_not_found());
        assert_eq!(not_found, r#"{ "statusCode": 404, "message": "Resource not found" }"#);
        assert_eq!(not_found.len(), 54);
        assert_eq!(
            text(&Failure::internal("forward-request", "BackendConnectionFailure", "refused".to_owned())),
            r#"{ "statusCode": 500, "message": "Internal server error", "activityId": "0f8b" }"#
        );
    }

    #[test]
    fn a_message_cannot_break_out_of_the_body() {
        let failure = Failure::new("x", "", String::new(), StatusCode::FORBIDDEN, "a\"b\n".to_owned());
        assert_eq!(text(&failure), r#"{ "statusCode": 403, "message": "a\"b\n" }"#);
    }
}
