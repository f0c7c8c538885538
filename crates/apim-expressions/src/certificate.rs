//! Certificates of the service, which policies name with `certificate-id`, and certificates of clients.
//!
//! Their dates and issuers are not checked. Microsoft.IdentityModel checks them only with `ValidateIssuerSigningKey`,
//! and no page says that API Management sets it.

use std::{fmt, sync::Arc};

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    encoding::AsDer,
    rsa::{self, PrivateDecryptingKey, PublicEncryptingKey},
    signature::{
        ECDSA_P256_SHA256_FIXED, ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _, ParsedPublicKey,
        RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
    },
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use rustls_pki_types::CertificateDer;
use webpki::EndEntityCert;

pub use self::facts::CertificateFacts;

/// A certificate of the service, with or without its private key. A certificate that only verifies needs no private
/// key.
#[derive(Clone)]
pub struct Certificate {
    der: Arc<[u8]>,
    facts: Arc<CertificateFacts>,
    /// Whether the certificate's chain ends in an authority that the service knows.
    trusted: bool,
    /// The thumbprint of the certificate that signed this one, when the embedder knows it.
    issuer_thumbprint: Option<String>,
    thumbprint: Vec<u8>,
    public_key: PublicKey,
    private_key: Option<PrivateKey>,
    /// The private key in PKCS #8 (DER).
    private_der: Option<Arc<[u8]>>,
}

/// A `SubjectPublicKeyInfo` (RFC 5280) in DER, whose kind is known.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// RSA
    Rsa(Vec<u8>),
    /// The curve P-256.
    P256(Vec<u8>),
}

#[derive(Clone)]
enum PrivateKey {
    Rsa {
        decrypting: PrivateDecryptingKey,
        signing: Arc<rsa::KeyPair>,
    },
    /// A P-256 key. Nothing here uses it: policies only verify with keys of this curve.
    P256,
}

/// Why a certificate cannot be used.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum CertificateError {
    /// The certificate is not an X.509 certificate of version 3.
    #[error("it is not understood as an X.509 certificate of version 3: {0}")]
    Certificate(String),
    /// The certificate's key is of another kind.
    #[error("its key is neither RSA of 1024 to 8192 bits nor of the curve P-256")]
    PublicKey,
    /// The private key is not in PKCS #8, or belongs to another certificate.
    #[error("its private key is not the certificate's own, in PKCS #8, of RSA from 2048 bits or of the curve P-256")]
    PrivateKey,
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("thumbprint", &self.thumbprint()).finish_non_exhaustive()
    }
}

impl Certificate {
    /// Reads a certificate in DER and its private key in PKCS #8 (DER).
    ///
    /// # Errors
    /// When the certificate or the key is malformed or of no use here, or when the two do not belong together.
    pub fn new(certificate: &[u8], private_key: Option<&[u8]>) -> Result<Self, CertificateError> {
        let der = CertificateDer::from(certificate);
        let parsed = EndEntityCert::try_from(&der).map_err(|error| CertificateError::Certificate(error.to_string()))?;
        let public_key = PublicKey::read(parsed.subject_public_key_info().to_vec())?;
        let private_der = private_key.map(Arc::from);
        let private_key = private_key.map(|key| public_key.private(key).ok_or(CertificateError::PrivateKey));
        let facts = CertificateFacts::read(certificate)
            .ok_or_else(|| CertificateError::Certificate("its names or dates are malformed".to_owned()))?;
        Ok(Self {
            der: certificate.into(),
            facts: Arc::new(facts),
            trusted: false,
            issuer_thumbprint: None,
            thumbprint: digest(&SHA1_FOR_LEGACY_USE_ONLY, certificate).as_ref().to_vec(),
            private_key: private_key.transpose()?,
            private_der,
            public_key,
        })
    }

    /// Reads a certificate in DER without a key.
    pub(crate) fn read(certificate: &[u8]) -> Result<Self, CertificateError> {
        Self::new(certificate, None)
    }

    /// Returns the same certificate, marked as trusted. The embedder states that its chain ends in an authority that
    /// the service knows, and which certificate signed it.
    #[must_use]
    pub fn trusted(self, issuer_thumbprint: Option<String>) -> Self {
        Self { trusted: true, issuer_thumbprint, ..self }
    }

