//! The error of a caller that gets no token.

use std::{error::Error as StdError, fmt, iter::successors, sync::Arc, time::Duration};

use azure_core::error::ErrorKind;

use super::{
    IdentityProblem,
    answers::{Answer, Heard},
};

/// Why there is no token. All who waited for the same fetch have the same one.
///
/// It comes within an [`azure_core::Error`] of kind `Credential`; [`TokenError::within`] finds it there. Below it is
/// the credential's own error.
#[derive(Clone, Debug)]
pub(crate) struct TokenError(Arc<Details>);

#[derive(Debug)]
struct Details {
    scope: String,
    problem: IdentityProblem,
    answer: Option<Answer>,
    cause: azure_core::Error,
}

impl TokenError {
    /// The credential failed; `heard` is what its last try came to, as far as anybody listened.
    pub(super) fn failed(scope: String, error: azure_core::Error, heard: Option<Heard>) -> Self {
        let in_error = Answer::within(&error);
        let problem = match &heard {
            Some(heard) => IdentityProblem::of_heard(heard),
            None => IdentityProblem::of(&error),
        };
        let answer = answer(heard).or(in_error.clone());
        let cause = match (&answer, in_error) {
            // Whoever looks for a status in the chain must find it, although the SDK lost it.
            (Some(answer), None) => azure_core::Error::with_error(kind(answer), error, "the answer was not understood"),
            _ => error,
        };
        Self::new(scope, problem, answer, cause)
    }

    /// The credential was at it for `limit`, and was stopped.
    pub(super) fn late(scope: String, limit: Duration, heard: Option<Heard>) -> Self {
        let problem = heard.as_ref().map_or(IdentityProblem::EndpointTimeout, IdentityProblem::of_heard);
        let answer = answer(heard);
        let kind = answer.as_ref().map_or(ErrorKind::Io, kind);
        let cause = azure_core::Error::with_message(kind, format!("gave up after {} seconds", limit.as_secs()));
        Self::new(scope, problem, answer, cause)
    }

    pub(super) fn stopped(scope: String) -> Self {
        let cause = azure_core::Error::with_message(ErrorKind::Other, "the task that fetches it has ended");
        Self::new(scope, IdentityProblem::Other, None, cause)
    }

    pub(super) fn no_runtime(scope: String) -> Self {
        let cause = azure_core::Error::with_message(ErrorKind::Other, "asked for outside of a Tokio runtime");
        Self::new(scope, IdentityProblem::Other, None, cause)
    }

    fn new(scope: String, problem: IdentityProblem, answer: Option<Answer>, cause: azure_core::Error) -> Self {
        Self(Arc::new(Details { scope, problem, answer, cause }))
    }

    pub(crate) fn problem(&self) -> IdentityProblem {
        self.0.problem
    }

    /// The first of its kind in a chain of errors.
    pub(crate) fn within<'a>(error: &'a (dyn StdError + 'static)) -> Option<&'a Self> {
        layers(error).find_map(|layer| layer.downcast_ref())
    }

    /// The last error of the chain, the one nearest to what happened.
    pub(super) fn root(&self) -> &(dyn StdError + 'static) {
        layers(self).last().unwrap_or(self)
    }
}

fn answer(heard: Option<Heard>) -> Option<Answer> {
    match heard {
        Some(Heard::Answer(answer)) => Some(answer),
        _ => None,
    }
}

fn kind(answer: &Answer) -> ErrorKind {
    ErrorKind::HttpResponse { status: answer.status, error_code: None, raw_response: None }
}

/// An error and all that it comes from.
pub(super) fn layers<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |&error| error.source())
}

impl fmt::Display for TokenError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Details { scope, problem, answer, .. } = &*self.0;
        write!(f, "no token for {scope}: {problem}")?;
        match answer {
            None => Ok(()),
            Some(Answer { status, said: None }) => write!(f, " (the answer was {})", u16::from(*status)),
            Some(Answer { status, said: Some(said) }) => write!(f, " (the answer was {}: {said})", u16::from(*status)),
        }
    }
}

// By hand, since what `thiserror` gives as the source of a shared error cannot be downcast to that error.
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
