//! What can go wrong, by who must act, and what the caller hears of it.
//!
//! The caller hears a stable code, who refused, and nothing else: no text of another service, URL, token or secret.
//! The whole story is for the log ([`crate::telemetry`]).

use std::{fmt, sync::Arc, time::Duration};

use axum::{
    Json,
    extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection},
    response::{IntoResponse, Response},
};
use http::{
    HeaderValue, StatusCode,
    header::{CONTENT_RANGE, RETRY_AFTER},
};
use serde_json::json;

use crate::{
    config::SourceName,
    host::{Inexpressible, Malformed},
};

/// Why an invocation failed.
#[derive(Clone, Debug, thiserror::Error)]
pub(crate) enum Error {
    /// The caller sent what the function does not take.
    #[error("the request is not what this function takes")]
    Invalid(#[source] Arc<Cause>),
    /// The caller sent more than the function takes.
    #[error("the request is larger than this function takes")]
    TooLarge(#[source] Arc<Cause>),
    /// The caller sent content of a type that the function does not take.
    #[error("this function does not take content of this type")]
    UnsupportedType,
    /// What the caller asked for cannot be done with what is there.
    #[error("{0}")]
    Conflict(Conflict),
    /// What is there is not what the caller's condition (`If-Match` and the like) names.
    #[error("what is there is not what the condition of the request names")]
    Precondition,
    /// The caller asked for a part of what is not that long. Holds its length in bytes.
    #[error("the range is not within the {0} bytes that are there")]
    OutOfRange(u64),
    /// More invocations run than this process takes on. The status depends on who asked.
    #[error("too many invocations are running")]
    Busy(StatusCode),
    /// The caller asked for what is not there.
    #[error("there is no such {0}")]
    NotFound(Missing),
    /// An operator must act: a role, an audience, a key, a name is wrong.
    ///
    /// A 401 or 403 of a service is a refusal of *our* identity, never of the caller's, so it is not passed on.
    #[error("{service} refused this app{}", shown(*status))]
    Refused { service: Service, status: Option<StatusCode>, source: Arc<Cause> },
    /// Time must pass.
    #[error("{service} is unavailable{}", shown(*status))]
    Unavailable { service: Service, status: Option<StatusCode>, source: Arc<Cause> },
    /// A developer must act.
    #[error("the function failed")]
    Internal(#[source] Arc<Cause>),
    /// Some sources of one run failed; the others were written.
    #[error("{} of the sources failed", .0.len())]
    Sources(Vec<(SourceName, Error)>),
    /// Some services would not serve this app.
    #[error("{} of the services would not serve this app", .0.len())]
    Checks(Vec<Error>),
}

/// What the caller asked for in vain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    Route,
    Source,
    Snapshot,
    Blob,
    RelayPath,
}

/// Why something cannot be done with what is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Conflict {
    Exists,
    Overtaken,
    Locked,
}

/// Whom we depend on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Identity,
    KeyVault,
    Storage,
    ApiManagement,
}

