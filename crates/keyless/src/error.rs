//! Errors, grouped by the party that must act.
//!
//! [`Error::message`] is for callers: a stable sentence that names the service. It holds no text of another service, no
//! URL, no token and no secret. The chain of sources is for the log.

mod cause;
mod model;
#[cfg(feature = "axum")]
mod response;
mod service;
#[cfg(test)]
mod tests;

use std::{convert::Infallible, error::Error as StdError, fmt, sync::Arc, time::Duration};

use http::StatusCode;

pub use self::{
    cause::Cause,
    model::{ModelProblem, ModelRefusal},
    service::Service,
};

/// The things to check if there was no answer at all.
const NETWORK: &str = "its address, the network and the certificate authorities";

/// The reason for a failed call. The variant says who must act.
///
/// A 401 or 403 from a service refuses *our* identity, not the caller's: its [`Error::status`] is 502.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The caller must act: the request is wrong, or its body broke off.
    #[error("the request is not what this function takes")]
    Invalid(#[source] Arc<Cause>),
    /// The caller must act: the resource is not in the state that the request needs.
    #[error("{0}")]
    Conflict(Conflict),
    /// The caller must act: a condition such as `If-Match` does not hold.
    #[error("what is there is not what the condition of the request names")]
    Precondition,
    /// The caller asked for something that does not exist.
    #[error("there is no such {0}")]
    NotFound(&'static str),
    /// An operator must act: a role, an audience, a key or a name is wrong.
    #[error("{service} refused this app{}", shown(*status))]
    Refused {
        /// The service that refused.
        service: Service,
        /// The status, if there was an answer.
        status: Option<StatusCode>,
        /// The cause.
        source: Arc<Cause>,
    },
    /// The caller must try again later: the service is down, busy or out of reach.
    #[error("{service} is unavailable{}", shown(*status))]
    Unavailable {
        /// The service that is unavailable.
        service: Service,
        /// The status, if there was an answer.
        status: Option<StatusCode>,
        /// The cause.
        source: Arc<Cause>,
    },
    /// A developer must act.
    #[error("the function failed")]
    Internal(#[source] Arc<Cause>),
}

/// The reason why a blob cannot be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Conflict {
    /// A blob of this name exists.
    Exists,
    /// A concurrent upload of this name finished first.
    Overtaken,
    /// The blob is leased, archived or under a hold.
    Locked,
}

impl Error {
    /// Makes an error on which the caller must act.
    pub fn invalid(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Invalid(Arc::new(Cause::Other(cause.into())))
    }

    /// Makes an error on which a developer must act.
    pub fn internal(cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self::Internal(Arc::new(Cause::Other(cause.into())))
    }

    pub(crate) fn invalid_by(cause: impl Into<Cause>) -> Self {
        Self::Invalid(Arc::new(cause.into()))
    }

    pub(crate) fn internal_by(cause: impl Into<Cause>) -> Self {
        Self::Internal(Arc::new(cause.into()))
    }

    /// Makes the error of an answer of `service` whose `status` is not success.
    pub(crate) fn answered(service: Service, status: StatusCode, cause: impl Into<Cause>) -> Self {
        let passing = status.is_server_error()
            || status == StatusCode::REQUEST_TIMEOUT
            || status == StatusCode::TOO_MANY_REQUESTS;
        let (status, source) = (Some(status), Arc::new(cause.into()));
        if passing { Self::Unavailable { service, status, source } } else { Self::Refused { service, status, source } }
    }

    /// Makes an error: `service` gave no usable answer, and only an operator can change that.
    pub(crate) fn refused(service: Service, cause: impl Into<Cause>) -> Self {
        Self::Refused { service, status: None, source: Arc::new(cause.into()) }
    }

    /// Makes an error: `service` gives no more for now, because a quota is used up. The status may be any.
    pub(crate) fn exhausted(service: Service, status: StatusCode, cause: impl Into<Cause>) -> Self {
        Self::Unavailable { service, status: Some(status), source: Arc::new(cause.into()) }
    }

    /// Makes an error: `service` was not reached, or broke off.
    pub(crate) fn unreachable(service: Service, cause: impl Into<Cause>) -> Self {
        Self::Unavailable { service, status: None, source: Arc::new(cause.into()) }
    }

    /// The HTTP status for the caller.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::BAD_REQUEST,
            Self::Conflict(_) => StatusCode::CONFLICT,
            Self::Precondition => StatusCode::PRECONDITION_FAILED,
            Self::NotFound(_) => StatusCode::NOT_FOUND,
            Self::Refused { .. } => StatusCode::BAD_GATEWAY,
            Self::Unavailable { .. } => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The refusal of a model, or of the gateway before it.
    #[must_use]
    pub fn model_refusal(&self) -> Option<&ModelRefusal> {
        match self {
            Self::Invalid(cause) | Self::Refused { source: cause, .. } | Self::Unavailable { source: cause, .. } => {
                match &**cause {
                    Cause::Model(refusal) => Some(refusal),
                    _ => None,
                }
            }
            Self::Conflict(_) | Self::Precondition | Self::NotFound(_) | Self::Internal(_) => None,
        }
    }

    /// The time that a model asks its callers to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.model_refusal()?.retry_after()
    }

    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid(cause) => match &**cause {
                Cause::Model(refusal) => refusal.problem.code(),
                _ => "invalid_request",
            },
            Self::Conflict(_) => "conflict",
            Self::Precondition => "precondition_failed",
            Self::NotFound(_) => "not_found",
            Self::Refused { .. } => "upstream_refused",
            Self::Unavailable { .. } => "upstream_unavailable",
            Self::Internal(_) => "internal",
        }
    }

    /// A sentence for people. It is the same for the same code, service and status.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Refused { service, .. } => format!("{self}: an operator must check {}.", service.to_check()),
            Self::Unavailable { service, status, .. } => {
                let check = if status.is_some() { service.to_check() } else { NETWORK };
                format!("{self}: try again later; if that does not help, an operator must check {check}.")
            }
            Self::Invalid(cause) => match **cause {
                Cause::Rule(rule) => format!("{self}: {rule}."),
                Cause::Model(ref refusal) => format!("{self}: {}.", refusal.problem),
                _ => format!("{self}."),
            },
            Self::Conflict(_) | Self::Precondition | Self::NotFound(_) | Self::Internal(_) => format!("{self}."),
        }
    }
}

/// A function can thus take a text, or a name or path that was parsed before.
impl From<Infallible> for Error {
    fn from(never: Infallible) -> Self {
        match never {}
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
