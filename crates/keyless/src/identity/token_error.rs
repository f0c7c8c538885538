//! The error of a caller that gets no token.

use std::{error::Error as StdError, fmt, sync::Arc, time::Duration};

use azure_core::error::ErrorKind;

use super::{
    answer::{EndpointAnswer, layers},
    problem::IdentityProblem,
    recorded::FailedTry,
};
use crate::kept::{FetchFailure, Stopped};

/// The reason why there is no token. All callers that waited for the same fetch share one error.
///
/// It is the source of an [`azure_core::Error`] of kind `Credential`, where [`TokenError::within`] finds it. Its own
/// source is the credential's error.
#[derive(Clone, Debug)]
pub struct TokenError(Arc<Details>);

#[derive(Debug)]
struct Details {
    scope: String,
    problem: IdentityProblem,
    answer: Option<EndpointAnswer>,
    cause: azure_core::Error,
}

impl TokenError {
    /// Makes the error of a failed credential. `last` is the failure of its last try, if it was recorded.
    pub(super) fn failed(scope: String, error: azure_core::Error, last: Option<FailedTry>) -> Self {
        let in_error = EndpointAnswer::within(&error);
        let problem = last.as_ref().map_or_else(|| IdentityProblem::from_error(&error), FailedTry::problem);
        let answer = last.and_then(FailedTry::into_answer).or(in_error.clone());
        let cause = match (&answer, in_error) {
            // The status must be in the chain, although the SDK lost it.
            (Some(answer), None) => azure_core::Error::with_error(kind(answer), error, "the answer was not understood"),
            _ => error,
        };
        Self::new(scope, problem, answer, cause)
    }

    /// Makes the error of a credential that took longer than `limit` and was stopped.
    pub(super) fn late(scope: String, limit: Duration, last: Option<FailedTry>) -> Self {
        let problem = last.as_ref().map_or(IdentityProblem::EndpointTimeout, FailedTry::problem);
        let answer = last.and_then(FailedTry::into_answer);
        let kind = answer.as_ref().map_or(ErrorKind::Io, kind);
        let cause = azure_core::Error::with_message(kind, format!("gave up after {} seconds", limit.as_secs()));
        Self::new(scope, problem, answer, cause)
    }

    pub(super) fn stopped(scope: String, why: Stopped) -> Self {
        let message = match why {
            Stopped::TaskEnded => "the task that fetches it has ended",
            Stopped::NoRuntime => "asked for outside of a Tokio runtime",
        };
        let cause = azure_core::Error::with_message(ErrorKind::Other, message);
        Self::new(scope, IdentityProblem::Other, None, cause)
    }

    fn new(scope: String, problem: IdentityProblem, answer: Option<EndpointAnswer>, cause: azure_core::Error) -> Self {
        Self(Arc::new(Details { scope, problem, answer, cause }))
    }

    /// The problem that an operator must correct.
    #[must_use]
    pub fn problem(&self) -> IdentityProblem {
        self.0.problem
    }

    /// Finds the first `TokenError` in a chain of errors.
    #[must_use]
    pub fn within<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        layers(error).find_map(|layer| layer.downcast_ref())
    }
}

fn kind(answer: &EndpointAnswer) -> ErrorKind {
    ErrorKind::HttpResponse { status: answer.status, error_code: None, raw_response: None }
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { scope, problem, answer, .. } = &*self.0;
        write!(f, "no token for {scope}: {problem}")?;
        match answer {
            None => Ok(()),
            Some(EndpointAnswer { status, said: None }) => write!(f, " (the answer was {})", u16::from(*status)),
            Some(EndpointAnswer { status, said: Some(said) }) => {
                write!(f, " (the answer was {}: {said})", u16::from(*status))
            }
        }
    }
}

// This is written by hand. `thiserror` would give a shared error as a source that cannot be downcast to that error.
impl StdError for TokenError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0.cause)
    }
}

impl From<TokenError> for azure_core::Error {
    fn from(error: TokenError) -> Self {
        Self::new(ErrorKind::Credential, error)
    }
}

impl FetchFailure for TokenError {
    fn clears(&self) -> bool {
        false
    }

    fn retry_after(&self) -> Option<Duration> {
        None
    }
}

#[cfg(test)]
impl IdentityProblem {
    /// Reads the error of a credential or of a token cache.
    pub(super) fn from_credential_error(error: &(dyn StdError + 'static)) -> Self {
        TokenError::within(error).map_or_else(|| Self::from_error(error), TokenError::problem)
    }
}
