//! The checks that a token must pass, in their order: signature; lifetime, audience and issuer; required claims.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{
    DecryptionKey, Jwt, OpenIdCache, SignedJwt, SigningKey, ValidatedToken, algorithm, claims, decryption,
    refusal::Refusal,
    required_claims::{self, RequiredClaim},
};
use crate::outside::Outside;

/// What a policy asks of a token.
#[derive(Debug)]
pub(crate) struct Rules<'p> {
    /// Discovery documents; their keys and issuers count besides those listed here.
    pub(crate) open_id: Vec<Url>,
    pub(crate) keys: &'p [SigningKey],
    /// For encrypted tokens, each of which is tried.
    pub(crate) decryption_keys: &'p [DecryptionKey],
    pub(crate) require_signed: bool,
    pub(crate) require_expiration: bool,
    pub(crate) clock_skew: SignedDuration,
    pub(crate) audiences: Vec<String>,
    pub(crate) issuers: Vec<String>,
    pub(crate) required_claims: &'p [RequiredClaim],
}

impl Rules<'_> {
    /// Checks everything.
    pub(crate) async fn verify<O: Outside>(
        &self,
        token: Option<&str>,
        cache: &OpenIdCache,
        outside: &O,
    ) -> Result<ValidatedToken, Refusal> {
        let (jwt, published_issuers) = self.signature(token, cache, outside).await?;
        self.claims(jwt, &published_issuers, outside.now())
    }

    /// Checks the signature; gives the token and the issuers that the discovery documents publish.
    ///
    /// A key that the token names decides alone; when it names none of them, every key is tried, as the
    /// documentation says of `issuer-signing-keys`.
    pub(crate) async fn signature<O: Outside>(
        &self,
        token: Option<&str>,
        cache: &OpenIdCache,
        outside: &O,
    ) -> Result<(Jwt, Vec<String>), Refusal> {
        let token = token.map(str::trim).filter(|token| !token.is_empty()).ok_or(Refusal::NotPresent)?;
        let opened = match decryption::is_encrypted(token) {
            true => Some(decryption::decrypt(token, self.decryption_keys)?),
            false => None,
        };
        let token = SignedJwt::parse(opened.as_deref().unwrap_or(token)).ok_or(Refusal::NotWellFormed)?;
        let key_id = token.jwt.key_id.as_deref();
        // A configured key that is named spares looking for it at the issuer.
        let wanted = key_id.filter(|_| !self.keys.iter().any(|key| key.name.is_in(&token.jwt.header)));
        let mut providers = Vec::new();
        for url in &self.open_id {
            providers.push(cache.provider(url, wanted, outside).await.map_err(Refusal::Discovery)?);
        }
        let issuers = providers.iter().map(|provider| provider.issuer.clone()).collect();
        if token.jwt.algorithm == "none" {
            let unsigned_is_fine = !self.require_signed && token.signature.is_empty();
            return if unsigned_is_fine { Ok((token.jwt, issuers)) } else { Err(Refusal::Unsigned) };
        }
        let keys = self.keys.iter().chain(providers.iter().flat_map(|provider| &provider.keys));
        try_keys(&token, &keys.collect::<Vec<_>>())?;
        Ok((token.jwt, issuers))
    }

    /// Checks what a token with a good signature says.
    pub(crate) fn claims(
        &self,
        jwt: Jwt,
        published_issuers: &[String],
        now: Timestamp,
    ) -> Result<ValidatedToken, Refusal> {
        claims::lifetime(&jwt, now, self.clock_skew, self.require_expiration)?;
        claims::audience(&jwt, &self.audiences)?;
        claims::issuer(&jwt, &self.issuers, published_issuers)?;
        let satisfied = required_claims::check(self.required_claims, &jwt)?;
        Ok(ValidatedToken { jwt: Arc::new(jwt), satisfied })
    }
}

fn try_keys(token: &SignedJwt, keys: &[&SigningKey]) -> Result<(), Refusal> {
    let name = &token.jwt.algorithm;
    let algorithm = algorithm(name).ok_or_else(|| Refusal::Algorithm(name.clone()))?;
    let key_id = token.jwt.key_id.clone();
    let named: Vec<_> = keys.iter().filter(|key| key.name.is_in(&token.jwt.header)).copied().collect();
    let tried = if named.is_empty() { keys } else { &named };
    if tried.iter().any(|key| key.verifies(token, algorithm)) {
        return Ok(());
    }
    Err(match key_id {
        _ if keys.is_empty() => Refusal::NoKeys,
        Some(id) if named.is_empty() => Refusal::UnknownKey(id),
        None if named.is_empty() => Refusal::SignatureWithoutKeyId,
        id => Refusal::Signature(id.unwrap_or_default()),
    })
}
