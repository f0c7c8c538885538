//! The certificate authority of one run, and the certificates that it signs. One certificate is for the hosts of the
//! seed, made at start. Another is made for each unknown host that a client asks for: the refusal goes through that
//! host's tunnel.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use jiff::{Span, Timestamp, tz::TimeZone};
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose, date_time_ymd,
};
use rustls::{
    ServerConfig,
    crypto::CryptoProvider,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
    server::{ClientHello, ResolvesServerCert},
    sign::CertifiedKey,
};

use super::client_certificate::AnyCertificate;

/// The validity of a run's certificates, in days. Some platforms refuse anything over 825.
const DAYS: i64 = 30;

/// The number of kept certificates for hosts that the seed does not name. Beyond it, each connection gets a new
/// certificate.
const OTHERS_LIMIT: usize = 1_000;

/// TLS for every host of the network, and the CA that makes clients trust it.
pub(super) struct Tls {
    /// The server's settings, with HTTP/1.1 only.
    pub(super) config: Arc<ServerConfig>,
    /// The same settings, but clients are asked for a certificate.
    pub(super) asking: Arc<ServerConfig>,
    /// The CA certificate.
    pub(super) ca_pem: String,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A key or certificate could not be made.
    #[error("cannot make the certificates of this run: {0}")]
    Make(#[from] rcgen::Error),
    /// The TLS library refused the certificates.
    #[error("cannot use the certificates of this run: {0}")]
    Use(#[from] rustls::Error),
}

impl Tls {
    /// Makes a new CA and one certificate for all `hosts`. The CA's own key never leaves this process.
    pub(super) fn new(hosts: Vec<String>) -> Result<Self, CertificateError> {
        let ca = CertifiedIssuer::self_signed(ca_params(), KeyPair::generate()?)?;
        let ca_pem = ca.pem();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let of_seed = Arc::new(certified(&ca, hosts.clone(), &provider)?);
        let certificates = Certificates { ca, hosts, of_seed, others: Mutex::default(), provider: provider.clone() };
        let certificates = Arc::new(certificates);
        let builder =
            || ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let mut config = builder()?.with_no_client_auth().with_cert_resolver(certificates.clone());
        let verifier = Arc::new(AnyCertificate(Arc::clone(&provider)));
        let mut asking = builder()?.with_client_cert_verifier(verifier).with_cert_resolver(certificates);
        for config in [&mut config, &mut asking] {
            config.alpn_protocols = vec![b"http/1.1".to_vec()];
        }
        Ok(Self { config: Arc::new(config), asking: Arc::new(asking), ca_pem })
    }
}

/// Finds the certificate for the host that a client names.
struct Certificates {
    ca: CertifiedIssuer<'static, KeyPair>,
    hosts: Vec<String>,
    of_seed: Arc<CertifiedKey>,
    others: Mutex<BTreeMap<String, Arc<CertifiedKey>>>,
    provider: Arc<CryptoProvider>,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("hosts", &self.hosts).finish_non_exhaustive()
    }
}

impl ResolvesServerCert for Certificates {
    fn resolve(&self, hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        let Some(name) = hello.server_name() else { return Some(self.of_seed.clone()) };
        if self.hosts.iter().any(|host| host.eq_ignore_ascii_case(name)) {
            return Some(self.of_seed.clone());
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = others.get(name) {
            return Some(known.clone());
        }
        let new = Arc::new(certified(&self.ca, vec![name.to_owned()], &self.provider).ok()?);
        if others.len() < OTHERS_LIMIT {
            others.insert(name.to_owned(), new.clone());
        }
        Some(new)
    }
}

/// Makes a new key with its certificate for these hosts.
fn certified(
    ca: &CertifiedIssuer<'static, KeyPair>,
    hosts: Vec<String>,
    provider: &CryptoProvider,
) -> Result<CertifiedKey, CertificateError> {
    let key = KeyPair::generate()?;
    let certificate = host_params(hosts)?.signed_by(&key, ca)?;
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    Ok(CertifiedKey::from_der(vec![certificate.der().clone()], key, provider)?)
}

fn ca_params() -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "local-azure, this run only");
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    set_validity(&mut params);
    params
}

fn host_params(hosts: Vec<String>) -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(hosts)?;
    params.distinguished_name.push(DnType::CommonName, "local-azure");
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // OpenSSL's strict mode, Python's default since 3.13, requires it.
    params.use_authority_key_identifier_extension = true;
    set_validity(&mut params);
    Ok(params)
}

/// Makes the certificate valid from yesterday, for clocks that differ, until [`DAYS`] from now.
fn set_validity(params: &mut CertificateParams) {
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let day = |offset: i64| {
        let date = today.saturating_add(Span::new().days(offset));
        date_time_ymd(i32::from(date.year()), date.month().unsigned_abs(), date.day().unsigned_abs())
    };
    params.not_before = day(-1);
    params.not_after = day(DAYS);
}
