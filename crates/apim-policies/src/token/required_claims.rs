//! `required-claims`: every listed claim must exist and contain all or any of the listed values.
//!
//! Claim names are those in the token (`roles`, `scp`). Values are compared as text, exactly.

use super::{Jwt, UnmetClaim, refusal::TokenRefusal};

#[derive(Debug)]
pub(crate) struct RequiredClaim {
    pub(crate) name: String,
    pub(crate) matching: Match,
    /// The separator of the token's value. It does not split the policy's values.
    pub(crate) separator: Option<String>,
    /// The required values. If the list is empty, the claim must only exist.
    pub(crate) values: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Match {
    All,
    Any,
}

/// Checks the claims. Returns the name of each with those of its required values that were found.
pub(super) fn check(required: &[RequiredClaim], jwt: &Jwt) -> Result<Vec<(String, Vec<String>)>, TokenRefusal> {
    let missing: Vec<_> = required
        .iter()
        .filter(|claim| claim.found(jwt).is_empty())
        .map(|claim| claim.unmet(claim.values.clone()))
        .collect();
    if !missing.is_empty() {
        return Err(TokenRefusal::MissingClaims(missing));
    }
    required.iter().map(|claim| claim.check(jwt)).collect()
}

impl RequiredClaim {
    fn check(&self, jwt: &Jwt) -> Result<(String, Vec<String>), TokenRefusal> {
        let found = self.found(jwt);
        let (present, absent): (Vec<_>, Vec<_>) = self.values.iter().cloned().partition(|value| found.contains(value));
        let holds = match self.matching {
            Match::All => absent.is_empty(),
            Match::Any => !present.is_empty() || self.values.is_empty(),
        };
        if holds { Ok((self.name.clone(), present)) } else { Err(TokenRefusal::ClaimValue(self.unmet(absent))) }
    }

    fn unmet(&self, values: Vec<String>) -> UnmetClaim {
        UnmetClaim { name: self.name.clone(), values, any: self.matching == Match::Any }
    }

    fn found(&self, jwt: &Jwt) -> Vec<String> {
        let values = jwt.values(&self.name);
        match &self.separator {
            None => values,
            Some(separator) => {
                values.iter().flat_map(|value| value.split(separator.as_str()).map(str::to_owned)).collect()
            }
        }
    }
}
