//! The rig of the tests: an issuer that signs, and an outside. Tests set the clock and the documents of the outside.

mod outside;
mod signer;

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, atomic::AtomicU64},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

pub(crate) use self::signer::{Signer, hmac_token};
use crate::{
    Contract, Document, Facts, NoReply, OperationContent, OperationParameter, OperationResponse, Outcome,
    ParameterPlace, Pipeline, PolicyRun, Schema, Scope, Service, State, Unread,
    expression::{self, Authorization},
};

pub(crate) const NOW: i64 = 1_772_000_000;
pub(crate) const TENANT: &str = "11111111-2222-3333-4444-555555555555";
pub(crate) const DISCOVERY_V1: &str = "https://login.test/tenant/.well-known/openid-configuration";
pub(crate) const DISCOVERY_V2: &str = "https://login.test/tenant/v2.0/.well-known/openid-configuration";
pub(crate) const DISCOVERY_COMMON: &str = "https://login.test/common/v2.0/.well-known/openid-configuration";
pub(crate) const JWKS: &str = "https://login.test/keys";

pub(crate) fn issuer_v1() -> String {
    format!("https://sts.windows.net/{TENANT}/")
}

pub(crate) fn issuer_v2() -> String {
    format!("https://login.microsoftonline.com/{TENANT}/v2.0")
}

/// The outside of the tests. It has discovery documents of one issuer, and a backend that answers 200 `backend`, or the
/// answers in `answers`.
pub(crate) struct World {
    pub(crate) now: Mutex<Timestamp>,
    pub(crate) documents: Mutex<BTreeMap<String, Value>>,
    pub(crate) service: Service,
    pub(crate) fetched: Mutex<Vec<String>>,
    pub(crate) forwarded: Mutex<Vec<Request<Bytes>>>,
    /// The time limit of each forwarded or sent request.
    pub(crate) timeouts: Mutex<Vec<Duration>>,
    /// The backend's first answers, in order. After them it answers 200.
    pub(crate) answers: Mutex<VecDeque<Result<Response<Bytes>, NoReply>>>,
    pub(crate) backend_is_down: bool,
    /// The number of `send-request` requests on their way, now and at most.
    pub(crate) on_their_way: Mutex<(usize, usize)>,
    /// The requests of `send-request`. `replies` holds their answers in order; after them there is no answer.
    pub(crate) sent: Mutex<Vec<Request<Bytes>>>,
    pub(crate) replies: Mutex<VecDeque<Result<Response<Bytes>, NoReply>>>,
    /// The resource and client ID of each requested token.
    pub(crate) tokens_asked: Mutex<Vec<(String, Option<String>)>>,
    /// Tokens by resource.
    pub(crate) tokens: BTreeMap<String, String>,
    /// Authorizations by credential provider and connection.
    pub(crate) authorizations: BTreeMap<(String, String), Authorization>,
    /// The provider, connection and token of each requested authorization. The service's own identity has no token.
    pub(crate) authorizations_asked: Mutex<Vec<(String, String, Option<String>)>>,
    pub(crate) slept: Mutex<Vec<Duration>>,
    /// The number of bodies that were read into memory.
    pub(crate) reads: Mutex<usize>,
    /// The errors of the first bodies that are read, in order. The other bodies are read completely.
    pub(crate) unread: Mutex<VecDeque<Unread>>,
    pub(crate) traces: Mutex<Vec<String>>,
    pub(crate) is_watched: bool,
    /// Texts that no trace may show.
    pub(crate) secrets: Vec<String>,
    /// The number of looks at the stopwatch. Each takes a microsecond.
    pub(crate) looks: AtomicU64,
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
            service: Service::default(),
            fetched: Mutex::default(),
            forwarded: Mutex::default(),
            timeouts: Mutex::default(),
            answers: Mutex::default(),
            backend_is_down: false,
            on_their_way: Mutex::default(),
            sent: Mutex::default(),
            replies: Mutex::default(),
            tokens_asked: Mutex::default(),
            tokens: BTreeMap::new(),
            authorizations: BTreeMap::new(),
            authorizations_asked: Mutex::default(),
            slept: Mutex::default(),
            reads: Mutex::default(),
            unread: Mutex::default(),
            traces: Mutex::default(),
            is_watched: true,
            secrets: Vec::new(),
            looks: AtomicU64::default(),
        }
    }

    /// Publishes a discovery document at a URL.
    pub(crate) fn announce(&self, url: &str, issuer: &str) {
        let document = json!({ "issuer": issuer, "jwks_uri": JWKS });
        self.documents.lock().unwrap().insert(url.to_owned(), document);
    }

    pub(crate) fn advance(&self, by: SignedDuration) {
        *self.now.lock().unwrap() += by;
    }

    /// Publishes the key set. With `None`, it becomes unavailable.
    pub(crate) fn publish(&self, key_set: Option<Value>) {
        let mut documents = self.documents.lock().unwrap();
        documents.remove(JWKS);
        documents.extend(key_set.map(|keys| (JWKS.to_owned(), keys)));
    }

    pub(crate) fn fetches(&self) -> usize {
        self.fetched.lock().unwrap().len()
    }

    /// Adds the backend's next answer.
    pub(crate) fn answer(&self, status: u16, body: &'static str) {
        let response = Response::builder().status(status).body(Bytes::from_static(body.as_bytes())).unwrap();
        self.answers.lock().unwrap().push_back(Ok(response));
    }

    /// Records the decisions of the policies, a line for each decision.
    pub(crate) fn watched(&self, outcome: Outcome<Bytes>) -> Outcome<Bytes> {
        let lines = |policy: &PolicyRun| {
            let name = policy.to_string();
            policy.decisions.iter().map(|decision| format!("{name}: {decision}")).collect::<Vec<_>>()
        };
        self.traces.lock().unwrap().extend(outcome.policies.iter().flat_map(lines));
        outcome
    }

    /// Sends a request through an API document. Only the default document is above it.
    pub(crate) async fn run(&self, document: &str, request: Request<Bytes>, state: &State) -> Outcome<Bytes> {
        let document = Document::load(Scope::Api, document, &self.service).unwrap();
        let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
        let facts = facts(&request);
        self.watched(pipeline.run(request, facts, state, self).await)
    }

    /// Sends `GET /orders` with these facts through a document of any scope.
    pub(crate) async fn run_at(&self, scope: Scope, document: &str, facts: Facts, state: &State) -> Outcome<Bytes> {
        let document = Document::load(scope, document, &self.service).unwrap();
        let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
        let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
        self.watched(pipeline.run(request, facts, state, self).await)
    }

    /// Sends `GET /orders/7?q=1` through a document with these sections, like [`Self::run`].
    pub(crate) async fn run_sections(
        &self,
        inbound: &str,
        backend: &str,
        outbound: &str,
        on_error: &str,
    ) -> Outcome<Bytes> {
        let request = Request::builder().uri("/orders/7?q=1").body(Bytes::new()).unwrap();
        self.run(&document(inbound, backend, outbound, on_error), request, &State::default()).await
    }
}

