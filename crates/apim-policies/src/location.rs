//! The place of a policy, for traces and `context.LastError`.

use std::sync::Arc;

use crate::scope::Scope;

/// The place of a policy.
#[derive(Debug)]
pub(crate) struct Location {
    /// Name of its element, `LastError.Source`.
    pub(crate) name: &'static str,
    /// The element's own `id`, `LastError.PolicyId`; every policy may have one.
    pub(crate) id: Option<String>,
    pub(crate) scope: Scope,
    /// `LastError.Path`
    pub(crate) path: String,
    /// The fragment whose file it stands in.
    pub(crate) fragment: Option<Arc<str>>,
    /// Its line in the file.
    pub(crate) line: usize,
}
