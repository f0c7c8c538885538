//! `X509Certificate2`, its parts, and the `RSA` of its keys.

use std::sync::Arc;

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::{
        OAEP_SHA1_MGF1SHA1, OAEP_SHA256_MGF1SHA256, OAEP_SHA384_MGF1SHA384, OAEP_SHA512_MGF1SHA512, OaepAlgorithm,
        OaepPrivateDecryptingKey, OaepPublicEncryptingKey, Pkcs1PrivateDecryptingKey, Pkcs1PublicEncryptingKey,
        PublicEncryptingKey,
    },
    signature::{
        RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY, RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        RSA_PKCS1_2048_8192_SHA384, RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_2048_8192_SHA256,
        RSA_PSS_2048_8192_SHA384, RSA_PSS_2048_8192_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
        RsaEncoding, RsaParameters, UnparsedPublicKey,
    },
};

use super::{Member, row};
use crate::{
    certificate::{Certificate, PublicKey},
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{Object, Value},
};

/// Members of `X509Certificate`, the base class of `X509Certificate2`.
pub(super) const BASE: &[Member] = &[
    row("Subject", "string", |call| text(call, |certificate| certificate.facts().subject.clone())),
    row("Issuer", "string", |call| text(call, |certificate| certificate.facts().issuer.clone())),
    row("GetCertHashString", "() -> string", |call| text(call, |certificate| certificate.thumbprint())),
    row("GetSerialNumberString", "() -> string", |call| text(call, |certificate| certificate.facts().serial.clone())),
    row("GetEffectiveDateString", "() -> string", |call| {
        let time = Value::DateTime(local(this(call)?.facts().not_before));
        call.machine.text_of(&time).map(Value::String)
    }),
    row("GetExpirationDateString", "() -> string", |call| {
        let time = Value::DateTime(local(this(call)?.facts().not_after));
        call.machine.text_of(&time).map(Value::String)
    }),
    row("GetCertHash", "() -> byte[]", |call| {
        let hash = this(call)?.hash().to_vec();
        call.new_bytes(hash)
    }),
    row("GetRawCertData", "() -> byte[]", |call| {
        let der = this(call)?.der().to_vec();
        call.new_bytes(der)
    }),
    row("Export", "(X509ContentType contentType) -> byte[]", |call| {
        // Only the certificate itself is supported. The other kinds hold private keys, or are containers.
        if call.flags(0) != 1 {
            return Err(Failure::unsupported("`Export` of another kind than `X509ContentType.Cert`"));
        }
        let der = this(call)?.der().to_vec();
        call.new_bytes(der)
    }),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
];

