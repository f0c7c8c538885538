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

/// What one policy did with a request.
#[derive(Clone, Debug)]
pub struct PolicyRun {
    /// Its element, such as `validate-jwt`.
    pub policy: &'static str,
    /// Its `id` attribute.
    pub id: Option<String>,
    /// Where it ran.
    pub section: Section,
    /// Scope of its document, or of the one that includes its fragment.
    pub scope: Scope,
    /// The name that the embedder gave to the document.
    pub document: Option<Arc<str>>,
    /// The fragment that it stands in.
    pub fragment: Option<Arc<str>>,
    /// Its line in the document or the fragment.
    pub line: usize,
    /// What holds it in its section, as `choose[3]/when[2]`; empty at the top.
    pub path: String,
    /// What its expressions gave, in the order in which it asked.
    pub values: Vec<ExpressionValue>,
    /// What it decided, and why.
    pub decisions: Vec<String>,
    /// What came after it.
    pub end: PolicyEnd,
    /// How long it took, with what it holds and with what it waited for.
    pub duration: Duration,
}

/// What an expression of a policy gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpressionValue {
    /// The attribute, or the element whose text the expression is.
    pub name: String,
    /// The value as text, shortened, without what is secret.
    pub value: String,
}

/// What came after a policy.
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
