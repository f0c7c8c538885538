//! The hot path of the gateway: `validate-jwt` with keys in memory, and two `set-header`.

use std::{collections::HashMap, time::Duration};

use apim_policies::{
    Document, Facts, Meter, NoReply, Outcome, Outside, Pipeline, Scope, Service, State, Unreachable, Unread, UsageTap,
    expression::{self, Api, Entropy},
};
use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use serde_json::json;
use url::Url;
use uuid::Uuid;

const POLICY: &str = r#"<policies>
    <inbound>
        <base />
        <validate-jwt header-name="Authorization" require-scheme="Bearer">
            <openid-config url="https://login.test/.well-known/openid-configuration" />
            <audiences><audience>api://orders</audience></audiences>
            <required-claims><claim name="roles" match="any"><value>Orders.Read</value></claim></required-claims>
        </validate-jwt>
        <set-header name="x-caller" exists-action="override"><value>one</value></set-header>
        <set-header name="Authorization" exists-action="delete" />
    </inbound>
    <backend><base /></backend>
    <outbound><base /></outbound>
    <on-error><base /></on-error>
</policies>"#;

const NOW: i64 = 1_772_000_000;

/// An issuer's documents, and a backend that answers at once.
struct Offline(HashMap<&'static str, Bytes>);

impl Outside for Offline {
    type Body = Bytes;

    fn now(&self) -> Timestamp {
        Timestamp::from_second(NOW).unwrap_or_default()
    }

    fn request_id(&self) -> Uuid {
        Uuid::nil()
    }

    fn entropy(&self) -> Entropy {
        Entropy::new(|| 0)
    }

    fn is_empty(&self, body: &Bytes) -> bool {
        body.is_empty()
    }

    async fn read(&self, body: Bytes) -> Result<Bytes, Unread> {
        Ok(body)
    }

    fn metered(&self, body: Bytes, meter: Meter) -> Bytes {
        meter.passed(body.len());
        body
    }

    fn tapped(&self, body: Bytes, mut tap: UsageTap) -> Bytes {
        tap.passed(&body);
        body
    }

    async fn fetch(&self, url: &Url) -> Result<Bytes, Unreachable> {
        self.0.get(url.as_str()).cloned().ok_or_else(|| Unreachable(url.to_string()))
    }

    async fn forward(&self, _: Request<Bytes>, _: Duration) -> Result<Response<Bytes>, NoReply> {
        Ok(Response::new(Bytes::new()))
    }

    async fn sleep(&self, _: Duration) {}
}

/// A gateway with one API, and a caller with a token for it.
pub(crate) struct HotPath {
    pipeline: Pipeline,
    outside: Offline,
    state: State,
    token: http::HeaderValue,
    runtime: tokio::runtime::Runtime,
}

impl HotPath {
    /// Creates the gateway with the keys in memory. The policy with the name `left_out` is left out.
    #[expect(clippy::unwrap_used, reason = "all of it is made here")]
    pub(crate) fn without(left_out: Option<&str>) -> Self {
        let keys = RsaKeyPair::generate(KeySize::Rsa2048).unwrap();
        let document = Document::load(Scope::Api, &policies(left_out), &Service::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let path = Self {
            pipeline: Pipeline::compose(&[&Document::default_global(), &document]).unwrap(),
            outside: Offline(documents(&keys)),
            state: State::default(),
            token: format!("Bearer {}", token(&keys)).parse().unwrap(),
            runtime,
        };
        assert_eq!(path.run(path.request()).response.status(), 200);
        path
    }

    /// Returns the caller's request.
    pub(crate) fn request(&self) -> (Request<Bytes>, Facts) {
        let mut request = Request::new(Bytes::new());
        request.headers_mut().insert("authorization", self.token.clone());
        let service_url = expression::Url::parse("https://orders.test");
        (request, Facts { api: Api { service_url, ..Api::default() }, ..Facts::default() })
    }

    /// Sends a request through the gateway.
    pub(crate) fn run(&self, (request, facts): (Request<Bytes>, Facts)) -> Outcome<Bytes> {
        self.runtime.block_on(self.pipeline.run(request, facts, &self.state, &self.outside))
    }
}

fn policies(left_out: Option<&str>) -> String {
    let between = |from: &str, to: &str| {
        let (before, rest) = POLICY.split_once(from).unwrap_or((POLICY, ""));
        let (_, after) = rest.split_once(to).unwrap_or_default();
        format!("{before}{after}")
    };
    match left_out {
        None => POLICY.to_owned(),
        Some("validate-jwt") => between("<validate-jwt", "</validate-jwt>"),
        Some("set-header") => between("<set-header", "delete\" />"),
        Some("forward-request") => between("<backend>", "</backend>").replace("<outbound>", "<backend /><outbound>"),
        Some(other) => panic!("the hot path has no {other}"),
    }
}

fn documents(keys: &RsaKeyPair) -> HashMap<&'static str, Bytes> {
    let public = RsaPublicKeyComponents::<Vec<u8>>::from(keys.public_key());
    let (n, e) = (URL_SAFE_NO_PAD.encode(public.n), URL_SAFE_NO_PAD.encode(public.e));
    let discovery = json!({ "issuer": "https://login.test/", "jwks_uri": "https://login.test/keys" });
    let published = json!({ "keys": [{ "kty": "RSA", "use": "sig", "kid": "one", "n": n, "e": e }] });
    [("https://login.test/.well-known/openid-configuration", discovery), ("https://login.test/keys", published)]
        .map(|(url, document)| (url, Bytes::from(document.to_string())))
        .into()
}

#[expect(clippy::unwrap_used, reason = "a key of this size signs")]
fn token(keys: &RsaKeyPair) -> String {
    let encode = |part: serde_json::Value| URL_SAFE_NO_PAD.encode(part.to_string());
    let head = encode(json!({ "alg": "RS256", "typ": "JWT", "kid": "one" }));
    let claims = encode(json!({
        "aud": "api://orders", "iss": "https://login.test/", "sub": "00000000-0000-0000-0000-000000000001",
        "oid": "00000000-0000-0000-0000-000000000001", "tid": "00000000-0000-0000-0000-000000000002",
        "nbf": NOW - 60, "exp": NOW + 3600, "roles": ["Orders.Read"], "ver": "2.0",
    }));
    let signed = format!("{head}.{claims}");
    let mut signature = vec![0; keys.public_modulus_len()];
    keys.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
}
