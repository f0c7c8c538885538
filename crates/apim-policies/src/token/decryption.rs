//! Encrypted tokens (RFC 7516, compact form). They contain a signed token.
//!
//! The key of the content is shared by both sides (`dir`), or is encrypted to the RSA key of a certificate
//! (`RSA-OAEP`). The documentation of API Management names no algorithm for the second case. Microsoft.IdentityModel
//! has `RSA-OAEP` and `RSA1_5` (its `SupportedAlgorithms`). `RSA1_5` is refused here, because RFC 8725, 3.2 advises
//! against it.

use aws_lc_rs::rsa::{OAEP_SHA1_MGF1SHA1, OaepPrivateDecryptingKey, PrivateDecryptingKey};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use miniz_oxide::inflate::decompress_to_vec_with_limit;
use serde_json::{Map, Value};

use super::{
    encrypted_content::{EncryptedContent, Method},
    jwt::header_and_text,
    key_name::KeyName,
    refusal::TokenRefusal,
};
use crate::expression::Certificate;

/// The most bytes of a decompressed token, as in Microsoft.IdentityModel (`MaximumTokenSizeInBytes`).
const LARGEST_INFLATED: usize = 256_000;

/// A decryption key, and its name in tokens.
pub(crate) struct DecryptionKey {
    name: KeyName,
    key: Key,
}

enum Key {
    Shared(Vec<u8>),
    Rsa(OaepPrivateDecryptingKey),
}

impl std::fmt::Debug for DecryptionKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("DecryptionKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl DecryptionKey {
    /// Creates a key from a secret shared with the issuer; `None` if no algorithm has keys of this length.
    pub(crate) fn symmetric(id: Option<String>, secret: Vec<u8>) -> Option<Self> {
        matches!(secret.len(), 32 | 48 | 64).then_some(Self { name: KeyName::new(id), key: Key::Shared(secret) })
    }

    /// Takes a certificate's key; `None` if there is no private key or it is not RSA.
    pub(crate) fn from_certificate(id: Option<String>, certificate: &Certificate) -> Option<Self> {
        let key: &PrivateDecryptingKey = certificate.decrypting_key()?;
        let key = OaepPrivateDecryptingKey::new(key.clone()).ok()?;
        Some(Self { name: KeyName::from_certificate(id, certificate), key: Key::Rsa(key) })
    }
}

/// Reports whether a token is encrypted, by the number of its parts.
pub(super) fn is_encrypted(token: &str) -> bool {
    token.split('.').count() == 5
}

/// Returns the token inside. If the token names a key, only that key is tried. If it names none of them, every key is
/// tried.
pub(super) fn decrypt(token: &str, keys: &[DecryptionKey]) -> Result<String, TokenRefusal> {
    let token = Encrypted::parse(token)?;
    if keys.is_empty() {
        return Err(TokenRefusal::NoDecryptionKeys);
    }
    let compression = token.header.get("zip").and_then(Value::as_str).unwrap_or_default();
    if !matches!(compression, "" | "DEF") {
        return Err(TokenRefusal::Compression(compression.to_owned()));
    }
    let unsupported =
        || TokenRefusal::DecryptionAlgorithm { algorithm: token.algorithm.clone(), method: token.method.clone() };
    let method = Method::named(&token.method).ok_or_else(unsupported)?;
    let fitting = || keys.iter().filter(|key| key.key.fits(&token.algorithm));
    if fitting().next().is_none() {
        return Err(unsupported());
    }
    let is_named = |key: &&DecryptionKey| key.name.is_in(&token.header);
    let some_key_is_named = keys.iter().any(|key| is_named(&key));
    let opened = fitting().filter(|key| !some_key_is_named || is_named(key)).find_map(|key| token.open(method, key));
    let opened = opened.ok_or(TokenRefusal::Decryption)?;
    let inflated = match compression {
        "DEF" => decompress_to_vec_with_limit(&opened, LARGEST_INFLATED).map_err(|_| TokenRefusal::Inflation)?,
        _ => opened,
    };
    String::from_utf8(inflated).map_err(|_| TokenRefusal::Decryption)
}

