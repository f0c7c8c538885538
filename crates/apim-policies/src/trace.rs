//! What a policy did, for who watches.

use std::fmt;

use crate::scope::{Scope, Section};

/// One line of a request's trace.
#[derive(Clone, Copy, Debug)]
pub struct Trace<'t> {
    /// Scope of the policy's document.
    pub scope: Scope,
    /// Where the policy ran.
    pub section: Section,
    /// What holds the policy, as `choose[3]/when[2]`; empty at the top.
    pub path: &'t str,
    /// Name of the policy.
    pub policy: &'t str,
    /// What it decided, and why.
    pub text: &'t str,
}

/// `inbound  api  choose[1]/when[1]/set-header: …`
impl fmt::Display for Trace<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scope, section, path, policy, text } = self;
        let slash = if path.is_empty() { "" } else { "/" };
        write!(f, "{section:<8}  {scope:<9}  {path}{slash}{policy}: {text}")
    }
}
