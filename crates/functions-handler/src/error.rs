//! The reasons why an invocation failed outside the function's own code, and the answer to the host or caller.
//!
//! A failing response carries its error in its extensions as [`SharedError`]; the log line of the invocation shows it.

use std::{error::Error, sync::Arc, time::Duration};

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER};
use serde_json::json;

/// The error of a response, in its extensions. Its type is from the standard library, so that any crate can put one
/// there.
pub(crate) type SharedError = Arc<dyn Error + Send + Sync>;

/// The reason for a failed invocation, by the party that must act.
#[derive(Debug, thiserror::Error)]
pub(crate) enum InvocationError {
    /// The caller or the host must act.
    #[error("the request is not what this function takes")]
    Invalid(#[source] PayloadError),
    #[error("the request is larger than this function takes")]
    TooLarge,
    /// The sender must try again later. The status depends on the sender.
    #[error("too many invocations are running")]
    Busy(StatusCode),
    #[error("there is no such function, or it does not take this method")]
    NoFunction,
    /// A developer must act.
    #[error("the function failed")]
    Failed(#[source] Failure),
}

/// Why a request of the host cannot be dispatched to a function.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PayloadError {
    #[error("the body broke off")]
    BrokenOff,
    #[error("the body is not an object with Data and Metadata: {0}")]
    NotAPayload(#[source] serde_json::Error),
    #[error("Data has no \"{0}\", which is the binding of the trigger in function.json; it has {1}")]
    NoTrigger(String, String),
    #[error("Data has no binding \"{0}\"")]
    NoBinding(String),
    #[error("the value of the binding \"{0}\": {1}")]
    Value(String, #[source] serde_json::Error),
    #[error("the method, path or query is not that of an HTTP request")]
    Target,
    #[error("the parameter {0} of the route is missing")]
    Parameter(String),
    #[error("the body should be base64 and is not")]
    Base64,
}

/// A failure that a developer must fix.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("it took longer than {} seconds", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("panic: {0}")]
    Panic(String),
    #[error("the answer broke off, or is larger than {0} bytes")]
    Unreadable(usize),
    #[error(
        "the answer cannot be given to the host: its body is not text, which is all that the host takes from a function with further bindings"
    )]
    BinaryBody,
    #[error(
        "the answer cannot be given to the host: it sets several cookies; the host takes one from a function with further bindings"
    )]
    Cookies,
    #[error("the answer cannot be given to the host: its header {0} is not text")]
    Header(HeaderName),
    #[error(
        "the answer cannot be given to the host: its {0} is a date and time alone, which the host writes in another form where the function's request travels as JSON; put it into a JSON document, or words around it"
    )]
    Date(String),
    #[error("the output \"{0}\" cannot be written as JSON: {1}")]
    Output(String, String),
    #[error("the function sets the output \"{0}\", and its function.json has no such binding")]
    NoSuchOutput(String),
    #[error("{0} is for functions that the host calls with a payload; this one gets the caller's request")]
    NoPayload(&'static str),
    #[error("RestOfPath is for functions whose route ends in a catch-all, such as {{*rest}}")]
    NoCatchAll,
}

impl InvocationError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::Busy(status) => *status,
            Self::NoFunction => StatusCode::NOT_FOUND,
            Self::Failed(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// Returns a stable word for programs.
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::TooLarge => "request_too_large",
            Self::Busy(_) => "busy",
            Self::NoFunction => "not_found",
            Self::Failed(_) => "internal",
        }
    }
}

impl From<PayloadError> for InvocationError {
    fn from(error: PayloadError) -> Self {
        Self::Invalid(error)
    }
}

impl From<Failure> for InvocationError {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// The response does not show the cause, which is only for the log.
impl IntoResponse for InvocationError {
    fn into_response(self) -> Response {
        let again = if let Self::Busy(_) = self { ": try again later" } else { "" };
        let body = json!({ "error": { "code": self.code(), "message": format!("{self}{again}.") } });
        let mut response = (self.status(), Json(body)).into_response();
        if let Self::Busy(_) = self {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        response.extensions_mut().insert::<SharedError>(Arc::new(self));
        response
    }
}
