//! The content of an encrypted token: AES-CBC with HMAC (RFC 7518, 5.2). API Management documents no other method.

use aws_lc_rs::{
    cipher::{AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    constant_time::verify_slices_are_equal,
    hmac,
    iv::FixedLength,
};

pub(super) struct EncryptedContent<'t> {
    /// The header as sent. The seal covers it, too.
    pub(super) data: &'t [u8],
    pub(super) iv: Vec<u8>,
    pub(super) text: Vec<u8>,
    pub(super) tag: Vec<u8>,
}

/// A content encryption algorithm, by its name in `enc`.
#[derive(Clone, Copy)]
pub(super) struct Method {
    cipher: &'static Algorithm,
    digest: hmac::Algorithm,
    /// The length of the key in bytes. One half checks the content, and the other half decrypts it.
    length: usize,
}

impl Method {
    pub(super) fn named(name: &str) -> Option<Self> {
        let (cipher, digest, length) = match name {
            "A128CBC-HS256" => (&AES_128, hmac::HMAC_SHA256, 32),
            "A192CBC-HS384" => (&AES_192, hmac::HMAC_SHA384, 48),
            "A256CBC-HS512" => (&AES_256, hmac::HMAC_SHA512, 64),
            _ => return None,
        };
        Some(Self { cipher, digest, length })
    }
}

impl EncryptedContent<'_> {
    /// Returns the content; `None` if the key does not fit or a part was changed.
    pub(super) fn open(&self, method: Method, key: &[u8]) -> Option<Vec<u8>> {
        if key.len() != method.length {
            return None;
        }
        let half = method.length / 2;
        let (check, decrypt) = key.split_at(half);
        let bits = u64::try_from(self.data.len()).ok()?.checked_mul(8)?;
        let signed = [self.data, &self.iv, &self.text, &bits.to_be_bytes()].concat();
        let expected = hmac::sign(&hmac::Key::new(method.digest, check), &signed);
        verify_slices_are_equal(expected.as_ref().get(..half)?, &self.tag).ok()?;
        let iv: [u8; 16] = self.iv.as_slice().try_into().ok()?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(method.cipher, decrypt).ok()?).ok()?;
        let mut text = self.text.clone();
        let opened = key.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
        Some(opened.to_vec())
    }
}

/// Seals a text. Returns IV, text and tag.
#[cfg(test)]
pub(super) fn seal(text: &[u8], data: &[u8], method: Method, key: &[u8]) -> [Vec<u8>; 3] {
    use aws_lc_rs::cipher::PaddedBlockEncryptingKey;

    let half = method.length / 2;
    let (check, encrypt) = key.split_at(half);
    let mut text = text.to_vec();
    let encrypting =
        PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(method.cipher, encrypt).unwrap()).unwrap();
    let DecryptionContext::Iv128(iv) = encrypting.encrypt(&mut text).unwrap() else { unreachable!("CBC has an IV") };
    let bits = u64::try_from(data.len()).unwrap() * 8;
    let signed = [data, iv.as_ref(), &text, &bits.to_be_bytes()].concat();
    let tag = hmac::sign(&hmac::Key::new(method.digest, check), &signed);
    [iv.as_ref().to_vec(), text, tag.as_ref()[..half].to_vec()]
}

#[cfg(test)]
mod tests {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};

    use super::*;

    /// The example of RFC 7516, appendix A.3, which gives its content key.
    #[test]
    fn the_example_of_the_standard_opens() {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let content = EncryptedContent {
            data: b"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0",
            iv: decode("AxY8DCtDaGlsbGljb3RoZQ"),
            text: decode("KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY"),
            tag: decode("U0m_YmjN04DJvceFICbCVQ"),
        };
        let key = [
            4, 211, 31, 197, 84, 157, 252, 254, 11, 100, 157, 250, 63, 170, 106, 206, 107, 124, 212, 45, 111, 107, 9,
            219, 200, 177, 0, 240, 143, 156, 44, 207,
        ];
        let method = |name: &str| Method::named(name).unwrap();
        assert_eq!(content.open(method("A128CBC-HS256"), &key).unwrap(), b"Live long and prosper.");
        assert!(content.open(method("A128CBC-HS256"), &[1; 32]).is_none());
        assert!(content.open(method("A256CBC-HS512"), &key).is_none());
        assert!(Method::named("A128GCM").is_none());
    }
}
