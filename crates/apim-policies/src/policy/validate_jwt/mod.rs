//! `validate-jwt`: checks a token, its signature and its claims
//! (learn.microsoft.com/azure/api-management/validate-jwt-policy).
//!
//! It checks the signature first, then lifetime, audience and issuer, and the required claims last. The first failure
//! decides the error for the caller and `on-error`. If no key fits and the token names an unknown key, a failure of
//! lifetime, issuer or audience is reported instead. The caller gets `JWT not present.` or `Invalid JWT.`, both
//! captured from live gateways.
//!
//! Keys of RSA certificates verify RS256, RS512 and PS256, and decrypt tokens that are encrypted to them. Keys of
//! elliptic-curve certificates verify nothing. A token's header names these keys as in Microsoft.IdentityModel; API
//! Management does not document this.

mod load;
#[cfg(test)]
mod tests;

use jiff::SignedDuration;
use url::Url;

pub(super) use self::load::load;
use super::prelude::*;
use super::{
    required_claims::{self, Claim},
    token_policy::TokenPolicy,
};
use crate::token::{DecryptionKey, RefusalText, RequiredClaim, Rules, SigningKey};

const ANSWER: RefusalText = RefusalText { not_present: "JWT not present.", invalid: "Invalid JWT." };

/// The policy as written. The documented defaults are filled in when it runs.
#[derive(Debug)]
pub(crate) struct ValidateJwt {
    token: TokenPolicy,
    require_expiration: Option<Setting<bool>>,
    /// The required scheme. It is checked in the Authorization header only.
    scheme: Option<Setting<String>>,
    require_signed: Option<Setting<bool>>,
    /// The allowed difference of clocks in seconds.
    clock_skew: Option<Setting<u32>>,
    open_id: Vec<Setting<Url>>,
    keys: Vec<SigningKey>,
    decryption_keys: Vec<DecryptionKey>,
    audiences: Vec<Setting<String>>,
    /// The accepted issuers besides those of the discovery documents.
    issuers: Vec<Setting<String>>,
    required_claims: Vec<Claim>,
}

impl ValidateJwt {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let scheme = run.get_any(self.scheme.as_ref()).await?;
        let token = self.token.find(scheme.as_deref(), run).await?;
        let required_claims = required_claims::settle(&self.required_claims, run).await?;
        let rules = self.rules(&required_claims, run).await?;
        let verified = rules.verify(token.as_deref(), &run.state.open_id, run.outside).await;
        self.token.settle(verified, &ANSWER, run).await
    }

    async fn rules<'p, O: Outside>(
        &'p self,
        required_claims: &'p [RequiredClaim],
        run: &mut Run<'_, O>,
    ) -> Result<Rules<'p>, Failure> {
        Ok(Rules {
            open_id: run.get_all(&self.open_id).await?,
            keys: &self.keys,
            decryption_keys: &self.decryption_keys,
            require_signed: run.get_any(self.require_signed.as_ref()).await?.unwrap_or(true),
            require_expiration: run.get_any(self.require_expiration.as_ref()).await?.unwrap_or(true),
            clock_skew: SignedDuration::from_secs(run.get_any(self.clock_skew.as_ref()).await?.unwrap_or(0).into()),
            audiences: run.get_all(&self.audiences).await?,
            issuers: run.get_all(&self.issuers).await?,
            required_claims,
        })
    }
}