pub(super) const CERTIFICATE: &[Member] = &[
    row("new", "static (byte[] rawData) -> X509Certificate2", |call| {
        let bytes = call.bytes(0)?;
        call.work(bytes.len() * 32)?;
        call.machine.budget.memory(bytes.len() * 2)?;
        let der = pem(&bytes).unwrap_or(bytes);
        let certificate =
            Certificate::read(&der).map_err(|_| Failure::cryptographic("Cannot find the requested object."))?;
        Ok(Value::object(Object::Certificate(Arc::new(certificate))))
    }),
    row("Thumbprint", "string", |call| text(call, |certificate| certificate.thumbprint())),
    row("SerialNumber", "string", |call| text(call, |certificate| certificate.facts().serial.clone())),
    row("SubjectName", "X500DistinguishedName", |call| name(call, false)),
    row("IssuerName", "X500DistinguishedName", |call| name(call, true)),
    row("NotBefore", "DateTime", |call| Ok(Value::DateTime(local(this(call)?.facts().not_before)))),
    row("NotAfter", "DateTime", |call| Ok(Value::DateTime(local(this(call)?.facts().not_after)))),
    row("FriendlyName", "string", |_| Ok("".into())),
    row("Version", "int", |_| Ok(3.into())),
    row("RawData", "byte[]", |call| {
        let der = this(call)?.der().to_vec();
        call.new_bytes(der)
    }),
    row("HasPrivateKey", "bool", |call| Ok(this(call)?.has_private_key().into())),
    row("PublicKey", "PublicKey", |call| Ok(Value::object(Object::PublicKey(Arc::clone(this(call)?))))),
    row("SignatureAlgorithm", "Oid", |call| Ok(oid(&this(call)?.facts().signature_algorithm))),
    row("GetNameInfo", "(X509NameType nameType, bool forIssuer) -> string", |call| {
        let certificate = this(call)?;
        let (kind, issuer) = (call.flags(0), call.bool(1));
        let found = certificate.facts().name_info(kind, issuer);
        call.new_string(found)
    }),
    // True if the chain ends in an authority that the service knows. Revocation lists are not fetched.
    row("Verify", "() -> bool", |call| this(call).map(|one| one.is_trusted(call.machine.context.timestamp).into())),
    row("VerifyNoRevocation", "() -> bool", |call| {
        this(call).map(|one| one.is_trusted(call.machine.context.timestamp).into())
    }),
    row("GetRSAPrivateKey", "() -> RSA", |call| private_key(this(call)?)),
    row("GetRSAPublicKey", "() -> RSA", |call| public_key(this(call)?)),
    row("ToString", "() -> string", |call| {
        text(call, |certificate| {
            let facts = certificate.facts();
            format!(
                "[Subject]\n  {}\n\n[Issuer]\n  {}\n\n[Serial Number]\n  {}\n\n[Thumbprint]\n  {}\n",
                facts.subject,
                facts.issuer,
                facts.serial,
                certificate.thumbprint()
            )
        })
    }),
];

/// `RSACertificateExtensions`
pub(super) const EXTENSIONS: &[Member] = &[
    row("GetRSAPublicKey", "static (X509Certificate2 certificate) -> RSA", |call| public_key(argument(call)?)),
    row("GetRSAPrivateKey", "static (X509Certificate2 certificate) -> RSA", |call| private_key(argument(call)?)),
];

pub(super) const PUBLIC_KEY: &[Member] = &[
    row("Oid", "Oid", |call| {
        let kind = match this(call)?.public_key() {
            PublicKey::Rsa(_) => "1.2.840.113549.1.1.1",
            PublicKey::P256(_) => "1.2.840.10045.2.1",
        };
        Ok(oid(kind))
    }),
    row("GetRSAPublicKey", "() -> RSA", |call| public_key(this(call)?)),
    row("ExportSubjectPublicKeyInfo", "() -> byte[]", |call| {
        let (PublicKey::Rsa(info) | PublicKey::P256(info)) = this(call)?.public_key();
        let info = info.clone();
        call.new_bytes(info)
    }),
];

pub(super) const DISTINGUISHED_NAME: &[Member] = &[row("Name", "string", |call| match call.receiver.as_object() {
    Some(Object::DistinguishedName(name)) => Ok(Value::String(Arc::clone(name))),
    _ => Err(Failure::null_reference()),
})];

pub(super) const OID: &[Member] = &[
    row("new", "static (string oid) -> Oid", |call| {
        let value = call.text(0)?;
        Ok(Value::object(Object::Oid(value)))
    }),
    row("Value", "string", |call| match call.receiver.as_object() {
        Some(Object::Oid(value)) => Ok(Value::String(Arc::clone(value))),
        _ => Err(Failure::null_reference()),
    }),
    row("FriendlyName", "string", |call| match call.receiver.as_object() {
        Some(Object::Oid(value)) => Ok(friendly(value).map_or(Value::Null, Value::from)),
        _ => Err(Failure::null_reference()),
    }),
];

