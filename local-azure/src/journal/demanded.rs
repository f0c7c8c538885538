//! A service's demands on a request.

use serde::{Deserialize, Serialize};

/// One demand, in the order in which the service checks them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Demand {
    /// The kind of the demand.
    pub what: DemandKind,
    /// The claim's name, for a demand on a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub claim: Option<String>,
    /// The accepted values: any one of these.
    pub accepted: Vec<String>,
    /// The value that the request showed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// Whether the demand was met. Absent if an earlier demand was not met, because the service did not check this one.
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
    /// The token's signature.
    Signature,
    /// The time in which the token is valid.
    Lifetime,
    /// The token's audience.
    Audience,
    /// The token's issuer.
    Issuer,
    /// A claim of the token, such as an app role.
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

    /// A demand on a claim that accepts any of these values.
    #[must_use]
    pub fn claim(name: &str, accepted: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { claim: Some(name.to_owned()), ..Self::new(DemandKind::Claim, accepted) }
    }

    /// Sets the value that the request showed.
    #[must_use]
    pub fn found(mut self, found: Option<impl Into<String>>) -> Self {
        self.found = found.map(Into::into);
        self
    }

    /// Sets whether the demand was met.
    #[must_use]
    pub fn met(mut self, met: impl Into<Option<bool>>) -> Self {
        self.met = met.into();
        self
    }
}
