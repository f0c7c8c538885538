//! The place of a policy, for traces and `context.LastError`.

use std::sync::Arc;

use crate::scope::Scope;

/// The place of a policy.
#[derive(Debug)]
pub(crate) struct Location {
    /// The name of the policy's element, `LastError.Source`.
    pub(crate) name: &'static str,
    /// The element's own `id`, `LastError.PolicyId`; every policy may have one.
    pub(crate) id: Option<String>,
    pub(crate) scope: Scope,
    /// `LastError.Path`
    pub(crate) path: String,
    /// The fragment whose file contains the policy.
    pub(crate) fragment: Option<Arc<str>>,
    /// The policy's line in the file.
    pub(crate) line: usize,
}
