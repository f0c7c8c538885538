//! The reasons why a model, or the gateway before it, gave no answer.

use std::{fmt, time::Duration};

/// The reason why a model, or the gateway before it, gave no answer.
///
/// The codes and statuses are documented:
/// <https://learn.microsoft.com/azure/foundry/openai/how-to/troubleshoot-errors>. A missing role is a 401 there, never
/// a 403.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ModelProblem {
    /// The caller must change the prompt: the content filter refused it, for these categories.
    ContentFilter(Vec<String>),
    /// The caller must send less: the messages do not fit into the model's context.
    ContextLength,
    /// The caller must change the request: the model does not accept it. Holds the parameter that the model names.
    InvalidRequest(Option<String>),
    /// An operator must assign a role: the identity that called the model lacks this data action.
    MissingRole(Option<String>),
    /// An operator must correct the scope: the token is not for the model.
    TokenRefused,
    /// An operator must remove the key: the account accepts Entra tokens only.
    KeysDisabled,
    /// An operator must correct the deployment's name, or wait five minutes after it was created.
    NoDeployment,
    /// An operator must correct the address: the service does not know the path or version.
    NoSuchPath,
    /// An operator must act: network rules, or a suspended account.
    Forbidden,
    /// The caller must wait: the deployment's rate, or the region's capacity, is used up.
    RateLimited,
    /// The caller must wait: the gateway's token limit (`OpenAITokenLimitExceeded`).
    TokenLimit,
    /// The caller must wait: the gateway's token quota (`OpenAITokenQuotaExceeded`).
    TokenQuota,
    /// The caller must try again later: the service failed.
    Failed,
    /// The caller must try again later: the answer ended before it was complete.
    BrokenOff,
}

/// A [`ModelProblem`] with details for the log, without any text of a prompt or an answer.
#[derive(Clone, Debug)]
pub struct ModelRefusal {
    pub(crate) problem: ModelProblem,
    /// The service's explanation, if it cannot quote the request.
    pub(crate) said: Option<String>,
    pub(crate) wait: Option<Duration>,
    pub(crate) request_id: Option<String>,
}

impl ModelRefusal {
    /// The problem.
    #[must_use]
    pub fn problem(&self) -> &ModelProblem {
        &self.problem
    }

    /// The time that the service asks its callers to wait.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        self.wait
    }

    /// The service's own ID of the request, for its support.
    #[must_use]
    pub fn request_id(&self) -> Option<&str> {
        self.request_id.as_deref()
    }
}

impl ModelProblem {
    /// Returns a stable word for programs, if the caller must act.
    pub(super) fn code(&self) -> &'static str {
        match self {
            Self::ContentFilter(_) => "content_filter",
            Self::ContextLength => "context_length_exceeded",
            _ => "invalid_request",
        }
    }
}

impl std::error::Error for ModelRefusal {}

impl fmt::Display for ModelRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { problem, said, wait, request_id } = self;
        write!(f, "{problem}")?;
        if let Some(said) = said {
            write!(f, "; it said: {said}")?;
        }
        if let Some(wait) = wait {
            write!(f, "; it asks to wait {} seconds", wait.as_secs_f64())?;
        }
        if let Some(id) = request_id {
            write!(f, "; its request ID is {id}")?;
        }
        Ok(())
    }
}

impl fmt::Display for ModelProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ContentFilter(categories) if categories.is_empty() => f.write_str("the content filter refused it"),
            Self::ContentFilter(categories) => write!(f, "the content filter refused it ({})", categories.join(", ")),
            Self::ContextLength => f.write_str("the messages are longer than the model's context"),
            Self::InvalidRequest(None) => f.write_str("the model does not take the request"),
            Self::InvalidRequest(Some(parameter)) => write!(f, "the model does not take it because of {parameter}"),
            Self::MissingRole(None) => {
                f.write_str("the identity that called it has no role on the account, or not yet")
            }
            Self::MissingRole(Some(action)) => {
                write!(f, "the identity that called it lacks the data action {action} on the account")
            }
            Self::TokenRefused => f.write_str("the token is not one for it: its audience or its lifetime does not fit"),
            Self::KeysDisabled => f.write_str("a key was sent, and the account takes Entra tokens only"),
            Self::NoDeployment => f.write_str("the account has no deployment of this name"),
            Self::NoSuchPath => f.write_str("it has no such path or api-version"),
            Self::Forbidden => f.write_str("it is closed to this network, or suspended"),
            Self::RateLimited => f.write_str("the rate of the deployment is used up"),
            Self::TokenLimit => f.write_str("the gateway's token limit is reached (OpenAITokenLimitExceeded)"),
            Self::TokenQuota => f.write_str("the gateway's token quota is used up (OpenAITokenQuotaExceeded)"),
            Self::Failed => f.write_str("it failed"),
            Self::BrokenOff => f.write_str("the answer ended before it was complete"),
        }
    }
}
