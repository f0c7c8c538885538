//! A client's RSA key with its certificate, for the signatures of client libraries.

use std::sync::LazyLock;

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{RSA_PKCS1_SHA256, RSA_PSS_SHA256, RsaEncoding},
};
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;

pub(super) struct ClientKey {
    pair: KeyPair,
    pub(super) certificate: Vec<u8>,
}

pub(super) static CLIENT_KEY: LazyLock<ClientKey> = LazyLock::new(ClientKey::generate);

impl ClientKey {
    pub(super) fn generate() -> Self {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let certificate = keys::self_signed(&pair).unwrap();
        Self { pair, certificate }
    }

    pub(super) fn pem(&self) -> String {
        format!("-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n", STANDARD.encode(&self.certificate))
    }

    /// Signs with RS256 and names the SHA-1 thumbprint in the common alphabet, as the Azure SDK for Rust does.
    pub(super) fn rs256(&self, claims: &Value) -> String {
        let x5t = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &self.certificate));
        self.jwt(&json!({ "typ": "JWT", "alg": "RS256", "x5t": x5t }), claims, &RSA_PKCS1_SHA256)
    }

    /// Signs with PS256 and names the SHA-256 thumbprint, as documented.
    pub(super) fn ps256(&self, claims: &Value) -> String {
        let x5t = URL_SAFE_NO_PAD.encode(digest(&SHA256, &self.certificate));
        self.jwt(&json!({ "typ": "JWT", "alg": "PS256", "x5t#S256": x5t }), claims, &RSA_PSS_SHA256)
    }

    pub(super) fn jwt(&self, header: &Value, claims: &Value, encoding: &'static dyn RsaEncoding) -> String {
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let message = format!("{}.{}", encode(header), encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair.sign(encoding, &SystemRandom::new(), message.as_bytes(), &mut signature).unwrap();
        format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}