/// Members of `AsymmetricAlgorithm`, the base class of `RSA`.
pub(super) const ASYMMETRIC: &[Member] = &[
    row("KeySize", "int", |call| {
        let (certificate, _) = rsa(call)?;
        let PublicKey::Rsa(info) = certificate.public_key() else { return Err(Failure::null_reference()) };
        let key = PublicEncryptingKey::from_der(info).map_err(|_| failed())?;
        Ok(i32::try_from(key.key_size_bits()).unwrap_or_default().into())
    }),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
    row("Clear", "() -> void", |_| Ok(Value::Null)),
];

pub(super) const RSA: &[Member] = &[
    row("SignData", "(byte[] data, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding) -> byte[]", sign),
    row(
        "VerifyData",
        "(byte[] data, byte[] signature, HashAlgorithmName hashAlgorithm, RSASignaturePadding padding) -> bool",
        verify,
    ),
    row("Encrypt", "(byte[] data, RSAEncryptionPadding padding) -> byte[]", encrypt),
    row("Decrypt", "(byte[] data, RSAEncryptionPadding padding) -> byte[]", decrypt),
];

pub(super) const HASH_NAME: &[Member] = &[
    row("MD5", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "MD5"))),
    row("SHA1", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "SHA1"))),
    row("SHA256", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "SHA256"))),
    row("SHA384", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "SHA384"))),
    row("SHA512", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "SHA512"))),
    row("Name", "string", |call| match call.receiver.as_object() {
        Some(Object::Constant(_, name)) => Ok((*name).into()),
        _ => Err(Failure::null_reference()),
    }),
];

pub(super) const PADDING: &[Member] = &[
    row("Pkcs1", "static RSASignaturePadding", |_| Ok(constant(Class::SignaturePadding, "Pkcs1"))),
    row("Pss", "static RSASignaturePadding", |_| Ok(constant(Class::SignaturePadding, "Pss"))),
];

pub(super) const ENCRYPTION_PADDING: &[Member] = &[
    row("Pkcs1", "static RSAEncryptionPadding", |_| Ok(constant(Class::EncryptionPadding, "Pkcs1"))),
    row("OaepSHA1", "static RSAEncryptionPadding", |_| Ok(constant(Class::EncryptionPadding, "OaepSHA1"))),
    row("OaepSHA256", "static RSAEncryptionPadding", |_| Ok(constant(Class::EncryptionPadding, "OaepSHA256"))),
    row("OaepSHA384", "static RSAEncryptionPadding", |_| Ok(constant(Class::EncryptionPadding, "OaepSHA384"))),
    row("OaepSHA512", "static RSAEncryptionPadding", |_| Ok(constant(Class::EncryptionPadding, "OaepSHA512"))),
];

fn constant(class: Class, name: &'static str) -> Value {
    Value::object(Object::Constant(class, name))
}

fn oid(value: &str) -> Value {
    Value::object(Object::Oid(value.into()))
}

fn friendly(oid: &str) -> Option<&'static str> {
    Some(match oid {
        "1.2.840.113549.1.1.1" => "RSA",
        "1.2.840.113549.1.1.5" => "sha1RSA",
        "1.2.840.113549.1.1.11" => "sha256RSA",
        "1.2.840.113549.1.1.12" => "sha384RSA",
        "1.2.840.113549.1.1.13" => "sha512RSA",
        "1.2.840.10045.2.1" => "ECC",
        "1.2.840.10045.4.3.2" => "sha256ECDSA",
        "1.3.14.3.2.26" => "sha1",
        "2.16.840.1.101.3.4.2.1" => "sha256",
        _ => return None,
    })
}

/// Returns a time in the zone of the machine, which is UTC here and everywhere in the gateway.
fn local(time: jiff::Timestamp) -> crate::value::DateTime {
    crate::value::DateTime { zone: crate::value::time::Zone::Local, ..time.into() }
}

fn this<'c>(call: &'c Call<'_, '_>) -> Result<&'c Arc<Certificate>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Certificate(certificate) | Object::PublicKey(certificate)) => Ok(certificate),
        _ => Err(Failure::null_reference()),
    }
}

