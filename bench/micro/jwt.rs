//! Validates a token of Entra ID with the gateway's `validate-jwt`. The policy also has two `set-header`; the keys are
//! in memory.

use std::{collections::HashMap, time::Duration};

use apim_policies::{
    Document, Facts, Meter, NoReply, Outside, Pipeline, Scope, Service, State, Unreachable, Unread, UsageTap,
    expression::{self, Api, Entropy},
};
use bytes::Bytes;
use http::{Request, Response};
use jiff::Timestamp;
use url::Url;
use uuid::Uuid;

use crate::cases::runtime;

/// The policy document. The figures of the gateway are measured with the same document.
const POLICY: &str = include_str!("../world/apim/apis/guarded.xml");
const DISCOVERY: &str = "/.well-known/openid-configuration";

/// A world without a network: Entra's documents in memory, and a backend that answers at once.
struct Offline(HashMap<String, Bytes>);

impl Outside for Offline {
    type Body = Bytes;

    fn now(&self) -> Timestamp {
        Timestamp::now()
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
        self.0.get(url.as_str()).cloned().ok_or_else(|| Unreachable(format!("{url} is out of reach")))
    }

    async fn forward(&self, _: Request<Bytes>, _: Duration) -> Result<Response<Bytes>, NoReply> {
        Ok(Response::new(Bytes::new()))
    }

    async fn sleep(&self, _: Duration) {}
}

/// The facts of a request before any policy runs: its backend.
fn facts() -> Facts {
    let service_url = expression::Url::parse("https://orders.test");
    Facts { api: Api { service_url, ..Api::default() }, ..Facts::default() }
}

pub(crate) fn validation() -> Box<dyn FnMut()> {
    let runtime = runtime();
    let document = Document::load(Scope::Api, POLICY, &Service::default())
        .unwrap_or_else(|problems| panic!("the policy is refused: {problems:?}"));
    let Ok(pipeline) = Pipeline::compose(&[&Document::default_global(), &document]) else {
        panic!("the documents do not compose")
    };
    let outside = Offline(runtime.block_on(documents()));
    let token = runtime.block_on(token());
    let state = State::default();
    Box::new(move || {
        let mut request = Request::new(Bytes::new());
        let value = format!("Bearer {token}").parse().unwrap_or_else(|_| panic!("not a header"));
        request.headers_mut().insert("authorization", value);
        let outcome = runtime.block_on(pipeline.run(request, facts(), &state, &outside));
        assert!(outcome.response.status().is_success(), "{:?}", outcome.response);
    })
}

/// Returns a token of the identity that calls the API.
async fn token() -> String {
    let api = keyless::from_env(|env| env.connection("APIM", "baseUrl")).unwrap_or_else(|error| panic!("{error}"));
    let token = api.credential().get_token(&["api://orders/.default"], None).await;
    token.unwrap_or_else(|error| panic!("{error}")).token.secret().to_owned()
}

/// Fetches the discovery document that the policy names, and the keys that the document names.
async fn documents() -> HashMap<String, Bytes> {
    let at = POLICY.split('"').find(|text| text.ends_with(DISCOVERY)).unwrap_or_default();
    let discovery = get(at).await;
    let keys: serde_json::Value = serde_json::from_slice(&discovery).unwrap_or_default();
    let keys_at = keys["jwks_uri"].as_str().unwrap_or_default().to_owned();
    let keys = get(&keys_at).await;
    HashMap::from([(at.to_owned(), discovery), (keys_at, keys)])
}

async fn get(url: &str) -> Bytes {
    let answer = async { reqwest::get(url).await?.error_for_status()?.bytes().await };
    answer.await.unwrap_or_else(|error| panic!("{error}"))
}
