//! The keys of the tests, and certificates for these keys.

use std::sync::OnceLock;

use aws_lc_rs::{
    encoding::{AsDer as _, Pkcs8V1Der},
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, KeyPair as _, RsaKeyPair},
};

/// A key of each kind.
pub(crate) struct Keys {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

impl Keys {
    pub(crate) fn published() -> &'static Self {
        static KEYS: OnceLock<Keys> = OnceLock::new();
        KEYS.get_or_init(Self::generate)
    }

    /// Returns the keys of another owner.
    pub(crate) fn unpublished() -> &'static Self {
        static KEYS: OnceLock<Keys> = OnceLock::new();
        KEYS.get_or_init(Self::generate)
    }

    fn generate() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        }
    }

    pub(crate) fn rsa_public_der(&self) -> Vec<u8> {
        self.rsa.public_key().as_der().unwrap().as_ref().to_vec()
    }

    /// Returns a self-signed certificate of the RSA key, in DER.
    pub(crate) fn rsa_certificate(&self) -> Vec<u8> {
        self_signed(&self.rsa_private())
    }

    /// Returns a self-signed certificate of the EC key, in DER.
    pub(crate) fn ec_certificate(&self) -> Vec<u8> {
        self_signed(&self.ec_private())
    }

    /// The RSA key in PKCS #8.
    pub(crate) fn rsa_private(&self) -> Vec<u8> {
        let der: Pkcs8V1Der<'_> = self.rsa.as_der().unwrap();
        der.as_ref().to_vec()
    }

    pub(crate) fn ec_private(&self) -> Vec<u8> {
        self.ec.to_pkcs8v1().unwrap().as_ref().to_vec()
    }
}

fn self_signed(private_key: &[u8]) -> Vec<u8> {
    let key = rcgen::KeyPair::try_from(private_key).unwrap();
    rcgen::CertificateParams::default().self_signed(&key).unwrap().der().to_vec()
}