fn argument<'c>(call: &'c Call<'_, '_>) -> Result<&'c Arc<Certificate>, Failure> {
    match call.argument(0).as_object() {
        Some(Object::Certificate(certificate)) => Ok(certificate),
        _ => Err(Failure::argument_null("certificate")),
    }
}

/// Returns the certificate of an `RSA` key, and whether the key is the private one.
fn rsa(call: &Call<'_, '_>) -> Result<(Arc<Certificate>, bool), Failure> {
    match call.receiver.as_object() {
        Some(Object::Rsa(certificate, private)) => Ok((Arc::clone(certificate), *private)),
        _ => Err(Failure::null_reference()),
    }
}

fn text(call: &mut Call<'_, '_>, read: fn(&Certificate) -> String) -> Outcome {
    let text = read(this(call)?);
    call.new_string(text)
}

fn name(call: &Call<'_, '_>, issuer: bool) -> Outcome {
    let facts = this(call)?.facts();
    let name = if issuer { &facts.issuer } else { &facts.subject };
    Ok(Value::object(Object::DistinguishedName(name.as_str().into())))
}

#[expect(clippy::unnecessary_wraps, reason = "what a member gives")]
fn private_key(certificate: &Arc<Certificate>) -> Outcome {
    let key = certificate.signing_key().is_some();
    Ok(if key { Value::object(Object::Rsa(Arc::clone(certificate), true)) } else { Value::Null })
}

#[expect(clippy::unnecessary_wraps, reason = "what a member gives")]
fn public_key(certificate: &Arc<Certificate>) -> Outcome {
    let key = matches!(certificate.public_key(), PublicKey::Rsa(_));
    Ok(if key { Value::object(Object::Rsa(Arc::clone(certificate), false)) } else { Value::Null })
}

/// Reads the certificate in a PEM text.
fn pem(bytes: &[u8]) -> Option<Vec<u8>> {
    use rustls_pki_types::{CertificateDer, pem::PemObject as _};
    CertificateDer::from_pem_slice(bytes).ok().map(|der| der.to_vec())
}

fn failed() -> Failure {
    Failure::cryptographic("The operation could not be done with this key.")
}

fn sign(call: &mut Call<'_, '_>) -> Outcome {
    let message = call.bytes(0)?;
    let (certificate, private) = rsa(call)?;
    let key = certificate.signing_key().filter(|_| private).ok_or_else(failed)?;
    let encoding: &'static dyn RsaEncoding = match (constant_name(call, 1), constant_name(call, 2)) {
        (Some("SHA256"), Some("Pkcs1")) => &RSA_PKCS1_SHA256,
        (Some("SHA384"), Some("Pkcs1")) => &RSA_PKCS1_SHA384,
        (Some("SHA512"), Some("Pkcs1")) => &RSA_PKCS1_SHA512,
        (Some("SHA256"), Some("Pss")) => &RSA_PSS_SHA256,
        (Some("SHA384"), Some("Pss")) => &RSA_PSS_SHA384,
        (Some("SHA512"), Some("Pss")) => &RSA_PSS_SHA512,
        (Some(hash @ ("MD5" | "SHA1")), Some(_)) => return Err(Failure::unsupported(format!("signing with {hash}"))),
        _ => return Err(Failure::argument_null("padding")),
    };
    call.work(message.len() * 8)?;
    let length = key.public_modulus_len();
    // A signature takes as long as some ten thousand steps, and longer with a longer key.
    call.machine.budget.steps((length / 128).pow(2) as u64 * 5_000)?;
    let mut signature = vec![0; length];
    let signed = key.sign(encoding, &SystemRandom::new(), &message, &mut signature);
    signed.map_err(|_| Failure::cryptographic("The data could not be signed."))?;
    call.new_bytes(signature)
}

