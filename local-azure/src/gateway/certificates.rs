//! Certificates of the service: generated at start, or read from files in the seed.

use std::{
    collections::BTreeMap,
    fmt, fs,
    path::{Path, PathBuf},
};

use apim_policies::Certificate;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, pem::PemObject as _};

use super::load_problem::LoadProblem;
use crate::{
    issuer::KeyError,
    seed::{ApimCertificate, Seed},
};

/// An RSA key of 2048 bits and its certificate, generated at start.
pub(crate) struct GeneratedCertificate {
    certificate: Vec<u8>,
    private_key: Vec<u8>,
    pem: String,
}

/// The generated certificates of one run by identifier.
pub(crate) type GeneratedCertificates = BTreeMap<String, GeneratedCertificate>;

impl fmt::Debug for GeneratedCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("GeneratedCertificate")
    }
}

impl GeneratedCertificate {
    fn new(common_name: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, common_name);
        let certificate = params.self_signed(&key)?;
        let pem = certificate.pem() + &key.serialize_pem();
        Ok(Self { certificate: certificate.der().to_vec(), private_key: key.serialize_der(), pem })
    }

    /// Returns the certificate in DER.
    #[cfg(test)]
    pub(crate) fn certificate(&self) -> &[u8] {
        &self.certificate
    }

    /// Returns the private key in PKCS #8 (DER).
    #[cfg(test)]
    pub(crate) fn private_key(&self) -> &[u8] {
        &self.private_key
    }

    /// Returns certificate and private key in PEM.
    #[must_use]
    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }
}

/// Generates the certificates that have no files in the seed.
pub(crate) fn generate(seed: &Seed) -> Result<GeneratedCertificates, KeyError> {
    let without_files = seed.apim.certificates.iter().filter(|written| written.certificate.is_none());
    without_files
        .map(|ApimCertificate { id, common_name, .. }| {
            let made = GeneratedCertificate::new(common_name.as_ref().unwrap_or(id)).map_err(|_| KeyError)?;
            Ok((id.clone(), made))
        })
        .collect()
}

/// Returns all certificates by identifier.
pub(super) fn read(
    seed: &Seed,
    generated: &GeneratedCertificates,
    problems: &mut Vec<LoadProblem>,
) -> BTreeMap<String, Certificate> {
    let mut certificates = BTreeMap::new();
    for written in &seed.apim.certificates {
        let read = match (&written.certificate, generated.get(&written.id)) {
            (Some(file), _) => read_files(&seed.path(file), written.key.as_ref().map(|key| seed.path(key))),
            (None, Some(made)) => Certificate::new(&made.certificate, Some(&made.private_key))
                .map_err(|error| (PathBuf::from("apim.certificates"), error.to_string())),
            (None, None) => continue,
        };
        match read {
            Ok(certificate) => {
                certificates.insert(written.id.clone(), certificate);
            }
            Err(problem) => problems.push(problem),
        }
    }
    certificates
}

fn read_files(certificate: &Path, key: Option<PathBuf>) -> Result<Certificate, LoadProblem> {
    let der = CertificateDer::from_pem_slice(&contents(certificate)?)
        .map_err(|_| (certificate.to_owned(), "holds no certificate in PEM".to_owned()))?;
    let key_der = key.as_deref().map(read_key).transpose()?;
    let key_der = key_der.as_ref().map(PrivatePkcs8KeyDer::secret_pkcs8_der);
    Certificate::new(&der, key_der)
        .map_err(|error| (certificate.to_owned(), format!("holds a certificate of no use here: {error}")))
}

fn read_key(file: &Path) -> Result<PrivatePkcs8KeyDer<'static>, LoadProblem> {
    PrivatePkcs8KeyDer::from_pem_slice(&contents(file)?).map_err(|_| {
        let message = "holds no private key in PKCS #8 without a password (BEGIN PRIVATE KEY); \
            openssl pkcs8 -topk8 -nocrypt makes it so";
        (file.to_owned(), message.to_owned())
    })
}

fn contents(file: &Path) -> Result<Vec<u8>, LoadProblem> {
    fs::read(file).map_err(|error| (file.to_owned(), format!("cannot be read: {error}")))
}
