//! What happened, as the log tells it.

use std::time::Duration;

use axum::extract::rejection::{BytesRejection, JsonRejection, PathRejection, QueryRejection};

use crate::host::{Inexpressible, Malformed};

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
