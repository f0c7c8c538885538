//! Clients other than managed identities on App Service, against a whole local Azure.

#![expect(clippy::unwrap_used, reason = "a test ends at the first thing that is not there")]

use std::{collections::BTreeMap, path::Path};

use axum::body::Body;
use http::{Request, StatusCode, header};
use http_body_util::BodyExt as _;
use local_azure::{
    LocalAzure,
    seed::{FederatedCredential, Seed, WorkloadIdentity},
};
use serde_json::Value;
use url::form_urlencoded;

const ISSUER: &str = "https://oidc.example/cluster/";
const SUBJECT: &str = "system:serviceaccount:default:keyless";
const AUDIENCE: &str = "api://AzureADTokenExchange";

async fn start(trusted_subject: &str) -> LocalAzure {
    let mut seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
    seed.workload_identity = Some(WorkloadIdentity {
        issuer: ISSUER.to_owned(),
        subject: SUBJECT.to_owned(),
        audience: AUDIENCE.to_owned(),
        client: "id-keyless-caller".to_owned(),
    });
    let caller = seed.identities.iter_mut().find(|identity| identity.name == "id-keyless-caller").unwrap();
    caller.federated_credentials.push(FederatedCredential {
        issuer: ISSUER.to_owned(),
        subject: trusted_subject.to_owned(),
        audience: AUDIENCE.to_owned(),
    });
    assert_eq!(seed.check(), Vec::<String>::new());
    LocalAzure::start(seed).await.unwrap()
}

async fn send(azure: &LocalAzure, request: Request<Body>) -> (StatusCode, Value) {
    let response = azure.world().network().send(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

/// Exchanges the token file as a client library does, with the variables that a pod gets.
async fn exchange_the_token_file(azure: &LocalAzure) -> (StatusCode, Value) {
    let environment: BTreeMap<_, _> = azure.workload_environment().unwrap().into_iter().collect();
    let assertion = std::fs::read_to_string(&environment["AZURE_FEDERATED_TOKEN_FILE"]).unwrap();
    let url = format!("{}{}/oauth2/v2.0/token", environment["AZURE_AUTHORITY_HOST"], environment["AZURE_TENANT_ID"]);
    let form = form_urlencoded::Serializer::new(String::new())
        .append_pair("grant_type", "client_credentials")
        .append_pair("client_id", &environment["AZURE_CLIENT_ID"])
        .append_pair("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
        .append_pair("client_assertion", &assertion)
        .append_pair("scope", "api://orders/.default")
        .finish();
    let request = Request::post(url)
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from(form))
        .unwrap();
    send(azure, request).await
}

#[tokio::test]
async fn a_workload_exchanges_its_token_file() {
    let azure = start(SUBJECT).await;
    let (status, body) = exchange_the_token_file(&azure).await;
    assert_eq!(status, StatusCode::OK, "{body}");
    assert_eq!(body["token_type"], "Bearer");
}

#[tokio::test]
async fn a_workload_that_is_not_trusted_gets_nothing() {
    let azure = start("system:serviceaccount:default:another").await;
    let (status, body) = exchange_the_token_file(&azure).await;
    assert_eq!((status, &body["error_codes"][0]), (StatusCode::UNAUTHORIZED, &700_213.into()));
    let entry = azure.journal().entries().pop().unwrap();
    assert!(entry.decision.reason.unwrap().starts_with("AADSTS700213: "));
}

#[tokio::test]
async fn a_virtual_machine_gets_tokens_on_the_same_port() {
    let azure = start(SUBJECT).await;
    let url = format!(
        "{}/metadata/identity/oauth2/token?api-version=2018-02-01&resource=api://orders&client_id={}",
        azure.imds_authority(),
        azure.world().seed().identity("id-keyless-caller").unwrap().client_id
    );
    let (status, body) = send(&azure, Request::get(&url).header("Metadata", "true").body(Body::empty()).unwrap()).await;
    assert_eq!((status, &body["token_type"]), (StatusCode::OK, &"Bearer".into()), "{body}");
    let (status, body) = send(&azure, Request::get(&url).body(Body::empty()).unwrap()).await;
    assert_eq!((status, &body["error"]), (StatusCode::BAD_REQUEST, &"bad_request_102".into()));
}

#[tokio::test]
async fn the_token_file_and_the_identity_endpoint_are_in_two_environments() {
    let azure = start(SUBJECT).await;
    let names = |environment: Vec<(String, String)>| environment.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let (identity, workload) = (names(azure.environment()), names(azure.workload_environment().unwrap()));
    assert!(identity.contains(&"IDENTITY_ENDPOINT".to_owned()) && !workload.contains(&"IDENTITY_ENDPOINT".to_owned()));
    assert!(!identity.iter().any(|name| name.starts_with("AZURE_")), "{identity:?}");
    for name in ["AZURE_FEDERATED_TOKEN_FILE", "AZURE_CLIENT_ID", "AZURE_TENANT_ID", "HTTPS_PROXY", "SSL_CERT_FILE"] {
        assert!(workload.contains(&name.to_owned()), "{name} is not in {workload:?}");
    }
}

#[tokio::test]
async fn without_a_workload_issuer_no_such_variable_is_set() {
    let seed = Seed::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml")).unwrap();
    let azure = LocalAzure::start(seed).await.unwrap();
    let names: Vec<_> = azure.environment().into_iter().map(|(name, _)| name).collect();
    assert!(!names.iter().any(|name| name.starts_with("AZURE_")), "{names:?}");
    assert_eq!(azure.workload_environment(), None);
}