    /// Returns the thumbprint of the certificate that signed this one, when the embedder knows it.
    #[must_use]
    pub fn issuer_thumbprint(&self) -> Option<&str> {
        self.issuer_thumbprint.as_deref()
    }

    /// Reports whether the chain ends in a known authority and the certificate is valid at this time.
    #[must_use]
    pub fn is_trusted(&self, now: jiff::Timestamp) -> bool {
        self.trusted && self.facts.not_before <= now && now <= self.facts.not_after
    }

    /// Reports whether the chain ends in a known authority. The validity dates do not count.
    #[must_use]
    pub fn has_trusted_chain(&self) -> bool {
        self.trusted
    }

    /// Returns the certificate's names, dates and serial number.
    #[must_use]
    pub fn facts(&self) -> &CertificateFacts {
        &self.facts
    }

    /// Returns the certificate in DER.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the private key in PKCS #8 (DER), for a backend that asks for a client certificate.
    #[must_use]
    pub fn private_key_der(&self) -> Option<&[u8]> {
        self.private_der.as_deref()
    }

    pub(crate) fn hash(&self) -> &[u8] {
        &self.thumbprint
    }

    /// Returns the SHA-1 hash of the certificate in upper-case hexadecimal, as the portal shows it.
    #[must_use]
    pub fn thumbprint(&self) -> String {
        self.thumbprint.iter().map(|byte| format!("{byte:02X}")).collect()
    }

    /// Returns the thumbprint in Base64url, as `x5t` in a token's header has it.
    #[must_use]
    pub fn x5t(&self) -> String {
        URL_SAFE_NO_PAD.encode(&self.thumbprint)
    }

    /// Returns the key that verifies the signatures of the certificate's owner.
    #[must_use]
    pub fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    /// Returns the key for decryption, when the certificate has a private RSA key.
    #[must_use]
    pub fn decrypting_key(&self) -> Option<&PrivateDecryptingKey> {
        match &self.private_key {
            Some(PrivateKey::Rsa { decrypting, .. }) => Some(decrypting),
            Some(PrivateKey::P256) | None => None,
        }
    }

    /// Returns the key for signing, when the certificate has a private RSA key.
    pub(crate) fn signing_key(&self) -> Option<&rsa::KeyPair> {
        match &self.private_key {
            Some(PrivateKey::Rsa { signing, .. }) => Some(signing),
            Some(PrivateKey::P256) | None => None,
        }
    }

    pub(crate) fn has_private_key(&self) -> bool {
        self.private_key.is_some()
    }
}

impl PublicKey {
    fn read(info: Vec<u8>) -> Result<Self, CertificateError> {
        // RSA keys below 2,048 bits only verify signatures: nothing else is done with them.
        if ParsedPublicKey::new(&RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, &info).is_ok() {
            Ok(Self::Rsa(info))
        } else if ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &info).is_ok() {
            Ok(Self::P256(info))
        } else {
            Err(CertificateError::PublicKey)
        }
    }

    /// Reads the private key, if it belongs to this public key.
    fn private(&self, pkcs8: &[u8]) -> Option<PrivateKey> {
        match self {
            Self::Rsa(info) => {
                let decrypting = PrivateDecryptingKey::from_pkcs8(pkcs8).ok()?;
                let signing = Arc::new(rsa::KeyPair::from_pkcs8(pkcs8).ok()?);
                // Both keys go through the same encoder, because the parameters of the algorithm may be written in two
                // ways.
                let public = PublicEncryptingKey::from_der(info).ok()?.as_der().ok()?;
                let own = decrypting.public_key().as_der().ok()?;
                (public.as_ref() == own.as_ref()).then_some(PrivateKey::Rsa { decrypting, signing })
            }
            Self::P256(info) => {
                let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8).ok()?;
                info.ends_with(pair.public_key().as_ref()).then_some(PrivateKey::P256)
            }
        }
    }
}

mod facts;
#[cfg(test)]
pub(crate) mod keys;
#[cfg(test)]
mod tests;
