//! Keys that verify signatures. A key belongs to one family of algorithms and is never used for another: a public RSA
//! key can never serve as an HMAC secret.

use jsonwebtoken::{Algorithm, DecodingKey, crypto};
use serde_json::Value;

use super::{SignedJwt, key_name::KeyName};
use crate::expression::{Certificate, PublicKey};

/// A key, and by what tokens name it.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(super) name: KeyName,
    key: DecodingKey,
    /// The only algorithm it may be used with, when its publisher says so.
    algorithm: Option<String>,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}

/// The algorithm that a token names. Those that the documentation of `validate-jwt` lists, and HS256, which its own
/// examples use; no other is accepted (learn.microsoft.com/azure/api-management/validate-jwt-policy).
pub(crate) fn algorithm(name: &str) -> Option<Algorithm> {
    match name {
        "RS256" => Some(Algorithm::RS256),
        "RS512" => Some(Algorithm::RS512),
        "PS256" => Some(Algorithm::PS256),
        "ES256" => Some(Algorithm::ES256),
        "HS256" => Some(Algorithm::HS256),
        _ => None,
    }
}

impl SigningKey {
    /// An RSA key from its modulus and exponent, Base64url without padding.
    pub(crate) fn rsa(id: Option<String>, modulus: &str, exponent: &str) -> Option<Self> {
        let key = DecodingKey::from_rsa_components(modulus, exponent).ok()?;
        Some(Self { name: KeyName::new(id), key, algorithm: None })
    }

    /// A certificate's key.
    pub(crate) fn of_certificate(id: Option<String>, certificate: &Certificate) -> Self {
        // The library takes the whole `SubjectPublicKeyInfo` for either.
        let key = match certificate.public_key() {
            PublicKey::Rsa(info) => DecodingKey::from_rsa_der(info),
            PublicKey::P256(info) => DecodingKey::from_ec_der(info),
        };
        Self { name: KeyName::of_certificate(id, certificate), key, algorithm: None }
    }

    /// A secret shared with the issuer.
    pub(crate) fn symmetric(id: Option<String>, secret: &[u8]) -> Self {
        Self { name: KeyName::new(id), key: DecodingKey::from_secret(secret), algorithm: None }
    }

    /// A member of a published key set; `None` for a key of no use here. Symmetric keys are not taken from there.
    pub(crate) fn from_jwk(jwk: &Value) -> Option<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        if text("use").is_some_and(|purpose| purpose != "sig") {
            return None;
        }
        let key = match text("kty")? {
            "RSA" => DecodingKey::from_rsa_components(text("n")?, text("e")?).ok()?,
            "EC" if text("crv") == Some("P-256") => DecodingKey::from_ec_components(text("x")?, text("y")?).ok()?,
            _ => return None,
        };
        let name = KeyName::new(text("kid").map(str::to_owned));
        Some(Self { name, key, algorithm: text("alg").map(str::to_owned) })
    }

    /// Whether this key made the token's signature.
    pub(crate) fn verifies(&self, token: &SignedJwt, algorithm: Algorithm) -> bool {
        if self.algorithm.as_ref().is_some_and(|only| *only != token.jwt.algorithm) {
            return false;
        }
        self.key.family() == algorithm.family()
            && crypto::verify(&token.signature, token.signed.as_bytes(), &self.key, algorithm).unwrap_or(false)
    }
}