/// Returns the contract of the tests' operation.
fn contract() -> Contract {
    let schema = |id: &str, document: Value| Arc::new(Schema::new(id, &document).unwrap());
    let parameter = |place, name: &str| OperationParameter {
        place,
        name: name.to_owned(),
        is_required: true,
        schema: schema(name, json!({ "type": "integer" })),
    };
    let order =
        schema("order", json!({ "type": "object", "required": ["id"], "properties": { "id": { "type": "integer" } } }));
    let content_type = "application/json".to_owned();
    Contract {
        parameters: vec![parameter(ParameterPlace::Query, "limit")],
        requests: vec![OperationContent { content_type: content_type.clone(), schema: Some(Arc::clone(&order)) }],
        responses: vec![OperationResponse {
            status: 200,
            content_type,
            example: None,
            schema: Some(order),
            headers: vec![parameter(ParameterPlace::Header, "x-count")],
        }],
    }
}

impl World {
    /// Sends `GET /orders?limit=1` to an operation with documented requests and responses.
    pub(crate) async fn run_documented(&self, inbound: &str, outbound: &str) -> Outcome<Bytes> {
        self.run_documented_with(inbound, outbound, "limit=1", "").await
    }

    /// Sends a request like [`Self::run_documented`], with this query and body.
    pub(crate) async fn run_documented_with(
        &self,
        inbound: &str,
        outbound: &str,
        query: &str,
        body: &str,
    ) -> Outcome<Bytes> {
        let text = document(inbound, "<base />", outbound, "");
        let document = Document::load(Scope::Api, &text, &self.service).unwrap();
        let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
        let request = Request::post(format!("/orders?{query}")).body(Bytes::from(body.to_owned())).unwrap();
        let facts = Facts { contract: Arc::new(contract()), ..facts(&request) };
        self.watched(pipeline.run(request, facts, &State::default(), self).await)
    }
}

