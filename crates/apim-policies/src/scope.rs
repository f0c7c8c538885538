//! Scopes and sections of policy documents.

use std::fmt;

/// The scope of a policy document, from broad to narrow.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// All APIs.
    Global,
    /// One product.
    Product,
    /// One API.
    Api,
    /// One operation of an API.
    Operation,
}

impl fmt::Display for Scope {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Global => "global",
            Self::Product => "product",
            Self::Api => "api",
            Self::Operation => "operation",
        })
    }
}

/// A section of a policy document. The first three run in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// The policies before the request goes to the backend.
    Inbound,
    /// The policies that send the request.
    Backend,
    /// The policies before the response goes to the caller.
    Outbound,
    /// The policies after a failure in any other section.
    OnError,
}

impl Section {
    pub(crate) const ALL: [Self; 4] = [Self::Inbound, Self::Backend, Self::Outbound, Self::OnError];

    /// Returns the section whose element has this name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|section| section.name() == name)
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Backend => "backend",
            Self::Outbound => "outbound",
            Self::OnError => "on-error",
        }
    }
}

impl fmt::Display for Section {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}
