//! RSA keys that verify signatures: from 1,023 bits on, as in Microsoft.IdentityModel.
//!
//! The cryptography library verifies with keys of 2,048 bits and more. This module has the arithmetic for shorter keys,
//! which uses public values only (RFC 8017, 8.1.2 and 8.2.2).

use aws_lc_rs::{
    digest::{self, SHA256, SHA512, digest},
    signature::{
        RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_2048_8192_SHA512, RSA_PSS_2048_8192_SHA256, RsaPublicKeyComponents,
    },
};
use base64::{
    Engine as _,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig, general_purpose::STANDARD},
};
use num_bigint::BigUint;

const SMALLEST_BITS: usize = 1023;
const LARGEST_BITS: usize = 8192;
const LIBRARY_BITS: usize = 2048;

/// Tags of DER.
const SEQUENCE: u8 = 0x30;
const BIT_STRING: u8 = 0x03;
const INTEGER: u8 = 0x02;

/// The OID at the beginning of an RSA key's `AlgorithmIdentifier` content (RFC 8017, appendix C).
const RSA_ENCRYPTION: [u8; 11] = [0x06, 0x09, 0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01];

/// `DigestInfo` before the hash (RFC 8017, 9.2, note 1).
const SHA256_INFO: [u8; 19] =
    [0x30, 0x31, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01, 0x05, 0x00, 0x04, 0x20];
const SHA512_INFO: [u8; 19] =
    [0x30, 0x51, 0x30, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03, 0x05, 0x00, 0x04, 0x40];

/// The modulus and exponent: big-endian, without leading zeros.
#[derive(Clone)]
pub(crate) struct RsaKey {
    components: RsaPublicKeyComponents<Vec<u8>>,
    bits: usize,
}

/// The signature algorithm of an RSA key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RsaAlgorithm {
    Rs256,
    Rs512,
    Ps256,
}

/// The reason why an RSA key verifies nothing.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum RsaKeyError {
    #[error("n and e of <key> are not Base64url, or Base64 with padding")]
    Encoding,
    #[error("the RSA key in <key> has {0} bits, and keys of less than {SMALLEST_BITS} verify nothing here")]
    Small(usize),
    #[error("the RSA key in <key> has {0} bits, and keys of more than {LARGEST_BITS} verify nothing here")]
    Large(usize),
    #[error("n and e of <key> are not the two odd numbers of an RSA key, e from 3 and below 2^33")]
    Numbers,
}

impl RsaKey {
    /// Reads modulus and exponent in the form of a JWK, with or without padding, or in standard Base64 with padding.
    pub(crate) fn from_base64(modulus: &str, exponent: &str) -> Result<Self, RsaKeyError> {
        let decode = |text: &str| decode(text).ok_or(RsaKeyError::Encoding);
        Self::new(&decode(modulus)?, &decode(exponent)?)
    }

    /// Reads a `SubjectPublicKeyInfo` (RFC 5280); `None` for a key that is not RSA.
    pub(crate) fn from_public_key_info(info: &[u8]) -> Option<Self> {
        let (info, _) = der(info, SEQUENCE)?;
        let (algorithm, key) = der(info, SEQUENCE)?;
        let (key, _) = der(key, BIT_STRING).filter(|_| algorithm.starts_with(&RSA_ENCRYPTION))?;
        // The first byte is the number of unused bits in the last byte.
        let (key, _) = der(key.strip_prefix(&[0])?, SEQUENCE)?;
        let (modulus, rest) = der(key, INTEGER)?;
        let (exponent, _) = der(rest, INTEGER)?;
        Self::new(modulus, exponent).ok()
    }

    fn new(modulus: &[u8], exponent: &[u8]) -> Result<Self, RsaKeyError> {
        let (n, e) = (without_zeros(modulus), without_zeros(exponent));
        let bits = n.len() * 8 - n.first().map_or(0, |first| first.leading_zeros() as usize);
        match bits {
            ..SMALLEST_BITS => return Err(RsaKeyError::Small(bits)),
            SMALLEST_BITS..=LARGEST_BITS => {}
            _ => return Err(RsaKeyError::Large(bits)),
        }
        let is_odd = |number: &[u8]| number.last().is_some_and(|last| last % 2 == 1);
        if !is_odd(n) || !is_odd(e) || e == [1] || e.len() > 5 || (e.len() == 5 && e[0] > 1) {
            return Err(RsaKeyError::Numbers);
        }
        Ok(Self { components: RsaPublicKeyComponents { n: n.to_vec(), e: e.to_vec() }, bits })
    }

