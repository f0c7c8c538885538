//! Hashes, keyed hashes, and the `Encrypt` and `Decrypt` of byte arrays.

use std::sync::{Arc, Mutex};

use aws_lc_rs::{
    cipher::{self, DecryptionContext, EncryptionContext, PaddedBlockDecryptingKey, PaddedBlockEncryptingKey},
    digest, hmac,
    iv::FixedLength,
};
use md5::{Digest as _, Md5};

use super::{Member, row};
use crate::{
    evaluate::{Call, Outcome},
    lock::lock,
    problem::Failure,
    types::Class,
    value::{Object, Value, hasher::Hasher},
};

/// Members of `HashAlgorithm`.
pub(super) const HASH: &[Member] = &[
    row("ComputeHash", "(byte[] buffer) -> byte[]", |call| {
        let bytes = call.bytes(0)?;
        // Hashing takes a few times as long as reading.
        call.work(bytes.len() * 8)?;
        let hash = compute(&*this(call)?, &bytes);
        call.new_bytes(hash)
    }),
    row("ComputeHash", "(byte[] buffer, int offset, int count) -> byte[]", |call| {
        let bytes = call.bytes(0)?;
        let place = |number: i64| usize::try_from(number).ok();
        let part = place(call.int(1)).zip(place(call.int(2))).and_then(|(at, count)| bytes.get(at..at + count));
        let Some(part) = part else {
            return Err(Failure::argument("Value was invalid."));
        };
        call.work(part.len() * 8)?;
        let hash = compute(&*this(call)?, part);
        call.new_bytes(hash)
    }),
    row("HashSize", "int", |call| {
        let bytes = compute(&*this(call)?, &[]).len();
        Ok(i32::try_from(bytes * 8).unwrap_or_default().into())
    }),
    row("Initialize", "() -> void", |_| Ok(Value::Null)),
    row("Clear", "() -> void", |_| Ok(Value::Null)),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
    row("InputBlockSize", "int", |_| Ok(1.into())),
    row("OutputBlockSize", "int", |_| Ok(1.into())),
    row("CanReuseTransform", "bool", |_| Ok(true.into())),
    row("CanTransformMultipleBlocks", "bool", |_| Ok(true.into())),
];

pub(super) const HMAC: &[Member] = &[row("HashName", "string", |call| {
    let name = this(call)?.class.description().name;
    Ok(name.strip_prefix("HMAC").unwrap_or(name).into())
})];

/// Members of each hash class; `S` is the class.
pub(super) const PLAIN: &[Member] = &[
    row("HashSizeInBytes", "static int", |call| Ok(size(call, 1))),
    row("HashSizeInBits", "static int", |call| Ok(size(call, 8))),
    row("Create", "static () -> S", |call| create(call, None)),
    row("HashData", "static (byte[] source) -> byte[]", |call| {
        let bytes = call.bytes(0)?;
        call.work(bytes.len() * 8)?;
        let hash = compute(&Hasher { class: call.owner(), key: Mutex::new(None) }, &bytes);
        call.new_bytes(hash)
    }),
];

/// Members of the classes that are hashes under another name.
pub(super) const MANAGED: &[Member] = &[row("new", "static () -> S", |call| create(call, None))];

pub(super) const KEYED: &[Member] = &[
    row("HashSizeInBytes", "static int", |call| Ok(size(call, 1))),
    row("HashSizeInBits", "static int", |call| Ok(size(call, 8))),
    row("new", "static (byte[] key) -> S", |call| {
        let key = call.bytes(0)?;
        create(call, Some(key))
    }),
    // The key is random and has the size of the hash's block.
    row("new", "static () -> S", |call| {
        let words = if matches!(call.owner(), Class::HmacSha384 | Class::HmacSha512) { 16 } else { 8 };
        let key = (0..words).flat_map(|_| call.machine.context.entropy.next().to_be_bytes()).collect();
        create(call, Some(key))
    }),
    row("HashData", "static (byte[] key, byte[] source) -> byte[]", |call| {
        let (key, bytes) = (call.bytes(0)?, call.bytes(1)?);
        call.work(bytes.len() * 8)?;
        let hash = compute(&Hasher { class: call.owner(), key: Mutex::new(Some(key)) }, &bytes);
        call.new_bytes(hash)
    }),
];

/// Members of `KeyedHashAlgorithm`.
pub(super) const KEY: &[Member] = &[
    row("Key", "byte[]", |call| {
        let key = lock(&this(call)?.key).clone().unwrap_or_default();
        call.new_bytes(key)
    }),
    row("Key=", "(byte[]) -> void", |call| {
        let key = call.argument(0).as_bytes().ok_or_else(|| Failure::argument_null("value"))?;
        call.machine.budget.memory(key.len())?;
        *lock(&this(call)?.key) = Some(key);
        Ok(Value::Null)
    }),
];

/// Extension methods of `byte[]`.
pub(super) const CIPHER: &[Member] = &[
    row("Encrypt", "(string, byte[], byte[]) -> byte[]", encrypt),
    row("Decrypt", "(string, byte[], byte[]) -> byte[]", decrypt),
    row("Encrypt", "(SymmetricAlgorithm) -> byte[]", encrypt),
    row("Decrypt", "(SymmetricAlgorithm) -> byte[]", decrypt),
    row("Encrypt", "(SymmetricAlgorithm, byte[], byte[]) -> byte[]", encrypt),
    row("Decrypt", "(SymmetricAlgorithm, byte[], byte[]) -> byte[]", decrypt),
];

