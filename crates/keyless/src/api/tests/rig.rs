//! A gateway with given answers, an identity with numbered tokens, and a vault whose key can be rotated.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::{Body, Bytes, to_bytes},
    extract::{Request, State},
    response::Response,
};
use azure_core::http::{AsyncRawResponse, ClientOptions, HttpClient, StatusCode, Transport, headers::Headers};
use http::{HeaderMap, HeaderName};
use tokio::net::TcpListener;

use super::super::{
    client::{Api, Inner},
    credentials::ApiCredentials,
    path::ApiPath,
    retry::RetryBudget,
    subscription_key::SubscriptionKey,
};
use crate::{
    error::{Error, Service},
    in_flight::InFlight,
    secrets::{SecretName, Secrets},
    settings::{Audience, SettingType},
    test_support::connection,
    time_limits::TimeLimits,
};

/// A request as the gateway received it.
#[derive(Debug)]
pub(super) struct GatewayRequest {
    pub(super) method: String,
    pub(super) target: String,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl GatewayRequest {
    pub(super) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The numbers of the token and the key.
    pub(super) fn credentials(&self) -> (&str, &str) {
        (self.header("authorization"), self.header("ocp-apim-subscription-key"))
    }
}

type GatewayAnswer = http::Response<&'static str>;

/// A gateway that gives these answers one after the other, then 200.
#[derive(Default)]
pub(super) struct Gateway {
    answers: Mutex<VecDeque<GatewayAnswer>>,
    seen: Mutex<Vec<GatewayRequest>>,
}

impl Gateway {
    pub(super) fn seen(&self) -> Vec<GatewayRequest> {
        std::mem::take(&mut *self.seen.lock().unwrap())
    }

    pub(super) fn will(&self, answers: impl IntoIterator<Item = GatewayAnswer>) {
        self.answers.lock().unwrap().extend(answers);
    }
}

pub(super) fn answer(status: u16, headers: &[(&str, &str)], body: &'static str) -> GatewayAnswer {
    let mut answer = http::Response::builder().status(status);
    for (name, value) in headers {
        answer = answer.header(*name, *value);
    }
    answer.body(body).unwrap()
}

async fn serve(State(gateway): State<Arc<Gateway>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    let target = parts.uri.to_string();
    gateway.seen.lock().unwrap().push(GatewayRequest {
        method: parts.method.to_string(),
        target,
        headers: parts.headers,
        body,
    });
    let answer = gateway.answers.lock().unwrap().pop_front();
    answer.map_or_else(|| Response::new(Body::from("served")), |answer| answer.map(Body::from))
}

/// The vault: its key, and the number of reads.
#[derive(Debug, Default)]
pub(super) struct Vault {
    pub(super) key: Mutex<&'static str>,
    pub(super) asked: AtomicUsize,
}

#[async_trait]
impl HttpClient for Vault {
    async fn execute_request(&self, _: &azure_core::http::Request) -> azure_core::Result<AsyncRawResponse> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let body =
            format!(r#"{{"value":"{}","id":"https://kv.vault.azure.net/secrets/a/1"}}"#, self.key.lock().unwrap());
        Ok(AsyncRawResponse::from_bytes(StatusCode::Ok, Headers::new(), body))
    }
}

pub(super) struct Rig {
    pub(super) gateway: Arc<Gateway>,
    pub(super) vault: Arc<Vault>,
    pub(super) api: Api,
}

impl Rig {
    pub(super) async fn start() -> Self {
        let gateway = Arc::new(Gateway::default());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let base = format!("http://{}/base/", listener.local_addr().unwrap());
        let routes = Router::new().fallback(serve).with_state(gateway.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let (vault, api) = api(&base);
        Self { gateway, vault, api }
    }

    pub(super) async fn get(&self) -> Result<String, Error> {
        let body = self.api.get("/orders").send().await?.bytes().await?;
        Ok(String::from_utf8(body.into()).unwrap())
    }

    pub(super) async fn forward(
        &self,
        request: http::request::Builder,
        body: Body,
    ) -> Result<http::Response<crate::Body>, Error> {
        self.api.forward(ApiPath::new("/orders").unwrap(), request.body(body).unwrap()).await
    }
}

/// Makes a client of the gateway at `base`, and its vault.
pub(super) fn api(base: &str) -> (Arc<Vault>, Api) {
    let vault = Arc::new(Vault { key: Mutex::new("k1"), ..Default::default() });
    let options = ClientOptions { transport: Some(Transport::new(vault.clone())), ..Default::default() };
    let secrets = Secrets::new(connection("https://kv.vault.azure.net"), options).unwrap();
    let header = HeaderName::from_static("ocp-apim-subscription-key");
    let key = SubscriptionKey::new(secrets, SecretName::parse("orders-key").unwrap(), header);
    let (service, connection) = (Service::ApiManagement, connection(base));
    let audience = Audience::parse("api://orders").unwrap();
    let credentials = ApiCredentials::new(service, connection.tokens().clone(), audience, Some(key));
    let limits = TimeLimits::new(service);
    let retries = RetryBudget::starting_with(Duration::from_millis(1));
    (vault, Api(Arc::new(Inner { service, connection, credentials, retries, limits, in_flight: InFlight::default() })))
}

/// The challenge of a gateway that does not know the key.
pub(super) fn bad_key() -> GatewayAnswer {
    let challenge = r#"AzureApiManagementKey realm="https://a/orders",name="Ocp-Apim-Subscription-Key",type="header""#;
    let name = HeaderName::from_static("www-authenticate");
    answer(401, &[(name.as_str(), challenge)], "")
}

/// The answer of `validate-jwt`.
pub(super) fn bad_token() -> GatewayAnswer {
    answer(401, &[], r#"{ "statusCode": 401, "message": "Invalid JWT." }"#)
}
