//! What can go wrong, by who must act, and what the caller hears of it.
//!
//! The caller hears a stable code, who refused, and nothing else: no text of another service, URL, token or secret.
//! The whole story is for the log ([`crate::telemetry`]).
//!
//! | file | holds |
//! |---|---|
//! | `answer` | status, code and sentence for the caller |
//! | `cause` | what happened, for the log |
//! | `rejection` | requests that extractors reject |
//! | `service` | whom we depend on, and what to check there |

mod answer;
mod cause;
mod rejection;
mod service;

use std::{fmt, sync::Arc};

use http::StatusCode;

pub(crate) use self::{cause::Cause, service::Service};
use crate::config::SourceName;

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

    /// Whether it is the caller who must act.
    pub(crate) fn is_the_callers(&self) -> bool {
        match self {
            Self::Invalid(_) | Self::TooLarge(_) | Self::UnsupportedType | Self::NotFound(_) => true,
            Self::Conflict(_) | Self::Precondition | Self::OutOfRange(_) => true,
            Self::Busy(_) | Self::Refused { .. } | Self::Unavailable { .. } => false,
            Self::Internal(_) | Self::Sources(_) | Self::Checks(_) => false,
        }
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

#[cfg(test)]
mod tests;
