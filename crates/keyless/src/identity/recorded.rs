//! Records how each try of one fetch ends, because a fetch that is stopped during the SDK's retries leaves no error.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use azure_core::http::{
    AsyncRawResponse, Context, Request,
    policies::{Policy, PolicyResult},
};

use super::{answer::EndpointAnswer, problem::IdentityProblem};

/// The failure of one try to get a token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum FailedTry {
    Answered(EndpointAnswer),
    Unanswered(IdentityProblem),
}

impl FailedTry {
    pub(super) fn problem(&self) -> IdentityProblem {
        match self {
            Self::Answered(answer) => IdentityProblem::from_answer(answer),
            Self::Unanswered(problem) => *problem,
        }
    }

    pub(super) fn into_answer(self) -> Option<EndpointAnswer> {
        match self {
            Self::Answered(answer) => Some(answer),
            Self::Unanswered(_) => None,
        }
    }
}

/// The failure of the last try of one fetch, if that try failed. It travels in the request's [`Context`].
#[derive(Debug, Default)]
pub(super) struct LastTry(Mutex<Option<FailedTry>>);

impl LastTry {
    pub(super) fn failed(&self) -> Option<FailedTry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn record(&self, failed: Option<FailedTry>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = failed;
    }
}

/// Put it into `per_try_policies` of each credential that a cache uses. Without it, only the SDK's errors can be
/// classified.
#[derive(Debug)]
pub(super) struct RecordAnswers;

#[async_trait]
#[expect(elided_lifetimes_in_paths, reason = "spelt out, it is another signature than the trait's to async-trait")]
impl Policy for RecordAnswers {
    async fn send(&self, ctx: &Context, request: &mut Request, next: &[Arc<dyn Policy>]) -> PolicyResult {
        let sent = next[0].send(ctx, request, &next[1..]).await;
        let Some(last) = ctx.value::<Arc<LastTry>>() else { return sent };
        match sent {
            Ok(response) if !response.status().is_success() => {
                let (status, headers, body) = response.deconstruct();
                let body = body.collect().await?;
                last.record(Some(FailedTry::Answered(EndpointAnswer::new(status, &body))));
                Ok(AsyncRawResponse::from_bytes(status, headers, body))
            }
            Ok(response) => {
                last.record(None);
                Ok(response)
            }
            Err(error) => {
                last.record(Some(FailedTry::Unanswered(IdentityProblem::from_error(&error))));
                Err(error)
            }
        }
    }
}
