//! Certificates and private keys that are accepted, and others that are refused.

use proptest::{prelude::*, sample::Index};

use super::{Certificate, CertificateError, keys::Keys};

#[test]
fn a_certificate_is_read_with_its_key_or_without() {
    let signer = Keys::published();
    let rsa = Certificate::new(&signer.rsa_certificate(), Some(&signer.rsa_private())).unwrap();
    assert!(rsa.decrypting_key().is_some());
    assert!(Certificate::new(&signer.rsa_certificate(), None).unwrap().decrypting_key().is_none());
    let ec = Certificate::new(&signer.ec_certificate(), Some(&signer.ec_private())).unwrap();
    assert!(ec.decrypting_key().is_none());
}

#[test]
fn the_thumbprint_is_shown_and_the_keys_are_not() {
    let (certificate, key) = (Keys::published().rsa_certificate(), Keys::published().rsa_private());
    let certificate = Certificate::new(&certificate, Some(&key)).unwrap();
    let thumbprint = certificate.thumbprint();
    assert_eq!(thumbprint.len(), 40);
    assert!(thumbprint.bytes().all(|byte| byte.is_ascii_digit() || (b'A'..=b'F').contains(&byte)));
    assert_eq!(format!("{certificate:?}"), format!("Certificate {{ thumbprint: \"{thumbprint}\", .. }}"));
}

#[test]
fn a_key_that_is_not_the_certificates_own_is_refused() {
    let (one, other) = (Keys::published(), Keys::unpublished());
    for (name, certificate, key) in [
        ("another RSA key", one.rsa_certificate(), other.rsa_private()),
        ("another EC key", one.ec_certificate(), other.ec_private()),
        ("an EC key for RSA", one.rsa_certificate(), one.ec_private()),
        ("an RSA key for EC", one.ec_certificate(), one.rsa_private()),
        ("no key", one.rsa_certificate(), b"key".to_vec()),
    ] {
        let error = Certificate::new(&certificate, Some(&key)).unwrap_err();
        assert_eq!(error, CertificateError::PrivateKey, "{name}");
    }
}

#[test]
fn keys_of_other_kinds_are_refused() {
    for algorithm in [&rcgen::PKCS_ECDSA_P384_SHA384, &rcgen::PKCS_ED25519] {
        let key = rcgen::KeyPair::generate_for(algorithm).unwrap();
        let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap();
        assert_eq!(Certificate::new(certificate.der(), None).unwrap_err(), CertificateError::PublicKey);
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_panic(certificate: Vec<u8>, key: Vec<u8>) {
        prop_assert!(Certificate::new(&certificate, Some(&key)).is_err());
    }

    #[test]
    fn what_was_changed_is_read_or_refused(
        at: Index, by in 1_u8..=255, cut: Index, key_at: Index, ec: bool
    ) {
        let signer = Keys::published();
        let (good, mut key) = match ec {
            true => (signer.ec_certificate(), signer.ec_private()),
            false => (signer.rsa_certificate(), signer.rsa_private()),
        };
        let mut changed = good.clone();
        changed[at.index(good.len())] ^= by;
        let _ = Certificate::new(&changed, Some(&key));
        prop_assert!(Certificate::new(&good[..cut.index(good.len())], None).is_err());
        let key_at = key_at.index(key.len());
        key[key_at] ^= by;
        let _ = Certificate::new(&good, Some(&key));
    }
}
