//! A service's demands on a request.

use serde::{Deserialize, Serialize};

/// One demand, in the order in which the service checks them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demand {
    /// Its kind.
    pub what: DemandKind,
    /// The claim's name, for a demand on a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The accepted values: any one of these.
    pub accepted: Vec<String>,
    /// What the request showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Whether it was met. Absent if an earlier demand was not met, because the service did not check this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub met: Option<bool>,
}

/// The kind of a demand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DemandKind {
    /// The header that guards the identity endpoint.
    IdentityHeader,
    /// An identity that the app carries.
    Identity,
    /// A subscription key of API Management.
    SubscriptionKey,
    /// A bearer token.
    Token,
    /// Its signature.
    Signature,
    /// The time in which it is valid.
    Lifetime,
    /// Whom it is for.
    Audience,
    /// Who issued it.
    Issuer,
    /// One of its claims, such as an app role.
    Claim,
    /// A role assignment.
    Role,
}

impl Demand {
    /// A demand that accepts any of these values.
    #[must_use]
    pub fn new(what: DemandKind, accepted: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let accepted = accepted.into_iter().map(Into::into).collect();
        Self { what, claim: None, accepted, found: None, met: None }
    }

    /// The same, of a claim.
    #[must_use]
    pub fn claim(name: &str, accepted: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { claim: Some(name.to_owned()), ..Self::new(DemandKind::Claim, accepted) }
    }

    /// What the request showed.
    #[must_use]
    pub fn found(mut self, found: Option<impl Into<String>>) -> Self {
        self.found = found.map(Into::into);
        self
    }

    /// Whether it was met.
    #[must_use]
    pub fn met(mut self, met: impl Into<Option<bool>>) -> Self {
        self.met = met.into();
        self
    }
}
