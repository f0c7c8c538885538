//! A finished invocation, for the journal.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use uuid::Uuid;

/// Where ended invocations go. Called from many tasks; must not block.
pub type InvocationSink = Arc<dyn Fn(&Invocation) + Send + Sync>;

/// An invocation that has ended.
#[derive(Clone, Debug)]
pub struct Invocation {
    /// `X-Azure-Functions-InvocationId`.
    pub id: Uuid,
    /// The function.
    pub function: String,
    /// Method of the request to the handler.
    pub method: String,
    /// Path of the request to the handler, without the query, which may hold keys.
    pub path: String,
    /// The caller's request. Absent for a timer.
    pub call: Option<Call>,
    /// `traceparent` of the caller's request. Absent for a timer, and where the caller sent none.
    pub traceparent: Option<String>,
    /// When it began.
    pub started: Timestamp,
    /// From the host's point of view.
    pub duration: Duration,
    /// The handler's status; 500 where it did not answer.
    pub status: u16,
    /// What the handler says about a status that is an error, or why the invocation failed; at most 500 characters.
    pub reason: Option<String>,
    /// Why it failed: the handler's status and body, or what was wrong with its answer. Absent if it succeeded.
    pub error: Option<String>,
}

/// What the caller of an HTTP function asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: String,
    /// The path, without the query, which may hold keys.
    pub path: String,
}

impl Invocation {
    /// Whether it succeeded.
    #[must_use]
    pub fn succeeded(&self) -> bool {
        self.error.is_none()
    }
}
