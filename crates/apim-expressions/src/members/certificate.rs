//! `X509Certificate2`, as far as policies compare thumbprints and sign tokens, and the `RSA` that signs.

use aws_lc_rs::{
    rand::SystemRandom,
    signature::{
        RSA_PKCS1_SHA256, RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512,
        RsaEncoding,
    },
};

use super::{Member, row};
use crate::{
    certificate::Certificate,
    evaluate::{Call, Outcome},
    problem::Failure,
    types::Class,
    value::{Object, Value},
};

pub(super) const CERTIFICATE: &[Member] = &[
    row("Thumbprint", "string", |call| {
        let thumbprint = this(call)?.thumbprint();
        call.new_string(thumbprint)
    }),
    row("HasPrivateKey", "bool", |call| Ok(this(call)?.has_private_key().into())),
    // No certificate authority is trusted here, so no chain ends in one.
    row("Verify", "() -> bool", |call| this(call).map(|_| false.into())),
    row("VerifyNoRevocation", "() -> bool", |call| this(call).map(|_| false.into())),
    row("GetCertHashString", "() -> string", |call| {
        let thumbprint = this(call)?.thumbprint();
        call.new_string(thumbprint)
    }),
    row("GetRSAPrivateKey", "() -> RSA", |call| {
        let certificate = this(call)?;
        Ok(match certificate.signing_key() {
            Some(_) => Value::object(Object::Rsa(certificate.clone())),
            None => Value::Null,
        })
    }),
];

pub(super) const RSA: &[Member] = &[
    row("SignData", "(byte[], HashAlgorithmName, RSASignaturePadding) -> byte[]", sign),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
];

pub(super) const HASH_NAME: &[Member] = &[
    row("SHA256", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "SHA256"))),
    row("SHA384", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "SHA384"))),
    row("SHA512", "static HashAlgorithmName", |_| Ok(constant(Class::HashName, "SHA512"))),
];

pub(super) const PADDING: &[Member] = &[
    row("Pkcs1", "static RSASignaturePadding", |_| Ok(constant(Class::SignaturePadding, "Pkcs1"))),
    row("Pss", "static RSASignaturePadding", |_| Ok(constant(Class::SignaturePadding, "Pss"))),
];

fn constant(class: Class, name: &'static str) -> Value {
    Value::object(Object::Constant(class, name))
}

fn this<'c>(call: &'c Call<'_, '_>) -> Result<&'c std::sync::Arc<Certificate>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Certificate(certificate) | Object::Rsa(certificate)) => Ok(certificate),
        _ => Err(Failure::null_reference()),
    }
}

fn sign(call: &mut Call<'_, '_>) -> Outcome {
    let message = call.bytes(0)?;
    let certificate = this(call)?.clone();
    let key = certificate.signing_key().ok_or_else(Failure::null_reference)?;
    let encoding: &'static dyn RsaEncoding = match (constant_name(call, 1), constant_name(call, 2)) {
        (Some("SHA256"), Some("Pkcs1")) => &RSA_PKCS1_SHA256,
        (Some("SHA384"), Some("Pkcs1")) => &RSA_PKCS1_SHA384,
        (Some("SHA512"), Some("Pkcs1")) => &RSA_PKCS1_SHA512,
        (Some("SHA256"), Some("Pss")) => &RSA_PSS_SHA256,
        (Some("SHA384"), Some("Pss")) => &RSA_PSS_SHA384,
        (Some("SHA512"), Some("Pss")) => &RSA_PSS_SHA512,
        _ => return Err(Failure::argument_null("padding")),
    };
    call.work(message.len() * 8)?;
    let length = key.public_modulus_len();
    // A signature takes as long as some ten thousand steps, and the longer the key the longer.
    call.machine.budget.steps((length / 128).pow(2) as u64 * 5_000)?;
    let mut signature = vec![0; length];
    let signed = key.sign(encoding, &SystemRandom::new(), &message, &mut signature);
    signed.map_err(|_| Failure::cryptographic("The data could not be signed."))?;
    call.new_bytes(signature)
}

fn constant_name(call: &Call<'_, '_>, index: usize) -> Option<&'static str> {
    match call.argument(index).as_object() {
        Some(Object::Constant(_, name)) => Some(name),
        _ => None,
    }
}
