//! The checks of a token in their order: signature; lifetime, audience and issuer; required claims.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use url::Url;

use super::{
    DecryptionKey, Jwt, OpenIdCache, RefusedToken, SignedJwt, SigningKey, TokenFailure, ValidatedToken, claims,
    decryption,
    jwt::check_size,
    refusal::TokenRefusal,
    required_claims::{self, RequiredClaim},
    signing_key::SignatureAlgorithm,
};
use crate::outside::Outside;

/// The requirements of a policy for a token.
#[derive(Debug)]
pub(crate) struct Rules<'p> {
    /// The discovery documents. Their keys and issuers count in addition to those listed here.
    pub(crate) open_id: Vec<Url>,
    pub(crate) keys: &'p [SigningKey],
    /// The keys for encrypted tokens. Each of them is tried.
    pub(crate) decryption_keys: &'p [DecryptionKey],
    pub(crate) require_signed: bool,
    pub(crate) require_expiration: bool,
    pub(crate) clock_skew: SignedDuration,
    pub(crate) audiences: Vec<String>,
    pub(crate) issuers: Vec<String>,
    pub(crate) required_claims: &'p [RequiredClaim],
}

/// A token whose signature was checked. Its claims decide whether it is refused, and with which error.
pub(crate) struct VerifiedJwt {
    pub(crate) jwt: Jwt,
    /// The issuers that the discovery documents publish.
    pub(crate) published_issuers: Vec<String>,
    /// The refusal if no key fits and the token names another key. Other faults of the token are reported first.
    unknown_key: Option<TokenRefusal>,
}

impl Rules<'_> {
    /// Checks everything.
    pub(crate) async fn verify<O: Outside>(
        &self,
        token: Option<&str>,
        cache: &OpenIdCache,
        outside: &O,
    ) -> Result<ValidatedToken, TokenFailure> {
        self.claims(self.signature(token, cache, outside).await?, outside.now())
    }

    /// Checks the signature.
    ///
    /// The first key that the token names decides alone. If it names none of them, every key is tried, as the
    /// documentation says of `issuer-signing-keys`. Published keys come before those of the policy.
    pub(crate) async fn signature<O: Outside>(
        &self,
        token: Option<&str>,
        cache: &OpenIdCache,
        outside: &O,
    ) -> Result<VerifiedJwt, TokenRefusal> {
        let token = token.map(str::trim).filter(|token| !token.is_empty()).ok_or(TokenRefusal::NotPresent)?;
        check_size(token)?;
        let opened = match decryption::is_encrypted(token) {
            true => Some(decryption::decrypt(token, self.decryption_keys)?),
            false => None,
        };
        let token = SignedJwt::parse(opened.as_deref().unwrap_or(token))?;
        claims::check_types(&token.jwt)?;
        let key_id = token.jwt.key_id.as_deref();
        // If the token names a configured key, the issuer is not asked for the key ID.
        let wanted = key_id.filter(|_| !self.keys.iter().any(|key| key.name.is_in(&token.jwt.header)));
        let mut providers = Vec::new();
        for url in &self.open_id {
            providers.push(cache.provider(url, wanted, outside).await.map_err(TokenRefusal::Discovery)?);
        }
        let published_issuers = providers.iter().filter_map(|provider| provider.issuer.clone()).collect();
        let keys: Vec<_> = providers.iter().flat_map(|provider| &provider.keys).chain(self.keys).collect();
        let unknown_key = match token.signature.is_empty() {
            // A missing signature is refused for every algorithm in the header.
            true if self.require_signed => return Err(TokenRefusal::Unsigned),
            true => None,
            false => try_keys(&token, &keys)?,
        };
        Ok(VerifiedJwt { jwt: token.jwt, published_issuers, unknown_key })
    }

    /// Checks the token's claims.
    pub(crate) fn claims(&self, checked: VerifiedJwt, now: Timestamp) -> Result<ValidatedToken, TokenFailure> {
        let VerifiedJwt { jwt, published_issuers, unknown_key } = checked;
        let is_signed = unknown_key.is_none();
        match self.check_claims(&jwt, &published_issuers, unknown_key, now) {
            Ok(satisfied) => Ok(ValidatedToken { jwt: Arc::new(jwt), satisfied }),
            Err(refusal) => {
                let issuers = self.issuers.iter().cloned().chain(published_issuers).collect();
                Err(self.refused(refusal, Arc::new(jwt), is_signed, issuers))
            }
        }
    }

    /// Returns the refusal of a token whose claims were checked.
    pub(crate) fn refused(
        &self,
        refusal: TokenRefusal,
        jwt: Arc<Jwt>,
        is_signed: bool,
        issuers: Vec<String>,
    ) -> TokenFailure {
        let audiences = self.audiences.clone();
        TokenFailure { refusal, token: Some(Box::new(RefusedToken { jwt, is_signed, audiences, issuers })) }
    }

    /// Returns the name of each required claim, with those of its required values that were found.
    fn check_claims(
        &self,
        jwt: &Jwt,
        published_issuers: &[String],
        unknown_key: Option<TokenRefusal>,
        now: Timestamp,
    ) -> Result<Vec<(String, Vec<String>)>, TokenRefusal> {
        let audience = || claims::audience(jwt, &self.audiences);
        let issuer = || claims::issuer(jwt, &self.issuers, published_issuers, !self.open_id.is_empty());
        claims::lifetime(jwt, now, self.clock_skew, self.require_expiration)?;
        if let Some(unknown_key) = unknown_key {
            issuer().and_then(|()| audience())?;
            return Err(unknown_key);
        }
        audience().and_then(|()| issuer())?;
        required_claims::check(self.required_claims, jwt)
    }
}

/// Tries the keys. Returns `None` if a key made the signature. If the token names a key that is not there, returns a
/// refusal that waits for the check of the claims.
fn try_keys(token: &SignedJwt, keys: &[&SigningKey]) -> Result<Option<TokenRefusal>, TokenRefusal> {
    if keys.is_empty() {
        return Err(TokenRefusal::NoKeys);
    }
    let named = keys.iter().position(|key| key.name.is_in(&token.jwt.header));
    let tried = named.map_or(keys, |named| &keys[named..=named]);
    let name = &token.jwt.algorithm;
    let algorithm = SignatureAlgorithm::named(name);
    if algorithm.is_some_and(|algorithm| tried.iter().any(|key| key.verifies(token, algorithm))) {
        return Ok(None);
    }
    if algorithm.is_none() && is_known_to_the_library(name) {
        return Err(TokenRefusal::UnlistedAlgorithm(name.clone()));
    }
    let weakness = tried.iter().find_map(|key| key.weakness());
    match (named, token.jwt.key_id.clone()) {
        (Some(_), id) => Err(TokenRefusal::Signature { key_id: id.unwrap_or_default(), weakness }),
        (None, Some(key_id)) => Ok(Some(TokenRefusal::UnknownKey { key_id, weakness })),
        (None, None) => Err(TokenRefusal::SignatureWithoutKeyId { weakness }),
    }
}

/// Reports whether Microsoft.IdentityModel verifies an algorithm that no page of API Management lists.
fn is_known_to_the_library(name: &str) -> bool {
    matches!(name, "RS384" | "PS384" | "PS512" | "ES384" | "ES512" | "HS384" | "HS512")
        || name.starts_with("http://www.w3.org/")
}
