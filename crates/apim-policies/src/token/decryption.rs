//! Encrypted tokens (RFC 7516, compact form) whose key both sides know: `dir`, and AES-CBC with HMAC as RFC 7518, 5.2
//! has it. These are the algorithms that the documentation of `validate-jwt` names for symmetric keys. What is inside is
//! a signed token.

use aws_lc_rs::{
    cipher::{AES_128, AES_192, AES_256, Algorithm, DecryptionContext, PaddedBlockDecryptingKey, UnboundCipherKey},
    constant_time::verify_slices_are_equal,
    hmac,
    iv::FixedLength,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::Value;

/// A key that decrypts: one half checks, the other one decrypts.
pub(crate) struct DecryptionKey(Vec<u8>);

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("DecryptionKey")
    }
}

impl DecryptionKey {
    /// `None` when no algorithm has keys of this length.
    pub(crate) fn new(secret: Vec<u8>) -> Option<Self> {
        matches!(secret.len(), 32 | 48 | 64).then_some(Self(secret))
    }
}

/// Whether a token is encrypted, by the count of its parts.
pub(crate) fn is_encrypted(token: &str) -> bool {
    token.split('.').count() == 5
}

/// The token inside; `None` when no key opens it.
pub(crate) fn decrypt(token: &str, keys: &[DecryptionKey]) -> Option<String> {
    let parts: Vec<_> = token.split('.').collect();
    let &[protected, "", iv, text, tag] = parts.as_slice() else { return None };
    let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).ok();
    let header: Value = serde_json::from_slice(&decode(protected)?).ok()?;
    let header = header.as_object()?;
    if header.get("alg")? != "dir" || header.contains_key("crit") || header.contains_key("zip") {
        return None;
    }
    let method = header.get("enc")?.as_str()?;
    let sealed = Sealed { data: protected.as_bytes(), iv: decode(iv)?, text: decode(text)?, tag: decode(tag)? };
    let opened = keys.iter().find_map(|key| sealed.open(method, &key.0))?;
    String::from_utf8(opened).ok()
}

struct Sealed<'t> {
    data: &'t [u8],
    iv: Vec<u8>,
    text: Vec<u8>,
    tag: Vec<u8>,
}

impl Sealed<'_> {
    fn open(&self, method: &str, key: &[u8]) -> Option<Vec<u8>> {
        let (cipher, digest, length): (&Algorithm, _, _) = match method {
            "A128CBC-HS256" => (&AES_128, hmac::HMAC_SHA256, 32),
            "A192CBC-HS384" => (&AES_192, hmac::HMAC_SHA384, 48),
            "A256CBC-HS512" => (&AES_256, hmac::HMAC_SHA512, 64),
            _ => return None,
        };
        if key.len() != length {
            return None;
        }
        let (check, decrypt) = key.split_at(length / 2);
        let bits = u64::try_from(self.data.len()).ok()?.checked_mul(8)?;
        let signed = [self.data, &self.iv, &self.text, &bits.to_be_bytes()].concat();
        let expected = hmac::sign(&hmac::Key::new(digest, check), &signed);
        verify_slices_are_equal(expected.as_ref().get(..length / 2)?, &self.tag).ok()?;
        let iv: [u8; 16] = self.iv.as_slice().try_into().ok()?;
        let key = PaddedBlockDecryptingKey::cbc_pkcs7(UnboundCipherKey::new(cipher, decrypt).ok()?).ok()?;
        let mut text = self.text.clone();
        let opened = key.decrypt(&mut text, DecryptionContext::Iv128(FixedLength::from(iv))).ok()?;
        Some(opened.to_vec())
    }
}

