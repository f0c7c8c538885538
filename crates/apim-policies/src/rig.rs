//! What the tests stand on: an issuer that signs, and an outside whose clock and documents are set by hand.

use std::{
    collections::BTreeMap,
    sync::{Mutex, OnceLock},
};

use aws_lc_rs::{
    encoding::AsDer as _,
    hmac,
    rand::SystemRandom,
    rsa::KeySize,
    signature::{self, EcdsaKeyPair, KeyPair as _, RsaEncoding, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use url::Url;

use crate::{Document, OpenIdCache, Outcome, Outside, Pipeline, Scope, Unreachable};

pub(crate) const NOW: i64 = 1_772_000_000;
pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const DISCOVERY_V1: &str = "https://login.test/tenant/.well-known/openid-configuration";
pub(crate) const DISCOVERY_V2: &str = "https://login.test/tenant/v2.0/.well-known/openid-configuration";
pub(crate) const DISCOVERY_COMMON: &str = "https://login.test/common/v2.0/.well-known/openid-configuration";
const JWKS: &str = "https://login.test/keys";

pub(crate) fn issuer_v1() -> String {
    format!("https://sts.windows.net/{TENANT}/")
}

pub(crate) fn issuer_v2() -> String {
    format!("https://login.microsoftonline.com/{TENANT}/v2.0")
}

/// A signing key of each kind.
pub(crate) struct Signer {
    rsa: RsaKeyPair,
    ec: EcdsaKeyPair,
}

impl Signer {
    /// The issuer's keys, `rsa-1` and `ec-1`.
    pub(crate) fn published() -> &'static Self {
        static SIGNER: OnceLock<Signer> = OnceLock::new();
        SIGNER.get_or_init(Self::generate)
    }

    /// Keys that nobody published.
    pub(crate) fn unpublished() -> &'static Self {
        static SIGNER: OnceLock<Signer> = OnceLock::new();
        SIGNER.get_or_init(Self::generate)
    }

    fn generate() -> Self {
        Self {
            rsa: RsaKeyPair::generate(KeySize::Rsa2048).unwrap(),
            ec: EcdsaKeyPair::generate(&signature::ECDSA_P256_SHA256_FIXED_SIGNING).unwrap(),
        }
    }

    /// Modulus and exponent of the RSA key, Base64url.
    pub(crate) fn rsa_components(&self) -> (String, String) {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.rsa.public_key());
        (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e))
    }

    /// The RSA public key as bytes, what an attacker would use as an HMAC secret.
    pub(crate) fn rsa_public_der(&self) -> Vec<u8> {
        self.rsa.public_key().as_der().unwrap().as_ref().to_vec()
    }

    pub(crate) fn key_set(&self, rsa_id: &str) -> Value {
        let (n, e) = self.rsa_components();
        let for_encryption = Self::unpublished().rsa_components();
        let point = self.ec.public_key().as_ref();
        let (x, y) = (URL_SAFE_NO_PAD.encode(&point[1..33]), URL_SAFE_NO_PAD.encode(&point[33..65]));
        json!({ "keys": [
            { "kty": "oct", "kid": "oct-1", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQ" },
            { "kty": "RSA", "use": "enc", "kid": "enc-1", "n": for_encryption.0, "e": for_encryption.1 },
            { "kty": "RSA", "use": "sig", "kid": rsa_id, "n": n, "e": e },
            { "kty": "EC", "crv": "P-256", "kid": "ec-1", "x": x, "y": y },
        ]})
    }

    /// A token with this header and these claims.
    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        let signed = unsigned(header, claims);
        let message = signed.as_bytes();
        let signature = match header["alg"].as_str().unwrap() {
            "RS256" => self.sign_rsa(&signature::RSA_PKCS1_SHA256, message),
            "RS384" => self.sign_rsa(&signature::RSA_PKCS1_SHA384, message),
            "RS512" => self.sign_rsa(&signature::RSA_PKCS1_SHA512, message),
            "PS256" => self.sign_rsa(&signature::RSA_PSS_SHA256, message),
            "ES256" => self.ec.sign(&SystemRandom::new(), message).unwrap().as_ref().to_vec(),
            _ => Vec::new(),
        };
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn sign_rsa(&self, encoding: &'static dyn RsaEncoding, message: &[u8]) -> Vec<u8> {
        let mut signature = vec![0; self.rsa.public_modulus_len()];
        self.rsa.sign(encoding, &SystemRandom::new(), message, &mut signature).unwrap();
        signature
    }
}

/// A token signed with a shared secret.
pub(crate) fn hmac_token(secret: &[u8], header: &Value, claims: &Value) -> String {
    let signed = unsigned(header, claims);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(tag))
}

fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()))
}

/// The outside of the tests: discovery documents of one issuer and a backend that answers 200 `backend`.
pub(crate) struct World {
    now: Mutex<Timestamp>,
    documents: Mutex<BTreeMap<String, Value>>,
    pub(crate) fetched: Mutex<Vec<String>>,
    pub(crate) forwarded: Mutex<Vec<Request<Bytes>>>,
    pub(crate) backend_is_down: bool,
}

impl World {
    pub(crate) fn new() -> Self {
        let document = |issuer: &str| json!({ "issuer": issuer, "jwks_uri": JWKS });
        let documents = [
            (DISCOVERY_V1, document(&issuer_v1())),
            (DISCOVERY_V2, document(&issuer_v2())),
            (DISCOVERY_COMMON, document("https://login.microsoftonline.com/{tenantid}/v2.0")),
            (JWKS, Signer::published().key_set("rsa-1")),
        ];
        Self {
            now: Mutex::new(Timestamp::from_second(NOW).unwrap()),
            documents: Mutex::new(documents.into_iter().map(|(url, text)| (url.to_owned(), text)).collect()),
            fetched: Mutex::default(),
            forwarded: Mutex::default(),
            backend_is_down: false,
        }
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        *self.now.lock().unwrap() += by;
    }

    /// Publishes the key set; `None` takes it off the air.
    pub(crate) fn publish(&self, key_set: Option<Value>) {
        let mut documents = self.documents.lock().unwrap();
        documents.remove(JWKS);
        documents.extend(key_set.map(|keys| (JWKS.to_owned(), keys)));
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetched.lock().unwrap().len()
    }

    /// Sends a request through an API document with nothing but the default document above it.
    pub(crate) async fn run(&self, document: &str, request: Request<Bytes>, keys: &OpenIdCache) -> Outcome<Bytes> {
        let document = Document::load(Scope::Api, document, &BTreeMap::new()).unwrap();
        let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
        pipeline.run(request, keys, self).await
    }
}

impl Outside for World {
    type Body = Bytes;

    fn now(&self) -> Timestamp {
        *self.now.lock().unwrap()
    }

    fn request_id(&self) -> String {
        "00000000-0000-0000-0000-000000000001".to_owned()
    }

    async fn fetch(&self, url: &Url) -> Result<Bytes, Unreachable> {
        self.fetched.lock().unwrap().push(url.to_string());
        // A fetch takes a while, in which other requests run.
        tokio::task::yield_now().await;
        let documents = self.documents.lock().unwrap();
        let document = documents.get(url.as_str()).ok_or_else(|| Unreachable("404 Not Found".to_owned()))?;
        Ok(Bytes::from(document.to_string()))
    }

    async fn forward(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Unreachable> {
        if self.backend_is_down {
            return Err(Unreachable("connection refused".to_owned()));
        }
        self.forwarded.lock().unwrap().push(request);
        Ok(Response::new(Bytes::from_static(b"backend")))
    }
}
