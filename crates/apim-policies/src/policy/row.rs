//! The facts of the reference about a policy, and the parts of the policy that run here.

use crate::scope::Section;

/// A policy of Microsoft's reference
/// (learn.microsoft.com/azure/api-management/api-management-policies).
#[derive(Clone, Copy, Debug)]
pub struct PolicyRow {
    /// The name of the policy's element.
    pub name: &'static str,
    /// The sections that may contain the policy.
    pub sections: &'static [Section],
    /// The policy's heading in the reference.
    pub group: PolicyGroup,
    /// The parts of the policy that run.
    pub played: Played,
}

/// A heading of the reference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolicyGroup {
    /// Rate limiting and quotas
    Limits,
    /// Authentication and authorization
    Authentication,
    /// Content validation
    Validation,
    /// Routing
    Routing,
    /// Caching
    Caching,
    /// Transformation
    Transformation,
    /// Cross-domain
    CrossDomain,
    /// Integration and external communication
    Integration,
    /// Logging
    Logging,
    /// Language models
    Models,
    /// Policy control and flow
    Flow,
}

/// The parts of a policy that run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Played {
    /// Everything on the policy's page.
    Whole,
    /// Everything except this part.
    Part(&'static str),
    /// Nothing. A document with the policy is refused for this reason.
    Refused(&'static str),
}

pub(super) const I: &[Section] = &[Section::Inbound];
pub(super) const B: &[Section] = &[Section::Backend];
pub(super) const O: &[Section] = &[Section::Outbound];
pub(super) const IB: &[Section] = &[Section::Inbound, Section::Backend];
pub(super) const IO: &[Section] = &[Section::Inbound, Section::Outbound];
pub(super) const IE: &[Section] = &[Section::Inbound, Section::OnError];
pub(super) const OE: &[Section] = &[Section::Outbound, Section::OnError];
pub(super) const IBO: &[Section] = &[Section::Inbound, Section::Backend, Section::Outbound];
pub(super) const IOE: &[Section] = &[Section::Inbound, Section::Outbound, Section::OnError];
pub(super) const IBOE: &[Section] = &Section::ALL;
