//! `SymmetricAlgorithm`.

use crate::problem::Failure;

/// AES with its key.
pub(crate) struct Cipher {
    pub(crate) key: Vec<u8>,
    pub(crate) iv: Vec<u8>,
    pub(crate) mode: i32,
    pub(crate) padding: i32,
}

impl Cipher {
    /// Returns the key and the initialisation vector, if the mode is the one that this crate supports.
    pub(crate) fn parts(&self) -> Result<(Vec<u8>, Vec<u8>), Failure> {
        if self.mode != 1 || self.padding != 2 {
            return Err(Failure::unsupported("a cipher mode other than CBC with PKCS7"));
        }
        Ok((self.key.clone(), self.iv.clone()))
    }
}