fn verify(call: &mut Call<'_, '_>) -> Outcome {
    let (message, signature) = (call.bytes(0)?, call.bytes(1)?);
    let (certificate, _) = rsa(call)?;
    let PublicKey::Rsa(info) = certificate.public_key() else { return Err(failed()) };
    let parameters: &'static RsaParameters = match (constant_name(call, 2), constant_name(call, 3)) {
        (Some("SHA256"), Some("Pkcs1")) => &RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        (Some("SHA384"), Some("Pkcs1")) => &RSA_PKCS1_2048_8192_SHA384,
        (Some("SHA512"), Some("Pkcs1")) => &RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        (Some("SHA256"), Some("Pss")) => &RSA_PSS_2048_8192_SHA256,
        (Some("SHA384"), Some("Pss")) => &RSA_PSS_2048_8192_SHA384,
        (Some("SHA512"), Some("Pss")) => &RSA_PSS_2048_8192_SHA512,
        (Some(hash @ ("MD5" | "SHA1")), Some(_)) => return Err(Failure::unsupported(format!("verifying with {hash}"))),
        _ => return Err(Failure::argument_null("padding")),
    };
    call.work(message.len() * 8 + 100_000)?;
    Ok(UnparsedPublicKey::new(parameters, info).verify(&message, &signature).is_ok().into())
}

fn oaep(call: &Call<'_, '_>) -> Result<Option<&'static OaepAlgorithm>, Failure> {
    Ok(Some(match constant_name(call, 1) {
        Some("Pkcs1") => return Ok(None),
        Some("OaepSHA1") => &OAEP_SHA1_MGF1SHA1,
        Some("OaepSHA256") => &OAEP_SHA256_MGF1SHA256,
        Some("OaepSHA384") => &OAEP_SHA384_MGF1SHA384,
        Some("OaepSHA512") => &OAEP_SHA512_MGF1SHA512,
        _ => return Err(Failure::argument_null("padding")),
    }))
}

fn encrypt(call: &mut Call<'_, '_>) -> Outcome {
    let message = call.bytes(0)?;
    let (certificate, _) = rsa(call)?;
    let PublicKey::Rsa(info) = certificate.public_key() else { return Err(failed()) };
    let key = PublicEncryptingKey::from_der(info).map_err(|_| failed())?;
    call.work(message.len() * 8 + 100_000)?;
    let mut out = vec![0; key.key_size_bytes()];
    let length = match oaep(call)? {
        Some(algorithm) => {
            let key = OaepPublicEncryptingKey::new(key).map_err(|_| failed())?;
            key.encrypt(algorithm, &message, &mut out, None).map_err(|_| failed())?.len()
        }
        None => {
            let key = Pkcs1PublicEncryptingKey::new(key).map_err(|_| failed())?;
            key.encrypt(&message, &mut out).map_err(|_| failed())?.len()
        }
    };
    out.truncate(length);
    call.new_bytes(out)
}

fn decrypt(call: &mut Call<'_, '_>) -> Outcome {
    let message = call.bytes(0)?;
    let (certificate, private) = rsa(call)?;
    let key = certificate.decrypting_key().filter(|_| private).ok_or_else(failed)?.clone();
    let length = key.key_size_bytes();
    call.work(message.len() * 8)?;
    call.machine.budget.steps((length / 128).pow(2) as u64 * 5_000)?;
    let mut out = vec![0; length];
    let length = match oaep(call)? {
        Some(algorithm) => {
            let key = OaepPrivateDecryptingKey::new(key).map_err(|_| failed())?;
            key.decrypt(algorithm, &message, &mut out, None).map_err(|_| failed())?.len()
        }
        None => {
            let key = Pkcs1PrivateDecryptingKey::new(key).map_err(|_| failed())?;
            key.decrypt(&message, &mut out).map_err(|_| failed())?.len()
        }
    };
    out.truncate(length);
    call.new_bytes(out)
}

fn constant_name(call: &Call<'_, '_>, index: usize) -> Option<&'static str> {
    match call.argument(index).as_object() {
        Some(Object::Constant(_, name)) => Some(name),
        _ => None,
    }
}
