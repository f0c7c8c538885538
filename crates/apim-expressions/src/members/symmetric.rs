//! `SymmetricAlgorithm`: AES for `Encrypt` and `Decrypt` of byte arrays.

use std::sync::{Arc, Mutex};

use super::{Member, row};
use crate::{
    evaluate::Call,
    lock::lock,
    problem::Failure,
    types::Class,
    value::{Object, Value, cipher::Cipher},
};

/// Reports whether .NET knows AES under this name.
pub(super) fn is_aes(name: &str) -> bool {
    let name = name.strip_prefix("System.Security.Cryptography.").unwrap_or(name);
    ["aes", "rijndael", "aesmanaged", "rijndaelmanaged", "aescryptoserviceprovider"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
}

pub(super) const SYMMETRIC: &[Member] = &[
    row("Create", "static (string algName) -> SymmetricAlgorithm", |call| {
        let name = call.text(0)?;
        if !is_aes(&name) {
            return Err(Failure::unsupported(format!("the encryption algorithm '{name}'")));
        }
        let (key, iv) = (random(call, 32), random(call, 16));
        let cipher = Cipher { key, iv, mode: 1, padding: 2 };
        Ok(Value::object(Object::Symmetric(Arc::new(Mutex::new(cipher)))))
    }),
    row("Key", "byte[]", |call| {
        let key = lock(&*this(call)?).key.clone();
        call.new_bytes(key)
    }),
    row("Key=", "(byte[]) -> void", |call| {
        let key = call.bytes(0)?;
        if !matches!(key.len(), 16 | 24 | 32) {
            return Err(Failure::cryptographic("Specified key is not a valid size for this algorithm."));
        }
        lock(&*this(call)?).key = key;
        Ok(Value::Null)
    }),
    row("IV", "byte[]", |call| {
        let iv = lock(&*this(call)?).iv.clone();
        call.new_bytes(iv)
    }),
    row("IV=", "(byte[]) -> void", |call| {
        let iv = call.bytes(0)?;
        if iv.len() != 16 {
            return Err(Failure::cryptographic(
                "Specified initialization vector (IV) does not match the block size for this algorithm.",
            ));
        }
        lock(&*this(call)?).iv = iv;
        Ok(Value::Null)
    }),
    row("Mode", "CipherMode", |call| Ok(Value::enumerator(Class::CipherMode, lock(&*this(call)?).mode))),
    row("Mode=", "(CipherMode) -> void", |call| {
        lock(&*this(call)?).mode = call.flags(0);
        Ok(Value::Null)
    }),
    row("Padding", "PaddingMode", |call| Ok(Value::enumerator(Class::PaddingMode, lock(&*this(call)?).padding))),
    row("Padding=", "(PaddingMode) -> void", |call| {
        lock(&*this(call)?).padding = call.flags(0);
        Ok(Value::Null)
    }),
    row("KeySize", "int", |call| {
        let bits = lock(&*this(call)?).key.len() * 8;
        Ok(i32::try_from(bits).unwrap_or_default().into())
    }),
    row("BlockSize", "int", |_| Ok(128.into())),
    row("GenerateKey", "() -> void", |call| {
        let length = lock(&*this(call)?).key.len();
        let key = random(call, length);
        lock(&*this(call)?).key = key;
        Ok(Value::Null)
    }),
    row("GenerateIV", "() -> void", |call| {
        let iv = random(call, 16);
        lock(&*this(call)?).iv = iv;
        Ok(Value::Null)
    }),
    row("Clear", "() -> void", |_| Ok(Value::Null)),
    row("Dispose", "() -> void", |_| Ok(Value::Null)),
];

fn random(call: &mut Call<'_, '_>, length: usize) -> Vec<u8> {
    (0..length / 8).flat_map(|_| call.machine.context.entropy.next().to_be_bytes()).collect()
}

fn this(call: &Call<'_, '_>) -> Result<Arc<Mutex<Cipher>>, Failure> {
    match call.receiver.as_object() {
        Some(Object::Symmetric(cipher)) => Ok(Arc::clone(cipher)),
        _ => Err(Failure::null_reference()),
    }
}
