//! Trust in clients' certificates: they must chain to one of the service's authorities.

use std::sync::Arc;

use apim_policies::Certificate;
use jiff::Timestamp;
use rustls::{
    RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, UnixTime},
    server::WebPkiClientVerifier,
};

use crate::edge::ShownCertificates;

/// Returns the client's certificate; `None` if it cannot be used.
pub(super) fn client_certificate(
    shown: &ShownCertificates,
    authorities: &[Arc<Certificate>],
) -> Option<Arc<Certificate>> {
    let (own, along) = shown.0.split_first()?;
    let certificate = Certificate::new(own, None).ok()?;
    if !is_trusted(&certificate, along, authorities) {
        return Some(Arc::new(certificate));
    }
    let issuer = certificate.facts().issuer.clone();
    let known = along.iter().filter_map(|der| Certificate::new(der, None).ok()).map(Arc::new);
    let signer = known.chain(authorities.iter().cloned()).find(|one| one.facts().subject == issuer);
    Some(Arc::new(certificate.trusted(signer.map(|one| one.thumbprint()))))
}

/// Reports whether the chain ends in an authority. Policies check the dates of the certificate itself.
fn is_trusted(certificate: &Certificate, along: &[Vec<u8>], authorities: &[Arc<Certificate>]) -> bool {
    if authorities.iter().any(|one| one.der() == certificate.der()) {
        return true;
    }
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        if roots.add(CertificateDer::from(authority.der().to_vec())).is_err() {
            return false;
        }
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let Ok(verifier) = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build() else {
        return false;
    };
    let own = CertificateDer::from(certificate.der().to_vec());
    let along: Vec<CertificateDer<'_>> = along.iter().map(|der| CertificateDer::from(der.clone())).collect();
    let facts = certificate.facts();
    let now = Timestamp::now().clamp(facts.not_before, facts.not_after.max(facts.not_before));
    let now =
        UnixTime::since_unix_epoch(std::time::Duration::from_secs(now.as_second().try_into().unwrap_or_default()));
    verifier.verify_client_cert(&own, &along, now).is_ok()
}