impl Key {
    fn fits(&self, algorithm: &str) -> bool {
        match self {
            Self::Shared(_) => algorithm == "dir",
            Self::Rsa(_) => algorithm == "RSA-OAEP",
        }
    }
}

struct Encrypted<'t> {
    header: Map<String, Value>,
    algorithm: String,
    method: String,
    /// The encrypted key of the content.
    key: Vec<u8>,
    content: EncryptedContent<'t>,
}

impl<'t> Encrypted<'t> {
    fn parse(token: &'t str) -> Result<Self, TokenRefusal> {
        let parts: Vec<_> = token.split('.').collect();
        let &[protected, key, iv, text, tag] = parts.as_slice() else { return Err(TokenRefusal::NotWellFormed) };
        let decode = |part: &str| URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRefusal::NotWellFormed);
        let (_, header) = header_and_text(protected)?;
        let text_of = |name: &str| header.get(name).and_then(Value::as_str).map(str::to_owned);
        let (algorithm, method) = text_of("alg").zip(text_of("enc")).ok_or(TokenRefusal::NotWellFormed)?;
        let content =
            EncryptedContent { data: protected.as_bytes(), iv: decode(iv)?, text: decode(text)?, tag: decode(tag)? };
        Ok(Self { header, algorithm, method, key: decode(key)?, content })
    }

    fn open(&self, method: Method, key: &DecryptionKey) -> Option<Vec<u8>> {
        match &key.key {
            Key::Shared(secret) => self.key.is_empty().then(|| self.content.open(method, secret))?,
            Key::Rsa(key) => {
                let mut room = vec![0; key.min_output_size()];
                let secret = key.decrypt(&OAEP_SHA1_MGF1SHA1, &self.key, &mut room, None).ok()?;
                self.content.open(method, secret)
            }
        }
    }
}

/// Returns a token encrypted with a key that both sides know.
#[cfg(test)]
pub(crate) fn encrypt(token: &str, method: &str, key: &[u8]) -> String {
    seal(token, &serde_json::json!({ "alg": "dir", "enc": method, "cty": "JWT" }), &[], key)
}

/// Returns a token encrypted to an RSA key (a `SubjectPublicKeyInfo`), with further members of the header.
#[cfg(test)]
pub(crate) fn encrypt_to(token: impl AsRef<[u8]>, method: &str, public_key: &[u8], members: &Value) -> String {
    use aws_lc_rs::rsa::{OaepPublicEncryptingKey, PublicEncryptingKey};

    let secret = match method {
        "A192CBC-HS384" => vec![9; 48],
        "A256CBC-HS512" => vec![9; 64],
        _ => vec![9; 32],
    };
    let key = OaepPublicEncryptingKey::new(PublicEncryptingKey::from_der(public_key).unwrap()).unwrap();
    let mut room = vec![0; key.ciphertext_size()];
    let encrypted = key.encrypt(&OAEP_SHA1_MGF1SHA1, &secret, &mut room, None).unwrap();
    let mut header = serde_json::json!({ "alg": "RSA-OAEP", "enc": method, "cty": "JWT" });
    header.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
    seal(token, &header, encrypted, &secret)
}

#[cfg(test)]
fn seal(token: impl AsRef<[u8]>, header: &Value, encrypted_key: &[u8], key: &[u8]) -> String {
    let protected = URL_SAFE_NO_PAD.encode(header.to_string());
    // A token that names an unknown method is sealed with the first one.
    let method = header["enc"].as_str().and_then(Method::named).or(Method::named("A128CBC-HS256")).unwrap();
    let [iv, text, tag] = super::encrypted_content::seal(token.as_ref(), protected.as_bytes(), method, key)
        .map(|part| URL_SAFE_NO_PAD.encode(part));
    format!("{protected}.{}.{iv}.{text}.{tag}", URL_SAFE_NO_PAD.encode(encrypted_key))
}

#[cfg(test)]
mod tests;
