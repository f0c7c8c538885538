//! The trace of each policy's work on a request.

mod log;
mod secrets;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc, time::Duration};

pub use self::secrets::Secrets;
pub(crate) use self::{
    log::TraceLog,
    secrets::{names_secret, names_secret_header},
};
use crate::scope::{Scope, Section};

/// The trace of one policy for a request.
#[derive(Clone, Debug)]
pub struct PolicyRun {
    /// The policy's element, such as `validate-jwt`.
    pub policy: &'static str,
    /// The policy's `id` attribute.
    pub id: Option<String>,
    /// The section in which the policy ran.
    pub section: Section,
    /// The scope of the policy's document, or of the document that includes its fragment.
    pub scope: Scope,
    /// The name that the embedder gave to the document.
    pub document: Option<Arc<str>>,
    /// The policy's fragment, if it is in one.
    pub fragment: Option<Arc<str>>,
    /// The policy's line in the document or the fragment.
    pub line: usize,
    /// The path to the policy's parent in the section, such as `choose[3]/when[2]`; empty at the top.
    pub path: String,
    /// The values of the policy's expressions, in the order of evaluation.
    pub values: Vec<ExpressionValue>,
    /// The policy's decisions and their reasons.
    pub decisions: Vec<String>,
    /// The next step after the policy.
    pub end: PolicyEnd,
    /// The duration of the policy, including inner policies and waiting.
    pub duration: Duration,
}

/// The value of a policy's expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionValue {
    /// The attribute with the expression, or the element whose text is the expression.
    pub name: String,
    /// The value as text, shortened, without secrets.
    pub value: String,
}

/// The next step after a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyEnd {
    /// The next policy.
    Passed,
    /// The answer to the caller: `return-response`, or a response from a cache.
    Answered,
    /// `on-error`.
    Failed,
}

/// `inbound   api        choose[1]/when[1]/set-header`
impl fmt::Display for PolicyRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, section, path, policy, .. } = self;
        let slash = if path.is_empty() { "" } else { "/" };
        write!(f, "{section:<8}  {scope:<9}  {path}{slash}{policy}")
    }
}