    pub(crate) fn verifies(&self, algorithm: RsaAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        if self.bits < LIBRARY_BITS {
            return self.verifies_by_arithmetic(algorithm, message, signature);
        }
        let parameters = match algorithm {
            RsaAlgorithm::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
            RsaAlgorithm::Rs512 => &RSA_PKCS1_2048_8192_SHA512,
            RsaAlgorithm::Ps256 => &RSA_PSS_2048_8192_SHA256,
        };
        self.components.verify(parameters, message, signature).is_ok()
    }

    fn verifies_by_arithmetic(&self, algorithm: RsaAlgorithm, message: &[u8], signature: &[u8]) -> bool {
        let length = self.components.n.len();
        let (n, signature_number) = (BigUint::from_bytes_be(&self.components.n), BigUint::from_bytes_be(signature));
        if signature.len() != length || signature_number >= n {
            return false;
        }
        let number = signature_number.modpow(&BigUint::from_bytes_be(&self.components.e), &n).to_bytes_be();
        let encoded = [vec![0; length - number.len()], number].concat();
        match algorithm {
            RsaAlgorithm::Rs256 => encoded == pkcs1(length, &SHA256_INFO, digest(&SHA256, message).as_ref()),
            RsaAlgorithm::Rs512 => encoded == pkcs1(length, &SHA512_INFO, digest(&SHA512, message).as_ref()),
            RsaAlgorithm::Ps256 => is_pss(&encoded, self.bits - 1, digest(&SHA256, message).as_ref()),
        }
    }
}

/// Encodes a hash with EMSA-PKCS1-v1_5 (RFC 8017, 9.2). A key of 1,023 bits is long enough for every hash here.
fn pkcs1(length: usize, info: &[u8], hash: &[u8]) -> Vec<u8> {
    let filled = length.saturating_sub(3 + info.len() + hash.len());
    [&[0, 1], vec![0xFF; filled].as_slice(), &[0], info, hash].concat()
}

/// EMSA-PSS-VERIFY with SHA-256 and a salt of the hash's length (RFC 8017, 9.1.2).
fn is_pss(encoded: &[u8], bits: usize, message_hash: &[u8]) -> bool {
    let length = bits.div_ceil(8);
    let hash_length = message_hash.len();
    let (zeros, encoded) = encoded.split_at(encoded.len() - length);
    let Some((masked, hash)) = encoded.strip_suffix(&[0xBC]).map(|rest| rest.split_at(rest.len() - hash_length)) else {
        return false;
    };
    let unused_mask = !(0xFF_u8 >> (8 * length - bits));
    if zeros.iter().any(|byte| *byte != 0) || masked.first().is_none_or(|first| first & unused_mask != 0) {
        return false;
    }
    let mask = mgf1(hash, masked.len());
    let mut block: Vec<u8> = masked.iter().zip(mask).map(|(byte, mask)| byte ^ mask).collect();
    block[0] &= !unused_mask;
    let Some(salt_starts) = block.len().checked_sub(hash_length) else { return false };
    let (padding, salt) = block.split_at(salt_starts);
    let is_padding =
        padding.split_last().is_some_and(|(last, zeros)| *last == 1 && zeros.iter().all(|byte| *byte == 0));
    is_padding && digest(&SHA256, &[&[0; 8], message_hash, salt].concat()).as_ref() == hash
}

/// MGF1 with SHA-256 (RFC 8017, B.2.1).
fn mgf1(seed: &[u8], length: usize) -> Vec<u8> {
    let block = |counter: u32| -> digest::Digest { digest(&SHA256, &[seed, &counter.to_be_bytes()].concat()) };
    (0..).flat_map(|counter| block(counter).as_ref().to_vec()).take(length).collect()
}

fn decode(text: &str) -> Option<Vec<u8>> {
    const ANY_PADDING: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let engine: &GeneralPurpose = &GeneralPurpose::new(&URL_SAFE, ANY_PADDING);
    let decoded = if text.contains(['+', '/']) { STANDARD.decode(text) } else { engine.decode(text) };
    decoded.ok().filter(|bytes| !bytes.is_empty())
}

fn without_zeros(number: &[u8]) -> &[u8] {
    let zeros = number.iter().take_while(|byte| **byte == 0).count();
    &number[zeros..]
}

/// Returns the content of a DER element with this tag, and the input after the element.
fn der(input: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    let (&first, rest) = input.strip_prefix(&[tag])?.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let (length, rest) =
            rest.split_at_checked(usize::from(first & 0x7F)).filter(|(length, _)| length.len() <= 4)?;
        (length.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest)
    };
    rest.split_at_checked(length)
}
