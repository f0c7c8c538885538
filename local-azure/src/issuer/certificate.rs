//! A client's certificate: its thumbprints, and checks of signatures by its key. Entra does not check its lifetime and
//! issuer.

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PSS_2048_8192_SHA256, UnparsedPublicKey},
};
use rustls::{
    pki_types::{CertificateDer, pem::PemObject as _},
    server::ParsedCertificate,
};
use sha2::{Digest as _, Sha256};

/// A client's certificate.
pub(crate) struct ClientCertificate {
    public_key: Vec<u8>,
    sha1: Vec<u8>,
    sha256: Vec<u8>,
}

/// Why a certificate cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CertificateError {
    #[error("it is not a certificate in PEM")]
    Pem,
    #[error("its content is not understood: {0}")]
    Content(rustls::Error),
}

/// The padding of a signature with an RSA key.
#[derive(Clone, Copy)]
pub(super) enum Padding {
    /// RS256.
    Pkcs1,
    /// PS256.
    Pss,
}

impl ClientCertificate {
    /// Reads the first certificate of a PEM text.
    pub(crate) fn from_pem(pem: &str) -> Result<Self, CertificateError> {
        let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|_| CertificateError::Pem)?;
        let parsed = ParsedCertificate::try_from(&certificate).map_err(CertificateError::Content)?;
        Ok(Self {
            public_key: parsed.subject_public_key_info().to_vec(),
            sha1: digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate).as_ref().to_vec(),
            sha256: Sha256::digest(&certificate).to_vec(),
        })
    }

    pub(super) fn sha1(&self) -> &[u8] {
        &self.sha1
    }

    pub(super) fn sha256(&self) -> &[u8] {
        &self.sha256
    }

    /// Reports whether the certificate's key made this signature; false also for a key that is not RSA.
    pub(super) fn verify(&self, padding: Padding, message: &[u8], signature: &[u8]) -> bool {
        let algorithm = match padding {
            Padding::Pkcs1 => &RSA_PKCS1_2048_8192_SHA256,
            Padding::Pss => &RSA_PSS_2048_8192_SHA256,
        };
        UnparsedPublicKey::new(algorithm, &self.public_key).verify(message, signature).is_ok()
    }
}