fn this(call: &Call<'_, '_>) -> Result<Arc<Hasher>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Hasher(hasher)) => Ok(Arc::clone(hasher)),
        _ => Err(Failure::null_reference()),
    }
}

fn size(call: &Call<'_, '_>, unit: usize) -> Value {
    let hash = compute(&Hasher { class: call.owner(), key: Mutex::new(Some(Vec::new())) }, &[]);
    super::access::length(hash.len() * unit)
}

fn create(call: &mut Call<'_, '_>, key: Option<Vec<u8>>) -> Outcome {
    call.machine.budget.memory(64 + key.as_ref().map_or(0, Vec::len))?;
    Ok(Value::object(Object::Hasher(Arc::new(Hasher { class: call.owner(), key: Mutex::new(key) }))))
}

fn compute(hasher: &Hasher, bytes: &[u8]) -> Vec<u8> {
    if matches!(hasher.class, Class::Md5 | Class::HmacMd5) {
        return match &*lock(&hasher.key) {
            None => Md5::digest(bytes).to_vec(),
            Some(key) => hmac_md5(key, bytes),
        };
    }
    let (plain, keyed) = match hasher.class {
        Class::Sha1 | Class::Sha1Managed | Class::HmacSha1 => {
            (&digest::SHA1_FOR_LEGACY_USE_ONLY, hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY)
        }
        Class::Sha384 | Class::Sha384Managed | Class::HmacSha384 => (&digest::SHA384, hmac::HMAC_SHA384),
        Class::Sha512 | Class::Sha512Managed | Class::HmacSha512 => (&digest::SHA512, hmac::HMAC_SHA512),
        _ => (&digest::SHA256, hmac::HMAC_SHA256),
    };
    match &*lock(&hasher.key) {
        None => digest::digest(plain, bytes).as_ref().to_vec(),
        Some(key) => hmac::sign(&hmac::Key::new(keyed, key), bytes).as_ref().to_vec(),
    }
}

/// Computes HMAC (RFC 2104) of MD5, which the library of the other hashes does not have.
fn hmac_md5(key: &[u8], bytes: &[u8]) -> Vec<u8> {
    const BLOCK: usize = 64;
    let mut block = [0; BLOCK];
    let hashed = Md5::digest(key);
    let short: &[u8] = if key.len() > BLOCK { &hashed } else { key };
    block[..short.len()].copy_from_slice(short);
    let padded = |pad: u8| block.map(|byte| byte ^ pad);
    let inner = Md5::new_with_prefix(padded(0x36)).chain_update(bytes).finalize();
    Md5::new_with_prefix(padded(0x5c)).chain_update(inner).finalize().to_vec()
}

fn this_bytes(call: &Call<'_, '_>) -> Result<Vec<u8>, Failure> {
    call.receiver.as_bytes().ok_or_else(Failure::null_reference)
}

/// Returns the key and initialisation vector of AES in .NET's default mode, CBC with PKCS #7 padding.
fn aes(call: &mut Call<'_, '_>) -> Result<(cipher::UnboundCipherKey, FixedLength<16>), Failure> {
    let (key, iv) = match call.argument(0).as_object() {
        Some(Object::Symmetric(cipher)) if call.count() == 1 => lock(cipher).parts()?,
        Some(Object::Symmetric(cipher)) => {
            lock(cipher).parts()?;
            (call.bytes(1)?, call.bytes(2)?)
        }
        _ => {
            let name = call.text(0)?;
            if !super::symmetric::is_aes(&name) {
                return Err(Failure::unsupported(format!("the encryption algorithm '{name}'")));
            }
            (call.bytes(1)?, call.bytes(2)?)
        }
    };
    let algorithm = match key.len() {
        16 => &cipher::AES_128,
        24 => &cipher::AES_192,
        32 => &cipher::AES_256,
        _ => return Err(Failure::cryptographic("Specified key is not a valid size for this algorithm.")),
    };
    let iv: [u8; 16] = iv.try_into().map_err(|_| {
        Failure::cryptographic("Specified initialization vector (IV) does not match the block size for this algorithm.")
    })?;
    let key = cipher::UnboundCipherKey::new(algorithm, &key).map_err(|_| failed())?;
    Ok((key, iv.into()))
}

fn failed() -> Failure {
    Failure::cryptographic("Padding is invalid and cannot be removed.")
}

fn encrypt(call: &mut Call<'_, '_>) -> Outcome {
    let mut bytes = this_bytes(call)?;
    call.work(bytes.len() * 8)?;
    let (key, iv) = aes(call)?;
    let key = PaddedBlockEncryptingKey::cbc_pkcs7(key).map_err(|_| failed())?;
    key.less_safe_encrypt(&mut bytes, EncryptionContext::Iv128(iv)).map_err(|_| failed())?;
    call.new_bytes(bytes)
}

fn decrypt(call: &mut Call<'_, '_>) -> Outcome {
    let mut bytes = this_bytes(call)?;
    call.work(bytes.len() * 8)?;
    let (key, iv) = aes(call)?;
    let key = PaddedBlockDecryptingKey::cbc_pkcs7(key).map_err(|_| failed())?;
    let plain = key.decrypt(&mut bytes, DecryptionContext::Iv128(iv)).map_err(|_| failed())?.to_vec();
    call.new_bytes(plain)
}
