//! `validate-azure-ad-token`: checks a token of one Entra tenant, or of any tenant
//! (learn.microsoft.com/azure/api-management/validate-azure-ad-token-policy).
//!
//! Both versions of tokens are accepted, each from its own issuer. The texts for the caller were captured from live
//! gateways; the page has another text for a missing token. The reason for a missing token was seen on a live gateway
//! too. The other reasons are not documented; here they are those of `validate-jwt`.

mod load;
#[cfg(test)]
mod refusals;
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
use crate::token::{
    DecryptionKey, Jwt, OpenIdCache, RefusalText, Rules, TokenFailure, TokenRefusal, UnmetClaim, ValidatedToken,
};

const ANSWER: RefusalText = RefusalText { not_present: "Azure AD JWT not present", invalid: "Invalid Azure AD JWT" };

#[derive(Debug)]
pub(crate) struct ValidateAzureAdToken {
    token: TokenPolicy,
    /// The identifier or domain of the tenant, `common` or `organizations`, alone or at the end of a URL.
    tenant: Setting<String>,
    /// The address of the discovery documents, without a slash at its end.
    endpoint: String,
    client_ids: Vec<String>,
    backend_ids: Vec<String>,
    audiences: Vec<Setting<String>>,
    required_claims: Vec<Claim>,
    decryption_keys: Vec<DecryptionKey>,
}

impl ValidateAzureAdToken {
    pub(super) async fn run<O: Outside>(&self, run: &mut Run<'_, O>) -> Result<(), Failure> {
        let token = self.token.find(Some("Bearer"), run).await?;
        let discovery = self.discovery(&run.get(&self.tenant).await?)?;
        let required_claims = required_claims::settle(&self.required_claims, run).await?;
        let rules = Rules {
            open_id: vec![discovery],
            keys: &[],
            decryption_keys: &self.decryption_keys,
            require_signed: true,
            require_expiration: true,
            clock_skew: SignedDuration::ZERO,
            audiences: run.get_all(&self.audiences).await?,
            issuers: Vec::new(),
            required_claims: &required_claims,
        };
        let verified = self.verify(&rules, token.as_deref(), &run.state.open_id, run.outside).await;
        self.token.settle(verified, &ANSWER, run).await
    }

    async fn verify<O: Outside>(
        &self,
        rules: &Rules<'_>,
        token: Option<&str>,
        cache: &OpenIdCache,
        outside: &O,
    ) -> Result<ValidatedToken, TokenFailure> {
        let mut checked = rules.signature(token, cache, outside).await?;
        checked.published_issuers = issuers(&checked.jwt, &checked.published_issuers);
        let token = rules.claims(checked, outside.now())?;
        match self.applications(&token.jwt) {
            Ok(()) => Ok(token),
            Err(refusal) => {
                // The token's issuer is already accepted.
                let issuers = token.jwt.values("iss");
                Err(rules.refused(refusal, token.jwt, true, issuers))
            }
        }
    }

    /// Checks the client and the backend of the token. The comparison is exact, because live gateways are not known to
    /// be lenient.
    fn applications(&self, jwt: &Jwt) -> Result<(), TokenRefusal> {
        let client = if version(jwt) == Some(Version::One) { "appid" } else { "azp" };
        if !self.client_ids.is_empty()
            && !jwt.text(client).is_some_and(|id| self.client_ids.iter().any(|one| one == id))
        {
            let values = self.client_ids.clone();
            return Err(TokenRefusal::ClaimValue(UnmetClaim { name: client.to_owned(), values, any: true }));
        }
        let audiences = jwt.values("aud");
        let is_backend = |id: &String| audiences.iter().any(|aud| aud.strip_prefix("api://").unwrap_or(aud) == id);
        if !self.backend_ids.is_empty() && !self.backend_ids.iter().any(is_backend) {
            return Err(TokenRefusal::Audience { found: audiences, allowed: self.backend_ids.clone() });
        }
        Ok(())
    }

    /// Returns the URL of the tenant's discovery document.
    fn discovery(&self, tenant: &str) -> Result<Url, Failure> {
        let (endpoint, tenant) = (&self.endpoint, last_segment(tenant));
        Url::parse(&format!("{endpoint}/{tenant}/v2.0/.well-known/openid-configuration"))
            .ok()
            .filter(|_| is_tenant(tenant))
            .ok_or_else(|| Failure::expression("tenant-id is not a tenant's identifier or domain."))
    }
}

#[derive(PartialEq, Eq)]
enum Version {
    One,
    Two,
}

fn version(jwt: &Jwt) -> Option<Version> {
    match jwt.text("ver")? {
        "1.0" => Some(Version::One),
        "2.0" => Some(Version::Two),
        _ => None,
    }
}

/// Returns the issuers of tokens of the token's own version. For version 2.0 these are the published ones. For version
/// 1.0 they are those of the same tenant there, in all clouds but China's. A token of another version has none.
fn issuers(jwt: &Jwt, published: &[String]) -> Vec<String> {
    published
        .iter()
        .map(|issuer| match version(jwt) {
            Some(Version::One) => {
                let tenant = issuer.strip_suffix("/v2.0").and_then(|issuer| issuer.rsplit('/').next());
                tenant.map_or_else(String::new, |tenant| format!("https://sts.windows.net/{tenant}/"))
            }
            Some(Version::Two) => issuer.clone(),
            None => String::new(),
        })
        .collect()
}

/// Returns the tenant in a URL such as `https://login.microsoftonline.com/contoso.com`, or the whole text.
fn last_segment(tenant: &str) -> &str {
    match tenant.trim().strip_prefix("https://") {
        Some(url) => url.trim_end_matches('/').split_once('/').map_or("", |(_, path)| path),
        None => tenant.trim(),
    }
}

fn is_tenant(text: &str) -> bool {
    !text.is_empty()
        && !text.starts_with('.')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '.'))
}
