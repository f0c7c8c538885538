//! The gateway with the deployed policy files, a tenant for tests, and a backend that records its requests.

mod browsers;
mod certificates;
mod client_certificates;
mod clients_that_leave;
mod credentials;
mod exact_responses;
mod forwarding;
mod identities;
mod keys;
mod loading;
mod models;
mod policies;
mod redirects;
mod refusals;
mod traces;
mod versions;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, OnceLock},
};

use aws_lc_rs::{
    rand::SystemRandom,
    rsa::KeySize,
    signature::{KeyPair as _, RSA_PKCS1_SHA256, RsaKeyPair, RsaPublicKeyComponents},
};
use axum::{Json, Router, body::Bytes, extract::State, routing::get};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, Request, Response, request::Parts};
use jiff::Timestamp;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{LoadError, PolicyFinding, routes};
use crate::{default_world::seed, journal::Decision, seed::Seed, subscription_keys::KeyPair, world::World};

type Received = Arc<Mutex<Vec<(Parts, Bytes)>>>;

/// A running gateway.
struct Rig {
    gateway: Router,
    findings: Vec<PolicyFinding>,
    world: Arc<World>,
    /// The keys of each subscription at the start.
    keys: BTreeMap<String, KeyPair>,
    received: Received,
}

/// The gateway's answer.
struct GatewayAnswer {
    status: u16,
    headers: HeaderMap,
    body: String,
    decision: Decision,
}

/// Returns the error of a gateway that does not start.
fn load_error(seed: Seed) -> LoadError {
    routes(World::new(seed).unwrap().api_management).map(drop).unwrap_err()
}

/// Returns the findings of a gateway that starts.
fn findings(seed: Seed) -> Vec<String> {
    let (_, findings) = routes(World::new(seed).unwrap().api_management).unwrap_or_else(|error| panic!("{error}"));
    findings.iter().map(ToString::to_string).collect()
}

impl Rig {
    /// Starts a gateway with the default seed and further changes. Its backend listens on this machine.
    async fn start(change: impl FnOnce(&mut Seed)) -> Self {
        let (url, received) = backend().await;
        let mut seed = seed();
        for api in &mut seed.apim.apis {
            api.backend.sample = None;
            api.backend.url = Some(url.parse().unwrap());
        }
        change(&mut seed);
        Self::with_seed(seed, received)
    }

    fn with_seed(seed: Seed, received: Received) -> Self {
        let tenant = Tenant::published().routes(&seed.tenant.id.to_string());
        Self::with_hosts(seed, received, BTreeMap::from([("login.microsoftonline.com".to_owned(), tenant)]))
    }

    fn with_hosts(seed: Seed, received: Received, hosts: BTreeMap<String, Router>) -> Self {
        let world = Arc::new(World::new(seed).unwrap());
        world.network.open(hosts);
        let (gateway, findings) = routes(world.api_management.clone()).unwrap_or_else(|error| panic!("{error}"));
        let names = world.seed.apim.subscriptions.iter().map(|one| one.name.clone());
        let keys = names
            .filter_map(|name| world.api_management.subscription_keys.of(&name).map(|keys| (name, keys)))
            .collect();
        Self { gateway, findings, world, keys, received }
    }

    fn key(&self) -> &str {
        self.key_of("keyless-functions")
    }

    fn key_of(&self, subscription: &str) -> &str {
        &self.keys[subscription].primary
    }

    /// Returns the claims of a token that the policies accept, with changes; null removes a claim.
    fn claims(&self, changes: &Value) -> Value {
        let seed = &self.world.seed;
        let (tenant, now) = (seed.tenant.id, Timestamp::now().as_second());
        let mut claims = json!({
            "aud": seed.apim.named_values["orders-client-id"], "ver": "2.0", "tid": tenant,
            "iss": format!("https://login.microsoftonline.com/{tenant}/v2.0"),
            "iat": now - 60, "nbf": now - 60, "exp": now + 3600,
            "oid": seed.identity("id-keyless-caller").unwrap().principal_id, "roles": ["Orders.Read"],
        });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        claims
    }

    fn token(&self, changes: &Value) -> String {
        Tenant::published().sign("key-1", &self.claims(changes))
    }

    /// Returns a request that passes; a test can then break it.
    fn request(&self, path: &str) -> Request<String> {
        Request::get(path)
            .header("Ocp-Apim-Subscription-Key", self.key())
            .header("Authorization", format!("Bearer {}", self.token(&json!({}))))
            .body(String::new())
            .unwrap()
    }

    async fn send(&self, request: Request<String>) -> GatewayAnswer {
        let response = self.gateway.clone().oneshot(request.map(axum::body::Body::from)).await.unwrap();
        let (mut parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        GatewayAnswer {
            status: parts.status.as_u16(),
            body: String::from_utf8(body.to_vec()).unwrap(),
            decision: parts.extensions.remove().unwrap(),
            headers: parts.headers,
        }
    }

    /// Returns the requests that reached the backend since the last call.
    fn received(&self) -> Vec<(Parts, Bytes)> {
        std::mem::take(&mut self.received.lock().unwrap())
    }
}

/// A tenant's signing key.
struct Tenant(RsaKeyPair);

impl Tenant {
    fn published() -> &'static Self {
        static TENANT: OnceLock<Tenant> = OnceLock::new();
        TENANT.get_or_init(|| Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    /// Returns a key that is not published.
    fn stranger() -> &'static Self {
        static TENANT: OnceLock<Tenant> = OnceLock::new();
        TENANT.get_or_init(|| Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap()))
    }

    fn sign(&self, key_id: &str, claims: &Value) -> String {
        let header = json!({ "alg": "RS256", "typ": "JWT", "kid": key_id });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), signed.as_bytes(), &mut signature).unwrap();
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    /// Returns the discovery document and the keys of version 2.0.
    fn routes(&self, tenant: &str) -> Router {
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(self.0.public_key());
        let keys = json!({ "keys": [{
            "kty": "RSA", "use": "sig", "kid": "key-1",
            "n": URL_SAFE_NO_PAD.encode(public.n), "e": URL_SAFE_NO_PAD.encode(public.e),
        }]});
        let host = format!("https://login.microsoftonline.com/{tenant}");
        let discovery = json!({ "issuer": format!("{host}/v2.0"), "jwks_uri": format!("{host}/discovery/v2.0/keys") });
        Router::new()
            .route(&format!("/{tenant}/v2.0/.well-known/openid-configuration"), get(async || Json(discovery)))
            .route(&format!("/{tenant}/discovery/v2.0/keys"), get(async || Json(keys)))
    }
}

/// Starts a backend that answers 200 `answer` to every request. Returns its URL and the recorded requests.
async fn backend() -> (String, Received) {
    let received = Received::default();
    let routes = Router::new().fallback(keep).with_state(Arc::clone(&received));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/base/", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, routes).await });
    (url, received)
}

async fn keep(State(received): State<Received>, request: Request<axum::body::Body>) -> Response<String> {
    let (parts, body) = request.into_parts();
    let body = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    received.lock().unwrap().push((parts, body));
    Response::builder()
        .header("X-Powered-By", "a framework")
        .header("Connection", "x-private")
        .header("x-private", "1")
        .header("x-kept", "1")
        .body("answer".to_owned())
        .unwrap()
}