impl World {
    /// Sends a request with these facts through this content of inbound.
    pub(crate) async fn run_with(&self, inbound: &str, request: Request<Bytes>, facts: Facts) -> Outcome<Bytes> {
        let text = document(inbound, "<base />", "", "");
        let document = Document::load(Scope::Api, &text, &self.service).unwrap();
        let pipeline = Pipeline::compose(&[&Document::default_global(), &document]).unwrap();
        self.watched(pipeline.run(request, facts, &State::default(), self).await)
    }
}

/// Sends a request with these headers and this body through an inbound policy. Returns the body that the backend gets,
/// and its type. If the policy fails, returns the message and the status.
pub(crate) async fn sent_on(policy: &str, headers: &[(&str, &str)], body: &'static str) -> (String, String) {
    let mut request = Request::post("/orders").body(Bytes::from_static(body.as_bytes())).unwrap();
    for (name, value) in headers {
        let name: http::HeaderName = name.parse().unwrap();
        request.headers_mut().append(name, value.parse().unwrap());
    }
    let world = World::new();
    let outcome = world.run(&document(policy, "<base />", "", ""), request, &State::default()).await;
    if let Some(error) = outcome.last_error {
        return (error.message, outcome.response.status().to_string());
    }
    let forwarded = world.forwarded.lock().unwrap();
    let content_type = forwarded[0].headers().get("content-type").map_or("", |value| value.to_str().unwrap());
    (String::from_utf8(forwarded[0].body().to_vec()).unwrap(), content_type.to_owned())
}

/// Returns a document with these sections.
pub(crate) fn document(inbound: &str, backend: &str, outbound: &str, on_error: &str) -> String {
    format!(
        "<policies><inbound>{inbound}</inbound><backend>{backend}</backend><outbound>{outbound}</outbound>\
         <on-error>{on_error}</on-error></policies>"
    )
}

/// Returns the problems of a section's content, which begins on line 2.
pub(crate) fn problems_in(section: &str, content: &str) -> Vec<String> {
    let file = format!("<policies><{section}>\n{content}\n</{section}></policies>");
    let loaded = Document::load(Scope::Api, &file, &Service::default());
    loaded.map(drop).unwrap_err().iter().map(ToString::to_string).collect()
}

/// Returns the warnings of a section's content that loads, like [`problems_in`].
pub(crate) fn warnings_in(section: &str, content: &str) -> Vec<String> {
    let file = format!("<policies><{section}>\n{content}\n</{section}></policies>");
    let loaded = Document::load(Scope::Api, &file, &Service::default()).unwrap();
    loaded.warnings().iter().map(ToString::to_string).collect()
}

/// Returns the facts of a request for the API at `/orders`.
pub(crate) fn facts(request: &Request<Bytes>) -> Facts {
    let original_url = expression::Url::parse(&format!("https://gateway.test{}", request.uri())).unwrap();
    let path = original_url.path.strip_prefix("/orders").unwrap_or_default().to_owned();
    let api = expression::Api {
        id: "orders".to_owned(),
        service_url: expression::Url::parse("https://backend.test/base"),
        ..expression::Api::default()
    };
    Facts { api, original_url, path, ip_address: Some("203.0.113.9".to_owned()), ..Facts::default() }
}

/// Returns the facts of a call with the key of this subscription, for the product `gold` and the operation `list`.
pub(crate) fn subscribed(subscription: &str) -> Facts {
    let request = Request::builder().uri("/orders").body(Bytes::new()).unwrap();
    Facts {
        subscription: Some(expression::Subscription {
            id: subscription.to_owned(),
            ..expression::Subscription::default()
        }),
        product: Some(expression::Product { id: "gold".to_owned(), ..expression::Product::default() }),
        operation: expression::Operation {
            id: "list".to_owned(),
            name: "List orders".to_owned(),
            ..expression::Operation::default()
        },
        ..facts(&request)
    }
}
