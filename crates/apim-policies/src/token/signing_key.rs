//! Keys that verify signatures. A key belongs to one family of algorithms and is never used for another: a public RSA
//! key can never serve as an HMAC secret.

use aws_lc_rs::{
    hmac,
    signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::Value;

use super::{
    SignedJwt,
    key_name::KeyName,
    refusal::Weakness,
    rsa::{RsaAlgorithm, RsaKey, RsaKeyError},
};
use crate::expression::{Certificate, PublicKey};

/// A key, and its name in tokens.
#[derive(Clone)]
pub(crate) struct SigningKey {
    pub(super) name: KeyName,
    key: Key,
}

#[derive(Clone)]
enum Key {
    Rsa(Box<RsaKey>),
    /// A point on the curve P-256, not compressed.
    P256(Vec<u8>),
    Secret(Box<hmac::Key>),
    /// A key with an ID that verifies nothing.
    Unfit(Weakness),
}

/// The algorithms in the documentation of `validate-jwt`, and HS256, which its own examples use
/// (learn.microsoft.com/azure/api-management/validate-jwt-policy).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum SignatureAlgorithm {
    Rsa(RsaAlgorithm),
    Es256,
    Hs256,
}

impl SignatureAlgorithm {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "RS256" => Some(Self::Rsa(RsaAlgorithm::Rs256)),
            "RS512" => Some(Self::Rsa(RsaAlgorithm::Rs512)),
            "PS256" => Some(Self::Rsa(RsaAlgorithm::Ps256)),
            "ES256" => Some(Self::Es256),
            "HS256" => Some(Self::Hs256),
            _ => None,
        }
    }
}

/// The bytes of the shortest secret that HS256 accepts.
const SHA256_BYTES: usize = 32;

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Creates an RSA key from its modulus and exponent in Base64url.
    pub(crate) fn rsa(id: Option<String>, modulus: &str, exponent: &str) -> Result<Self, RsaKeyError> {
        Ok(Self { name: KeyName::new(id), key: Key::Rsa(Box::new(RsaKey::from_base64(modulus, exponent)?)) })
    }

    /// Takes a certificate's key. An elliptic-curve key verifies nothing: Microsoft.IdentityModel takes a certificate's
    /// key as RSA (`X509SecurityKey`).
    pub(crate) fn from_certificate(id: Option<String>, certificate: &Certificate) -> Self {
        let key = match certificate.public_key() {
            PublicKey::Rsa(info) => RsaKey::from_public_key_info(info)
                .map_or(Key::Unfit(Weakness::CertificateSize), |key| Key::Rsa(Box::new(key))),
            PublicKey::P256(_) => Key::Unfit(Weakness::EllipticCertificate),
        };
        Self { name: KeyName::from_certificate(id, certificate), key }
    }

    /// Creates a key from a secret shared with the issuer.
    pub(crate) fn symmetric(id: Option<String>, secret: &[u8]) -> Self {
        let key = match secret.len() {
            ..SHA256_BYTES => Key::Unfit(Weakness::ShortSecret(secret.len() * 8)),
            _ => Key::Secret(Box::new(hmac::Key::new(hmac::HMAC_SHA256, secret))),
        };
        Self { name: KeyName::new(id), key }
    }

    /// Returns the keys of a member of a published key set. The key of its certificate comes before that of `n` and
    /// `e`. An unusable member has no keys. Symmetric keys are not read from there, and the member's `alg` is ignored.
    pub(super) fn from_jwk(jwk: &Value) -> Vec<Self> {
        let text = |name: &str| jwk.get(name).and_then(Value::as_str);
        let id = || text("kid").map(str::to_owned);
        if text("use").is_some_and(|purpose| !matches!(purpose, "" | "sig")) {
            return Vec::new();
        }
        match text("kty") {
            Some("RSA") => {
                let certificate = jwk.get("x5c").and_then(|chain| certificate(chain.get(0)?.as_str()?));
                let from_certificate = certificate.map(|certificate| Self::from_certificate(id(), &certificate));
                let numbers = text("n").zip(text("e")).and_then(|(n, e)| Self::rsa(id(), n, e).ok());
                from_certificate.into_iter().chain(numbers).collect()
            }
            Some("EC") if text("crv") == Some("P-256") => {
                let point = text("x").zip(text("y")).and_then(|(x, y)| point(x, y));
                point.map(|point| Self { name: KeyName::new(id()), key: Key::P256(point) }).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Reports whether this key made the token's signature.
    pub(super) fn verifies(&self, token: &SignedJwt, algorithm: SignatureAlgorithm) -> bool {
        let Ok(signature) = URL_SAFE_NO_PAD.decode(&token.signature) else { return false };
        let message = token.signed.as_bytes();
        match (&self.key, algorithm) {
            (Key::Rsa(key), SignatureAlgorithm::Rsa(algorithm)) => key.verifies(algorithm, message, &signature),
            (Key::P256(point), SignatureAlgorithm::Es256) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point).verify(message, &signature).is_ok()
            }
            (Key::Secret(key), SignatureAlgorithm::Hs256) => hmac::verify(key, message, &signature).is_ok(),
            (Key::Rsa(_) | Key::P256(_) | Key::Secret(_) | Key::Unfit(_), _) => false,
        }
    }

    /// Returns the reason why the key verifies nothing, if that is so.
    pub(crate) fn weakness(&self) -> Option<Weakness> {
        match &self.key {
            Key::Unfit(weakness) => Some(*weakness),
            Key::Rsa(_) | Key::P256(_) | Key::Secret(_) => None,
        }
    }
}

/// Reads the first certificate of a chain, in standard Base64.
fn certificate(text: &str) -> Option<Certificate> {
    Certificate::new(&STANDARD.decode(text).ok()?, None).ok()
}

fn point(x: &str, y: &str) -> Option<Vec<u8>> {
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok().filter(|bytes| bytes.len() == 32);
    Some([vec![4], decode(x)?, decode(y)?].concat())
}
