//! What the caller hears of an error: status, code, sentence. This is the only place that makes a response of one.

use axum::{
    Json,
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_RANGE, RETRY_AFTER},
};
use serde_json::json;

use super::{Cause, Error};

/// What to check when there was no answer at all.
const AT_ALL: &str = "its address, the network and the certificate authorities";

impl Error {
    /// The status that the host, and behind it the caller, gets.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Precondition => StatusCode::PRECONDITION_FAILED,
            Self::OutOfRange(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Busy(status) => *status,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Refused { .. } => StatusCode::BAD_GATEWAY,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Self::Sources(failed) => failed.first().map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, e)| e.status()),
            Self::Checks(failed) => failed.first().map_or(StatusCode::INTERNAL_SERVER_ERROR, Self::status),
        }
    }

    /// A stable word for programs.
    fn code(&self) -> &'static str {
        match self {
            Self::Invalid(_) => "invalid_request",
            Self::TooLarge(_) => "request_too_large",
            Self::UnsupportedType => "unsupported_media_type",
            Self::Conflict(_) => "conflict",
            Self::Precondition => "precondition_failed",
            Self::OutOfRange(_) => "range_not_satisfiable",
            Self::Busy(_) => "busy",
            Self::NotFound(_) => "not_found",
            Self::Refused { .. } => "upstream_refused",
            Self::Unavailable { .. } => "upstream_unavailable",
            Self::Internal(_) => "internal",
            Self::Sources(failed) => failed.first().map_or("internal", |(_, error)| error.code()),
            Self::Checks(failed) => failed.first().map_or("internal", Self::code),
        }
    }

    /// A sentence for people, the same for the same code, service and status.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Refused { service, .. } => format!("{self}: an operator must check {}.", service.to_check()),
            Self::Unavailable { service, status, .. } => {
                let check = if status.is_some() { service.to_check() } else { AT_ALL };
                format!("{self}: try again later; if that does not help, an operator must check {check}.")
            }
            Self::Sources(failed) => {
                let each: Vec<_> = failed.iter().map(|(name, error)| format!("{name}: {}", error.message())).collect();
                each.join(" ")
            }
            Self::Checks(failed) => failed.iter().map(Self::message).collect::<Vec<_>>().join(" "),
            Self::Busy(_) => format!("{self}: try again later."),
            Self::Invalid(cause) | Self::TooLarge(cause) => match **cause {
                Cause::Rule(rule) => format!("{self}: {rule}."),
                _ => format!("{self}."),
            },
            _ => format!("{self}."),
        }
    }
}

/// Without side effects: the error travels in the response's extensions, from where it is logged once.
impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.message() } });
        let mut response = (self.status(), Json(body)).into_response();
        match self {
            Self::Busy(_) => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            Self::OutOfRange(length) => {
                let length = HeaderValue::try_from(format!("bytes */{length}"));
                response.headers_mut().extend(length.ok().map(|length| (CONTENT_RANGE, length)));
            }
            _ => {}
        }
        response.extensions_mut().insert(self);
        response
    }
}