/// What happened, for the log alone.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error(transparent)]
    Sdk(#[from] azure_core::Error),
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error(transparent)]
    Json(#[from] JsonRejection),
    #[error(transparent)]
    Path(#[from] PathRejection),
    #[error(transparent)]
    Query(#[from] QueryRejection),
    #[error(transparent)]
    Bytes(#[from] BytesRejection),
    #[error("the answer cannot be written as JSON: {0}")]
    Serialize(#[from] serde_json::Error),
    #[error("the host's request is no request: {0}")]
    Malformed(#[from] Malformed),
    #[error("the function's answer cannot be given to the host: {0}")]
    Inexpressible(#[from] Inexpressible),
    /// A rule of a function's, in words for its callers.
    #[error("{0}")]
    Rule(&'static str),
    #[error("more than {0} bytes came")]
    MoreThan(u64),
    #[error(
        "the container {0} does not exist, and this identity may not make it: make it, or give the role on the account"
    )]
    NoContainer(String),
    #[error("the function's answer broke off, or is larger than {0} bytes")]
    Unreadable(usize),
    /// The service's own explanation.
    #[error("it said: {0}")]
    Said(String),
    #[error("it gave no explanation")]
    Silent,
    /// A refused token: what was said, and what its claims show.
    #[error("{said}; of our token, {misfit}")]
    Token { said: String, misfit: String },
    /// A refused subscription key: what was said, and which secret it came out of.
    #[error("{said}; our key is the value of the secret {secret}")]
    Key { said: String, secret: String },
    #[error("the path leads, or may lead, to another place than below the base URL")]
    Escapes,
    #[error("the request's body broke off")]
    BrokenOff(#[source] axum::Error),
    #[error("the platform gives this process no managed identity (IDENTITY_ENDPOINT is not set)")]
    NoIdentityEndpoint,
    #[error("the secret is empty or cannot be sent in a header (does it end in a line break?)")]
    NotAKey,
    #[error("the token cannot be sent in a header")]
    NotAToken,
    #[error("an API answered more than {0} bytes")]
    TooLarge(usize),
    #[error("it took longer than {} seconds", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("the task that reads it has ended")]
    NoTask,
    #[error("panic: {0}")]
    Panic(String),
}

impl Error {
    /// `service` answered `status`, which is not success.
    pub(crate) fn answered(service: Service, status: StatusCode, cause: impl Into<Cause>) -> Self {
        let passing = status.is_server_error()
            || status == StatusCode::REQUEST_TIMEOUT
            || status == StatusCode::TOO_MANY_REQUESTS;
        let (status, source) = (Some(status), Arc::new(cause.into()));
        if passing { Self::Unavailable { service, status, source } } else { Self::Refused { service, status, source } }
    }

    /// `service` gave no usable answer, and only an operator can change that.
    pub(crate) fn refused(service: Service, cause: impl Into<Cause>) -> Self {
        Self::Refused { service, status: None, source: Arc::new(cause.into()) }
    }

    /// `service` gives no more for now: a quota is used up, whatever the status.
    pub(crate) fn exhausted(service: Service, status: StatusCode, cause: impl Into<Cause>) -> Self {
        Self::Unavailable { service, status: Some(status), source: Arc::new(cause.into()) }
    }

    /// `service` was not reached, or broke off.
    pub(crate) fn unreachable(service: Service, cause: impl Into<Cause>) -> Self {
        Self::Unavailable { service, status: None, source: Arc::new(cause.into()) }
    }

    pub(crate) fn invalid(cause: impl Into<Cause>) -> Self {
        Self::Invalid(Arc::new(cause.into()))
    }

    pub(crate) fn internal(cause: impl Into<Cause>) -> Self {
        Self::Internal(Arc::new(cause.into()))
    }

    /// The status tells a body that is too large from one that is wrong.
    fn rejected(status: StatusCode, cause: impl Into<Cause>) -> Self {
        let cause = Arc::new(cause.into());
        if status == StatusCode::PAYLOAD_TOO_LARGE { Self::TooLarge(cause) } else { Self::Invalid(cause) }
    }

    /// Whether it is the caller who must act.
    pub(crate) fn is_the_callers(&self) -> bool {
        match self {
            Self::Invalid(_) | Self::TooLarge(_) | Self::UnsupportedType | Self::NotFound(_) => true,
            Self::Conflict(_) | Self::Precondition | Self::OutOfRange(_) => true,
            Self::Busy(_) | Self::Refused { .. } | Self::Unavailable { .. } => false,
            Self::Internal(_) | Self::Sources(_) | Self::Checks(_) => false,
        }
    }

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

/// What to check when there was no answer at all.
const AT_ALL: &str = "its address, the network and the certificate authorities";

impl Service {
    fn to_check(self) -> &'static str {
        match self {
            Self::Identity => {
                "that the identity is assigned to this function app, its client ID, and the audience asked for"
            }
            Self::KeyVault => {
                "its role on the vault (Key Vault Secrets User) and the secret itself (name, state, value)"
            }
            Self::Storage => "its role on the container (Storage Blob Data Contributor) and the container's name",
            Self::ApiManagement => "its app role, the audience, the subscription key, and the API's path and backend",
        }
    }
}

impl fmt::Display for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Identity => "the identity endpoint",
            Self::KeyVault => "Key Vault",
            Self::Storage => "Blob Storage",
            Self::ApiManagement => "API Management",
        })
    }
}

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Route => "function, or it does not take this method",
            Self::Source => "source",
            Self::Snapshot => "snapshot",
            Self::Blob => "blob",
            Self::RelayPath => "path for callers to reach (RELAY_PATHS names those that there are)",
        })
    }
}

impl fmt::Display for Conflict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Exists => "there is a blob of this name; If-Match replaces it",
            Self::Overtaken => "another upload of this name ended first, and this one was not written",
            Self::Locked => "the blob of this name cannot be replaced now: it is leased, archived or held",
        })
    }
}

fn shown(status: Option<StatusCode>) -> String {
    status.map_or_else(String::new, |status| format!(" ({})", status.as_u16()))
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

#[cfg(test)]
mod tests;
