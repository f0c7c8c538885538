//! The app's own errors, besides those of the services, and the answers to the caller.
//!
//! The caller gets a stable code and a sentence, without any text of another service. The error and its causes are for
//! the log: the extensions of the response hold the error, where `functions-handler` finds it.

use std::{error::Error as StdError, fmt, iter::successors, sync::Arc};

use functions_handler::{
    axum::{
        Json,
        extract::rejection::{PathRejection, QueryRejection},
        response::{IntoResponse, Response},
    },
    http::{
        HeaderValue, StatusCode,
        header::{CONTENT_RANGE, RETRY_AFTER},
    },
};
use serde_json::json;

use crate::sources::SourceName;

/// The reason why an invocation failed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    /// A service of Azure, or the request to it.
    #[error(transparent)]
    Azure(#[from] keyless::Error),
    #[error("the request is not what this function takes")]
    Rejected(#[source] Box<dyn StdError + Send + Sync>),
    /// The caller broke a rule of the function.
    #[error("the request is not what this function takes: {0}")]
    Rule(&'static str),
    #[error("the request is larger than this function takes: more than {0} bytes came")]
    TooLarge(u64),
    #[error("this function does not take content of this type")]
    UnsupportedType,
    /// The value is the length of the blob in bytes.
    #[error("the range is not within the {0} bytes of the blob")]
    OutOfRange(u64),
    #[error("there is no such {0}")]
    NotFound(Missing),
    /// Some sources of one run failed; the others were written.
    #[error("{} of the sources failed: {}", .0.len(), each(.0))]
    Sources(Vec<(SourceName, Error)>),
    /// Some services do not accept this app.
    #[error("{} of the services would not serve this app: {}", .0.len(), checks(.0))]
    Checks(Vec<keyless::Error>),
}

/// The thing that the caller asked for and that does not exist.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Source,
    Snapshot,
    RelayPath,
    Model,
}

impl Error {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Azure(error) => error.status(),
            Self::Rejected(_) | Self::Rule(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::UnsupportedType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::OutOfRange(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Sources(failed) => failed.first().map_or(StatusCode::INTERNAL_SERVER_ERROR, |(_, e)| e.status()),
            Self::Checks(failed) => failed.first().map_or(StatusCode::INTERNAL_SERVER_ERROR, keyless::Error::status),
        }
    }

    /// Returns a stable word for programs.
    fn code(&self) -> &'static str {
        match self {
            Self::Azure(error) => error.code(),
            Self::Rejected(_) | Self::Rule(_) => "invalid_request",
            Self::TooLarge(_) => "request_too_large",
            Self::UnsupportedType => "unsupported_media_type",
            Self::OutOfRange(_) => "range_not_satisfiable",
            Self::NotFound(_) => "not_found",
            Self::Sources(failed) => failed.first().map_or("internal", |(_, error)| error.code()),
            Self::Checks(failed) => failed.first().map_or("internal", keyless::Error::code),
        }
    }

    /// Returns a sentence for people. It is the same for the same code, service and status.
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Azure(error) => error.message(),
            Self::TooLarge(_) => "the request is larger than this function takes.".to_owned(),
            Self::Sources(failed) => {
                let each: Vec<_> = failed.iter().map(|(name, error)| format!("{name}: {}", error.message())).collect();
                each.join(" ")
            }
            Self::Checks(failed) => failed.iter().map(keyless::Error::message).collect::<Vec<_>>().join(" "),
            Self::Rejected(_) | Self::Rule(_) | Self::UnsupportedType | Self::OutOfRange(_) | Self::NotFound(_) => {
                format!("{self}.")
            }
        }
    }
}

impl From<PathRejection> for Error {
    fn from(rejection: PathRejection) -> Self {
        Self::Rejected(rejection.into())
    }
}

impl From<QueryRejection> for Error {
    fn from(rejection: QueryRejection) -> Self {
        Self::Rejected(rejection.into())
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let body = json!({ "error": { "code": self.code(), "message": self.message() } });
        let mut response = (self.status(), Json(body)).into_response();
        if let Self::OutOfRange(length) = &self {
            let length = HeaderValue::try_from(format!("bytes */{length}"));
            response.headers_mut().extend(length.ok().map(|length| (CONTENT_RANGE, length)));
        }
        if let Self::Azure(error) = &self
            && let Some(wait) = error.retry_after()
        {
            let seconds = HeaderValue::try_from(wait.as_millis().div_ceil(1000).to_string());
            response.headers_mut().extend(seconds.ok().map(|seconds| (RETRY_AFTER, seconds)));
        }
        let error: Arc<dyn StdError + Send + Sync> = Arc::new(self);
        response.extensions_mut().insert(error);
        response
    }
}

/// Writes each failure with all its sources, because a list has no chain of sources that the log could follow.
fn each(failed: &[(SourceName, Error)]) -> String {
    failed.iter().map(|(name, error)| format!("{name}: {}", chain(error))).collect::<Vec<_>>().join("; ")
}

fn checks(failed: &[keyless::Error]) -> String {
    failed.iter().map(|error| chain(error)).collect::<Vec<_>>().join("; ")
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let mut layers: Vec<_> = successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    // Some errors only wrap their source.
    layers.dedup();
    layers.join(": ")
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Snapshot => "snapshot",
            Self::Model => "model: no setting OPENAI__… names one",
            Self::RelayPath => "path for callers to reach (RELAY_PATHS names those that there are)",
        })
    }
}

#[cfg(test)]
mod tests {
    use functions_handler::axum::body::to_bytes;
    use serde_json::Value;

    use super::*;

    fn refused() -> keyless::Error {
        keyless::Error::internal("S3CRET detail")
    }

    async fn body(error: Error) -> Value {
        let bytes = to_bytes(error.into_response().into_body(), usize::MAX).await.unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[tokio::test]
    async fn every_error_has_its_status_and_code_and_keeps_its_cause_to_itself() {
        let source = SourceName::parse("orders").unwrap();
        for (error, status, code) in [
            (Error::Azure(keyless::Error::Precondition), 412, "precondition_failed"),
            (Error::Azure(refused()), 500, "internal"),
            (Error::Rejected("S3CRET".into()), 400, "invalid_request"),
            (Error::Rule("a rule"), 400, "invalid_request"),
            (Error::TooLarge(7), 413, "request_too_large"),
            (Error::UnsupportedType, 415, "unsupported_media_type"),
            (Error::OutOfRange(7), 416, "range_not_satisfiable"),
            (Error::NotFound(Missing::Snapshot), 404, "not_found"),
            (Error::Sources(vec![(source, refused().into())]), 500, "internal"),
            (Error::Checks(vec![refused()]), 500, "internal"),
        ] {
            assert_eq!(error.status().as_u16(), status, "{error:?}");
            let body = body(error).await;
            assert_eq!(body["error"]["code"], code);
            assert!(!body.to_string().contains("S3CRET"), "{body}");
        }
    }

    #[tokio::test]
    async fn failed_sources_are_named_and_the_log_has_their_causes() {
        let source = SourceName::parse("orders").unwrap();
        let error = Error::Sources(vec![(source, refused().into())]);
        assert_eq!(error.to_string(), "1 of the sources failed: orders: the function failed: S3CRET detail");
        assert!(body(error).await["error"]["message"].as_str().unwrap().starts_with("orders: the function failed"));
    }
}
