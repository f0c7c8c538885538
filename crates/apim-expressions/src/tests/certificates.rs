//! `context.Deployment.Certificates`: thumbprints, and signatures with the keys of the certificates.

use std::sync::Arc;

use aws_lc_rs::signature::{
    RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256,
    RSA_PSS_2048_8192_SHA512, RsaParameters, UnparsedPublicKey,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{context, outcome, outcome_in};
use crate::{Certificate, Context, certificate::keys::Keys};

/// Makes a context with an RSA certificate and its key, and an EC certificate without a key. Also returns their
/// thumbprints.
fn with_certificates() -> (Context, [String; 2]) {
    let signer = Keys::published();
    let certificates = [
        Certificate::new(&signer.rsa_certificate(), Some(&signer.rsa_private())),
        Certificate::new(&signer.ec_certificate(), None),
    ]
    .map(|certificate| Arc::new(certificate.unwrap()));
    let thumbprints = [0, 1].map(|index: usize| certificates[index].thumbprint());
    let mut context = context();
    context.deployment.certificates = certificates.to_vec();
    (context, thumbprints)
}

#[test]
fn certificates_are_found_by_thumbprint() {
    let (mut context, [rsa, ec]) = with_certificates();
    let mut check = |source: &str, expected: &str| {
        let source = source.replace("RSA!", &rsa).replace("EC!", &ec);
        let found = outcome_in(&mut context, &source).unwrap_or_else(|error| format!("!{error}"));
        assert_eq!(found, expected, "{source}");
    };
    check("@(context.Deployment.Certificates.Count)", "Int32 2");
    check("@(context.Deployment.Certificates[\"RSA!\"].Thumbprint == \"RSA!\")", "Boolean True");
    check("@(context.Deployment.Certificates[\"RSA!\"].HasPrivateKey)", "Boolean True");
    check("@(context.Deployment.Certificates[\"EC!\"].HasPrivateKey)", "Boolean False");
    check("@(context.Deployment.Certificates[\"EC!\"].GetRSAPrivateKey() == null)", "Boolean True");
    check("@(context.Deployment.Certificates.ContainsKey(\"mine\"))", "Boolean False");
    check(
        "@{ X509Certificate2 found; return context.Deployment.Certificates.TryGetValue(\"EC!\", out found) ? found.Thumbprint : \"\"; }",
        &format!("String {ec}"),
    );
    check("@(context.Deployment.Certificates.Values.First(c => c.HasPrivateKey).Thumbprint)", &format!("String {rsa}"));
    // The documented check of a client's certificate. Requests have no certificate here.
    check(
        "@(context.Request.Certificate == null || !context.Deployment.Certificates.Any(c => c.Value.Thumbprint == \
         context.Request.Certificate.Thumbprint))",
        "Boolean True",
    );
    check(
        "@(HashAlgorithmName.SHA256.ToString() + RSASignaturePadding.Pss + (HashAlgorithmName.SHA256 == HashAlgorithmName.SHA512))",
        "String SHA256PssFalse",
    );
}

#[test]
fn a_certificates_key_signs() {
    let (mut context, [rsa, _]) = with_certificates();
    let public = Keys::published().rsa_public_der();
    let signatures: [(&str, &str, &'static RsaParameters); 5] = [
        ("SHA256", "Pkcs1", &RSA_PKCS1_2048_8192_SHA256),
        ("SHA384", "Pkcs1", &RSA_PKCS1_2048_8192_SHA384),
        ("SHA512", "Pkcs1", &RSA_PKCS1_2048_8192_SHA512),
        ("SHA256", "Pss", &RSA_PSS_2048_8192_SHA256),
        ("SHA512", "Pss", &RSA_PSS_2048_8192_SHA512),
    ];
    for (hash, padding, algorithm) in signatures {
        let source = format!(
            "@{{ using (RSA rsa = context.Deployment.Certificates[\"{rsa}\"].GetRSAPrivateKey()) {{ \
             return Convert.ToBase64String(rsa.SignData(Encoding.UTF8.GetBytes(\"hello\"), HashAlgorithmName.{hash}, \
             RSASignaturePadding.{padding})); }} }}"
        );
        let signature = outcome_in(&mut context, &source).unwrap();
        let signature = STANDARD.decode(signature.strip_prefix("String ").unwrap()).unwrap();
        assert!(UnparsedPublicKey::new(algorithm, &public).verify(b"hello", &signature).is_ok(), "{hash} {padding}");
        assert!(UnparsedPublicKey::new(algorithm, &public).verify(b"hellO", &signature).is_err(), "{hash} {padding}");
    }
}

#[test]
fn what_there_is_not_is_refused() {
    let (mut context, [rsa, ec]) = with_certificates();
    let sign = "SignData(new byte[1], HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1)";
    let mut error = |source: &str| {
        let source = source.replace("RSA!", &rsa).replace("EC!", &ec).replace("SIGN!", sign);
        outcome_in(&mut context, &source).unwrap_err()
    };
    assert!(error("@(context.Deployment.Certificates[\"mine\"].Thumbprint)").contains("The given key"));
    let without_key =
        error("@(Convert.ToBase64String(context.Deployment.Certificates[\"EC!\"].GetRSAPrivateKey().SIGN!))");
    assert!(without_key.contains("Object reference not set"), "{without_key}");
    assert!(error("@(context.Request.Certificate.Thumbprint)").contains("Object reference not set"));
    // Signing costs steps, so an endless loop ends.
    let endless = error(
        "@{ var rsa = context.Deployment.Certificates[\"RSA!\"].GetRSAPrivateKey(); while (true) { rsa.SIGN!; } }",
    );
    assert!(endless.contains("steps"), "{endless}");
    for (source, part) in [
        ("@(HashAlgorithmName.SHA3.ToString())", "'SHA3'"),
        ("@(RSA.Create().ToString())", "`Create`"),
        ("@(context.Deployment.Certificates[\"a\"].PrivateKey.ToString())", "`PrivateKey`"),
    ] {
        let found = outcome(source).unwrap_err();
        assert!(found.starts_with("parse: ") && found.contains(part), "{source}: {found}");
    }
}
