//! The edge as clients other than the handler use it: plain HTTP, the virtual machines' endpoint, the data lake's host,
//! and the control port.

use reqwest::{Certificate, Client, Proxy, RequestBuilder};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::rig::{Rig, plain_client};

/// Returns a variable that processes of the run get.
fn variable(rig: &Rig, wanted: &str) -> String {
    rig.azure.environment().into_iter().find(|(name, _)| name == wanted).unwrap().1
}

fn setting(rig: &Rig, name: &str) -> String {
    rig.azure.world().seed().function_app.settings[name].clone()
}

/// Makes a client that uses the proxy for every URL.
fn client(rig: &Rig) -> Client {
    let ca = Certificate::from_pem(&std::fs::read(variable(rig, "SSL_CERT_FILE")).unwrap()).unwrap();
    let proxy = Proxy::all(variable(rig, "HTTPS_PROXY")).unwrap();
    Client::builder().proxy(proxy).tls_certs_only([ca]).build().unwrap()
}

async fn answer(request: RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

/// Sends bytes to the edge. Returns the answer until the edge ends the connection.
async fn raw(rig: &Rig, request: &str) -> String {
    let address = variable(rig, "HTTPS_PROXY");
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn the_virtual_machines_endpoint_is_reached_through_the_proxy() {
    let rig = Rig::start().await;
    let url = format!(
        "http://169.254.169.254/metadata/identity/oauth2/token\
         ?api-version=2018-02-01&resource=https://vault.azure.net&client_id={}",
        setting(&rig, "KEYVAULT__clientId")
    );
    let (status, body) = answer(client(&rig).get(&url).header("metadata", "true")).await;
    assert_eq!(status, 200, "{body}");
    let token: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(token["resource"], "https://vault.azure.net");
    let secrets = "https://kv-keyless.vault.azure.net/secrets/orders-subscription-key?api-version=7.6";
    let get = client(&rig).get(secrets).bearer_auth(token["access_token"].as_str().unwrap());
    assert_eq!(answer(get).await.0, 200, "the token is a real one");
    // A request that another program caused cannot have the header.
    let (status, body) = answer(client(&rig).get(&url)).await;
    assert_eq!((status, body.contains("access_token")), (400, false), "{body}");
}

#[tokio::test]
async fn plain_http_is_refused_and_reaches_no_service() {
    let rig = Rig::start().await;
    let get = |url: &str, host: &str| format!("GET {url} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    let connect = |to: &str| format!("CONNECT {to} HTTP/1.1\r\nhost: {to}\r\nconnection: close\r\n\r\n");
    for (request, status, says) in [
        (connect("kv-keyless.vault.azure.net:80"), 403, "answers on port 443 only, not 80"),
        (connect("kv-keyless.vault.azure.net"), 403, "answers on port 443 only"),
        (connect("kv-keyless.vault.azure.net:4430"), 403, "answers on port 443 only"),
        (connect("example.com:80"), 403, "example.com is not in the seed"),
        (connect("169.254.169.254:80"), 403, "169.254.169.254 is not in the seed"),
        (get("http://stkeyless.blob.core.windows.net/snapshots/a", "stkeyless.blob.core.windows.net"), 400, "https"),
        (get("http://kv-keyless.vault.azure.net/secrets", "kv-keyless.vault.azure.net"), 405, "takes CONNECT"),
        (get("http://example.com/", "example.com"), 405, "takes CONNECT"),
        (get("/secrets", "kv-keyless.vault.azure.net"), 405, "takes CONNECT"),
    ] {
        let answer = raw(&rig, &request).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{request}{answer}");
        assert!(answer.to_ascii_lowercase().contains(&says.to_ascii_lowercase()), "{request}{answer}");
    }
    assert!(rig.answers().is_empty(), "{:?}", rig.answers());
}

#[tokio::test]
async fn the_data_lakes_host_says_that_there_is_no_hierarchy() {
    let rig = Rig::start().await;
    let query = [
        ("api-version", "2019-08-01"),
        ("resource", "https://storage.azure.com"),
        ("client_id", &setting(&rig, "STORAGE__clientId")),
    ];
    let endpoint = reqwest::Url::parse_with_params(&variable(&rig, "IDENTITY_ENDPOINT"), query).unwrap();
    let asked = plain_client().get(endpoint).header("x-identity-header", variable(&rig, "IDENTITY_HEADER"));
    let token: Value = serde_json::from_str(&answer(asked).await.1).unwrap();
    let token = token["access_token"].as_str().unwrap();
    let url = |query: &str| format!("https://stkeyless.dfs.core.windows.net/snapshots/a{query}");
    let get = |query: &str| client(&rig).get(url(query)).header("x-ms-version", "2026-04-06");
    for (request, status, code) in [
        (get("").bearer_auth(token), 409, "EndpointUnsupportedAccountFeatures"),
        (get("?action=getAccessControl").bearer_auth(token), 400, "OperationNotSupportedOnFlatNamespaceAccount"),
        (get("").bearer_auth("eyJ"), 401, ""),
        (get(""), 401, ""),
    ] {
        let (answered, body) = answer(request).await;
        assert_eq!(answered, status, "{body}");
        assert!(body.contains(code), "{body}");
    }
}

#[tokio::test]
async fn metrics_of_policies_are_read_at_the_control_port_with_the_runs_secret() {
    let rig = Rig::start().await;
    let asked = plain_client().post(rig.url("/api/chat")).json(&serde_json::json!({ "prompt": "Hello" }));
    assert_eq!(answer(asked).await.0, 200);
    let url = format!("{}/local-azure/metrics", variable(&rig, "HTTPS_PROXY"));
    let secret = variable(&rig, "IDENTITY_HEADER");
    for (name, value) in [("x-local-azure-control", ""), ("x-local-azure-control", "other"), ("x-other", &secret)] {
        assert_eq!(answer(plain_client().post(&url).header(name, value)).await.0, 403, "{name}: {value}");
    }
    let (status, body) = answer(plain_client().post(&url).header("x-local-azure-control", &secret)).await;
    assert_eq!(status, 200, "{body}");
    let metrics: Value = serde_json::from_str(&body).unwrap();
    let total = metrics.as_array().unwrap().iter().find(|metric| metric["name"] == "Total Tokens").unwrap();
    assert_eq!(total["namespace"], "keyless", "{total}");
    assert!(total["value"].as_f64().unwrap() > 0.0, "{total}");
}