#[cfg(test)]
pub(crate) fn encrypt(token: &str, method: &str, key: &[u8]) -> String {
    use aws_lc_rs::cipher::PaddedBlockEncryptingKey;

    let (cipher, digest): (&Algorithm, _) = match method {
        "A128CBC-HS256" => (&AES_128, hmac::HMAC_SHA256),
        "A192CBC-HS384" => (&AES_192, hmac::HMAC_SHA384),
        _ => (&AES_256, hmac::HMAC_SHA512),
    };
    let (check, encrypt) = key.split_at(key.len() / 2);
    let protected =
        URL_SAFE_NO_PAD.encode(serde_json::json!({ "alg": "dir", "enc": method, "cty": "JWT" }).to_string());
    let mut text = token.as_bytes().to_vec();
    let encrypting = PaddedBlockEncryptingKey::cbc_pkcs7(UnboundCipherKey::new(cipher, encrypt).unwrap()).unwrap();
    let DecryptionContext::Iv128(iv) = encrypting.encrypt(&mut text).unwrap() else { unreachable!("CBC has an IV") };
    let bits = u64::try_from(protected.len()).unwrap() * 8;
    let signed = [protected.as_bytes(), iv.as_ref(), &text, &bits.to_be_bytes()].concat();
    let tag = hmac::sign(&hmac::Key::new(digest, check), &signed);
    let [iv, text, tag]: [&[u8]; 3] = [iv.as_ref(), &text, &tag.as_ref()[..key.len() / 2]];
    let [iv, text, tag] = [iv, text, tag].map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{protected}..{iv}.{text}.{tag}")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of RFC 7516, appendix A.3, whose content key is given there.
    #[test]
    fn the_example_of_the_standard_opens() {
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).unwrap();
        let sealed = Sealed {
            data: b"eyJhbGciOiJBMTI4S1ciLCJlbmMiOiJBMTI4Q0JDLUhTMjU2In0",
            iv: decode("AxY8DCtDaGlsbGljb3RoZQ"),
            text: decode("KDlTtXchhZTGufMYmOYGS4HffxPSUrfmqCHXaI9wOGY"),
            tag: decode("U0m_YmjN04DJvceFICbCVQ"),
        };
        let key = [
            4, 211, 31, 197, 84, 157, 252, 254, 11, 100, 157, 250, 63, 170, 106, 206, 107, 124, 212, 45, 111, 107, 9,
            219, 200, 177, 0, 240, 143, 156, 44, 207,
        ];
        assert_eq!(sealed.open("A128CBC-HS256", &key).unwrap(), b"Live long and prosper.");
        assert!(sealed.open("A128CBC-HS256", &[1; 32]).is_none());
        assert!(sealed.open("A256CBC-HS512", &key).is_none());
        assert!(sealed.open("A128GCM", &key).is_none());
    }

    #[test]
    fn what_was_changed_or_asks_for_something_else_does_not_open() {
        let keys = [DecryptionKey::new(vec![7; 32]).unwrap()];
        let good = encrypt("a.b.c", "A128CBC-HS256", &[7; 32]);
        assert_eq!(decrypt(&good, &keys).as_deref(), Some("a.b.c"));
        let parts: Vec<_> = good.split('.').collect();
        let with = |index: usize, part: &str| {
            let mut parts = parts.clone();
            parts[index] = part;
            parts.join(".")
        };
        let header = |json: &str| URL_SAFE_NO_PAD.encode(json);
        for (name, token) in [
            ("another algorithm", with(0, &header(r#"{"alg":"RSA-OAEP","enc":"A128CBC-HS256"}"#))),
            ("a critical member", with(0, &header(r#"{"alg":"dir","enc":"A128CBC-HS256","crit":["x"]}"#))),
            ("compressed", with(0, &header(r#"{"alg":"dir","enc":"A128CBC-HS256","zip":"DEF"}"#))),
            ("another header", with(0, &header(r#"{"alg":"dir","enc":"A128CBC-HS256"}"#))),
            ("a key", with(1, "AAAA")),
            ("another IV", with(2, "AAAAAAAAAAAAAAAAAAAAAA")),
            ("a short IV", with(2, "AAAA")),
            ("another text", with(3, "AAAAAAAAAAAAAAAAAAAAAA")),
            ("no tag", with(4, "")),
        ] {
            assert!(decrypt(&token, &keys).is_none(), "{name}");
        }
        assert!(DecryptionKey::new(vec![1; 33]).is_none());
    }
}
