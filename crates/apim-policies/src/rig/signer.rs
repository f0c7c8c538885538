//! The keys of the tests' issuer, and its signatures.

use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, KeyPair as _, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

/// A signing key of each kind.
pub(crate) struct Signer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

impl Signer {
    /// Returns the issuer's keys, `rsa-1` and `ec-1`.
    pub(crate) fn published() -> &'static Self {
        static SIGNER: OnceLock<Signer> = OnceLock::new();
        SIGNER.get_or_init(Self::generate)
    }

    /// Returns keys that no issuer publishes.
    pub(crate) fn unpublished() -> &'static Self {
        static SIGNER: OnceLock<Signer> = OnceLock::new();
        SIGNER.get_or_init(Self::generate)
    }

    fn generate() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        }
    }

    /// Returns modulus and exponent of the RSA key in Base64url.
    pub(crate) fn rsa_components(&self) -> (String, String) {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e))
    }

    /// Returns the RSA public key as bytes. An attacker would use them as an HMAC secret.
    pub(crate) fn rsa_public_der(&self) -> Vec<u8> {
        self.rsa.public_key().as_der().unwrap().as_ref().to_vec()
    }

    /// Returns a self-signed certificate of the RSA key in DER.
    pub(crate) fn rsa_certificate(&self) -> Vec<u8> {
        self_signed(&self.rsa_private())
    }

    /// Returns a self-signed certificate of the EC key in DER.
    pub(crate) fn ec_certificate(&self) -> Vec<u8> {
        self_signed(&self.ec_private())
    }

    /// Returns the RSA key in PKCS #8.
    pub(crate) fn rsa_private(&self) -> Vec<u8> {
        let der: Pkcs8V1Der<'_> = self.rsa.as_der().unwrap();
        der.as_ref().to_vec()
    }

    pub(crate) fn ec_private(&self) -> Vec<u8> {
        self.ec.to_pkcs8v1().unwrap().as_ref().to_vec()
    }

    pub(crate) fn key_set(&self, rsa_id: &str) -> Value {
        let (n, e) = self.rsa_components();
        let for_encryption = Self::unpublished().rsa_components();
        let point = self.ec.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
        json!({ "keys": [
            { "kty": "oct", "kid": "oct-1", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ" },
            { "kty": "RSA", "use": "enc", "kid": "enc-1", "n": for_encryption.0, "e": for_encryption.1 },
            { "kty": "RSA", "use": "sig", "kid": rsa_id, "n": n, "e": e },
            { "kty": "EC", "crv": "P-256", "kid": "ec-1", "x": x, "y": y },
        ]})
    }

    /// Returns a token with this header and these claims.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.token_of_text(header, &claims.to_string())
    }

    /// Returns a token with this header and the exact payload.
    pub(crate) fn token_of_text(&self, header: &Value, payload: &str) -> String {
        let signed = unsigned(header, payload);
        let message = signed.as_bytes();
        let signature = match header["alg"].as_str().unwrap() {
            "RS256" => self.sign_rsa(&signature::RSA_PKCS1_SHA256, message),
            "RS384" => self.sign_rsa(&signature::RSA_PKCS1_SHA384, message),
            "RS512" => self.sign_rsa(&signature::RSA_PKCS1_SHA512, message),
            "PS256" => self.sign_rsa(&signature::RSA_PSS_SHA256, message),
            "ES256" => self.ec.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            _ => Vec::new(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn sign_rsa(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }
}

fn self_signed(private_key: &[u8]) -> Vec<u8> {
    let key = rcgen::KeyPair::try_from(private_key).unwrap();
    rcgen::CertificateParams::default().self_signed(&key).unwrap().der().to_vec()
}

/// Returns a token signed with a shared secret.
pub(crate) fn hmac_token(secret: &[u8], header: &Value, claims: &Value) -> String {
    let signed = unsigned(header, &claims.to_string());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn unsigned(header: &Value, payload: &str) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(payload))
}
