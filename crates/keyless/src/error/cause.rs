//! The cause of an error, for the log.

use std::{error::Error as StdError, fmt, iter::successors, time::Duration};

use super::model::ModelRefusal;

/// The cause of an error: for the log, never for callers. It holds no token, no key and no secret value.
#[derive(thiserror::Error)]
#[non_exhaustive]
pub enum Cause {
    /// An error of an Azure SDK client.
    #[error(transparent)]
    Sdk(#[from] azure_core::Error),
    /// An error of the HTTP client.
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    /// A value that cannot become JSON, or unexpected JSON.
    #[error("the JSON is not what was expected: {0}")]
    Json(#[from] serde_json::Error),
    /// The service's own explanation, without credentials.
    #[error("it said: {0}")]
    Said(String),
    /// The service gave no explanation.
    #[error("it gave no explanation")]
    Silent,
    /// A refused token: the service's text, and the claim that does not fit.
    #[error("{said}; of our token, {mismatch}")]
    Token {
        /// The service's explanation.
        said: String,
        /// The claim that does not fit, as far as a caller can know.
        mismatch: String,
    },
    /// A refused subscription key.
    #[error("{said}; our key is the value of the secret {secret}")]
    Key {
        /// The service's explanation.
        said: String,
        /// The name of the secret that holds the key.
        secret: String,
    },
    /// A success status with a body that does not come from the service.
    #[error("the answer is {found} instead of {expected}: a portal, proxy or firewall answers in place of the service")]
    NotTheService {
        /// The property of a real answer from the service.
        expected: &'static str,
        /// The property of this answer.
        found: String,
    },
    /// A path that could lead outside the base URL.
    #[error("the path leads, or may lead, to another place than below the base URL")]
    Escapes,
    /// The caller's body broke off.
    #[error("the request's body broke off")]
    BrokenOff(#[source] Box<dyn StdError + Send + Sync>),
    /// A body stopped flowing.
    #[error("the body paused for longer than {} seconds", .0.as_secs_f64())]
    Paused(Duration),
    /// The request breaks a rule of this library.
    #[error("{0}")]
    Rule(&'static str),
    /// The platform sets no `IDENTITY_ENDPOINT`.
    #[error("the platform gives this process no managed identity (IDENTITY_ENDPOINT is not set)")]
    NoIdentityEndpoint,
    /// The refusal of a model, or of the gateway before it.
    #[error(transparent)]
    Model(Box<ModelRefusal>),
    /// The value of the secret cannot be sent as a key.
    #[error("the secret is empty or cannot be sent in a header (does it end in a line break?)")]
    NotAKey,
    /// The token is not a valid header value.
    #[error("the token cannot be sent in a header")]
    NotAToken,
    /// The container is missing and this identity cannot create it.
    #[error(
        "the container {0} does not exist, and this identity may not create it: create it, or give the role on the \
         account"
    )]
    NoContainer(String),
    /// An answer that is larger than the caller accepts.
    #[error("the answer has more than {0} bytes")]
    TooLarge(usize),
    /// A time limit of this library was reached.
    #[error("it took longer than {} seconds", .0.as_secs_f64())]
    TooSlow(Duration),
    /// The call was never sent. During its whole time, this many calls of its client waited for answers.
    #[error("it was not sent in its time: {0} calls of this client were still waiting for answers")]
    NoPlace(usize),
    /// The background task of a kept value has ended.
    #[error("the task that reads it has ended")]
    NoTask,
    /// The HTTP client cannot be made.
    #[error("the HTTP client cannot be made: {0}")]
    NoClient(String),
    /// An error of the app or of another library.
    #[error(transparent)]
    Other(Box<dyn StdError + Send + Sync>),
}

/// Shows all texts of the chain in one line. The SDK's errors also hold other data, such as whole answers; no log gets
/// that data.
impl fmt::Debug for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers = successors(Some(self as &dyn StdError), |&error| error.source());
        let mut texts: Vec<_> = layers.map(ToString::to_string).collect();
        // Some errors only wrap their source.
        texts.dedup();
        write!(f, "{:?}", texts.join(": "))
    }
}
