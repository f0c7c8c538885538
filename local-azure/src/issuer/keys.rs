//! RSA keys: the tenant's published keys, and one unpublished key.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};

use aws_lc_rs::{
    digest::{SHA1_FOR_LEGACY_USE_ONLY, digest},
    encoding::{AsDer as _, Pkcs8V1Der},
    rand::SystemRandom,
    rsa::{KeyPair, KeySize},
    signature::{KeyPair as _, RSA_PKCS1_SHA256},
};
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use jsonwebtoken::DecodingKey;
use rcgen::{CertificateParams, DnType, PKCS_RSA_SHA256};
use serde_json::{Map, Value, json};

/// The number of published keys besides the active one: keys that no longer sign, and keys that have not signed yet.
const BESIDES_ACTIVE: usize = 2;

/// The tenant's signing keys, generated at start and on [`SigningKeys::roll_over`].
pub(crate) struct SigningKeys {
    /// The published keys; the first one signs. Validators must look up a key by its ID: they always see more than one
    /// key, in no meaningful order.
    published: RwLock<Vec<Arc<SigningKey>>>,
    /// Locked while the second key is generated.
    second: Mutex<()>,
    /// The unpublished key, generated when a fault of the seed first needs it.
    unpublished: OnceLock<Arc<SigningKey>>,
}

/// The system could not make or use an RSA key.
#[derive(Debug, thiserror::Error)]
#[error("the system cannot make an RSA signing key of 2048 bits")]
pub struct KeyError;

/// The key for a signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SignWith {
    /// The tenant's active key.
    Active,
    /// An unpublished key, under the active key's ID.
    Unpublished,
}

impl SigningKeys {
    /// Generates one new key, which signs. [`SigningKeys::add_second`] adds the second one.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub(crate) fn generate() -> Result<Self, KeyError> {
        let published = RwLock::new(vec![Arc::new(SigningKey::generate()?)]);
        Ok(Self { published, second: Mutex::new(()), unpublished: OnceLock::new() })
    }

    /// Adds a key that has not signed yet, unless there is more than one key already. Generating a key takes a
    /// noticeable part of a second, and this key is not needed before a client reads the key set.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub(crate) fn add_second(&self) -> Result<(), KeyError> {
        let _one = self.second.lock().unwrap_or_else(PoisonError::into_inner);
        if self.published().len() == 1 {
            let key = Arc::new(SigningKey::generate()?);
            self.published.write().unwrap_or_else(PoisonError::into_inner).push(key);
        }
        Ok(())
    }

    /// Signs with a new key from now on, as in an emergency, and returns its ID.
    ///
    /// Earlier keys stay published until two more keys are added, so tokens with their signatures still verify.
    ///
    /// # Errors
    /// When the system cannot make an RSA key.
    pub(crate) fn roll_over(&self) -> Result<String, KeyError> {
        let key = SigningKey::generate()?;
        let id = key.id.clone();
        let mut published = self.published.write().unwrap_or_else(PoisonError::into_inner);
        published.insert(0, Arc::new(key));
        published.truncate(1 + BESIDES_ACTIVE);
        Ok(id)
    }

    fn published(&self) -> Vec<Arc<SigningKey>> {
        self.published.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns the key set (`JWKS`); `issuer` appears only in version 2.
    ///
    /// Shape: <https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-the-signature>.
    ///
    /// # Errors
    /// When the system cannot make the second key.
    pub(super) fn key_set(&self, issuer: Option<&str>) -> Result<Value, KeyError> {
        self.add_second()?;
        Ok(json!({ "keys": self.published().iter().map(|key| key.public(issuer)).collect::<Vec<_>>() }))
    }

    /// Returns the key for verifying signatures, if the tenant publishes a key with this ID.
    pub(crate) fn decoding_key(&self, id: &str) -> Option<DecodingKey> {
        self.published().iter().find(|key| key.id == id).map(|key| key.decoding_key())
    }

    /// Returns a signed token. `x5t` decides whether the header also names the certificate, as version 1 tokens do.
    pub(crate) fn sign(&self, claims: &Map<String, Value>, x5t: bool, with: SignWith) -> Result<String, KeyError> {
        let published = self.published();
        let active = published.first().ok_or(KeyError)?;
        let key = match with {
            SignWith::Active => active,
            SignWith::Unpublished => self.unpublished()?,
        };
        let header = if x5t {
            json!({ "typ": "JWT", "alg": "RS256", "x5t": active.id, "kid": active.id })
        } else {
            json!({ "typ": "JWT", "alg": "RS256", "kid": active.id })
        };
        key.jwt(&header, claims)
    }

    fn unpublished(&self) -> Result<&Arc<SigningKey>, KeyError> {
        if let Some(key) = self.unpublished.get() {
            return Ok(key);
        }
        let key = Arc::new(SigningKey::generate()?);
        Ok(self.unpublished.get_or_init(|| key))
    }
}

pub(super) struct SigningKey {
    pair: KeyPair,
    /// Thumbprint of the certificate: `kid`, and `x5t` if the header has it.
    id: String,
    certificate: Vec<u8>,
}

impl SigningKey {
    pub(super) fn generate() -> Result<Self, KeyError> {
        let pair = KeyPair::generate(KeySize::Rsa2048).map_err(|_| KeyError)?;
        let certificate = self_signed(&pair)?;
        let id = URL_SAFE_NO_PAD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &certificate));
        Ok(Self { pair, id, certificate })
    }

    /// Returns the key's ID, which is `kid` in a token's header.
    pub(super) fn id(&self) -> &str {
        &self.id
    }

    /// Returns a token signed with RS256.
    pub(super) fn jwt(&self, header: &Value, claims: &Map<String, Value>) -> Result<String, KeyError> {
        let claims = serde_json::to_vec(claims).map_err(|_| KeyError)?;
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims));
        let mut signature = vec![0; self.pair.public_modulus_len()];
        self.pair
            .sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature)
            .map_err(|_| KeyError)?;
        Ok(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// Returns the key that verifies this key's signatures.
    pub(super) fn decoding_key(&self) -> DecodingKey {
        let public = self.pair.public_key();
        DecodingKey::from_rsa_raw_components(
            public.modulus().big_endian_without_leading_zero(),
            public.exponent().big_endian_without_leading_zero(),
        )
    }

    fn public(&self, issuer: Option<&str>) -> Value {
        let public = self.pair.public_key();
        let mut key = json!({
            "kty": "RSA",
            "use": "sig",
            "kid": self.id,
            "x5t": self.id,
            "n": URL_SAFE_NO_PAD.encode(public.modulus().big_endian_without_leading_zero()),
            "e": URL_SAFE_NO_PAD.encode(public.exponent().big_endian_without_leading_zero()),
            "x5c": [STANDARD.encode(&self.certificate)],
        });
        if let Some(issuer) = issuer {
            key["issuer"] = json!(issuer);
        }
        key
    }
}

/// Returns a self-signed certificate of the key, in DER. Only its thumbprint and its place in `x5c` matter.
pub(super) fn self_signed(pair: &KeyPair) -> Result<Vec<u8>, KeyError> {
    let der: Pkcs8V1Der<'_> = pair.as_der().map_err(|_| KeyError)?;
    let key =
        rcgen::KeyPair::from_pkcs8_der_and_sign_algo(&der.as_ref().into(), &PKCS_RSA_SHA256).map_err(|_| KeyError)?;
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, "accounts.accesscontrol.windows.net");
    let certificate = params.self_signed(&key).map_err(|_| KeyError)?;
    Ok(certificate.der().to_vec())
}
