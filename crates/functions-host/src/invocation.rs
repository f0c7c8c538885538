//! A finished invocation, for the journal.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use uuid::Uuid;

/// The sink of finished invocations. It is called from many tasks and must not block.
pub type InvocationSink = Arc<dyn Fn(&Invocation) + Send + Sync>;

/// A finished invocation.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// The value of `X-Azure-Functions-InvocationId`.
    pub id: Uuid,
    /// The function's name.
    pub function: String,
    /// The method of the request to the handler.
    pub method: String,
    /// The path of the request to the handler, without the query, which may hold keys.
    pub path: String,
    /// The caller's request. Absent for a timer.
    pub call: Option<Call>,
    /// `traceparent` of the caller's request. Absent for a timer, or if the caller sent none.
    pub traceparent: Option<String>,
    /// The start of the invocation.
    pub started: Timestamp,
    /// The duration, measured by the host.
    pub duration: Duration,
    /// The handler's status, or 500 if it did not answer.
    pub status: u16,
    /// The handler's text for an error status, or the reason of a failed invocation; at most 500 characters.
    pub reason: Option<String>,
    /// The cause of a failure: the handler's status and body, or the problem of its answer. Absent if the invocation
    /// succeeded.
    pub error: Option<String>,
}

/// The request of an HTTP function's caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The path, without the query, which may hold keys.
    pub path: String,
}

impl Invocation {
    /// Reports whether the invocation succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }
}
