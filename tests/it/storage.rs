//! Blob Storage without the handler: the blobs that really exist.

use std::fs;

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use local_azure::LocalAzure;
use reqwest::{Certificate, Client, Proxy, Response, StatusCode};
use serde_json::Value;

use crate::rig::plain_client;

/// Sends a request to Storage with the writing identity. `path` begins with the container.
async fn request(azure: &LocalAzure, method: reqwest::Method, path: &str, body: Option<Vec<u8>>) -> Response {
    let environment = azure.environment();
    let of = |wanted: &str| environment.iter().find(|(name, _)| name == wanted).unwrap().1.clone();
    let settings = &azure.world().seed().function_app.settings;
    let identity = [
        ("api-version", "2019-08-01"),
        ("resource", "https://storage.azure.com"),
        ("client_id", &settings["STORAGE__clientId"]),
    ];
    let endpoint = reqwest::Url::parse_with_params(&of("IDENTITY_ENDPOINT"), identity).unwrap();
    let token = plain_client().get(endpoint).header("x-identity-header", of("IDENTITY_HEADER"));
    let token: Value = token.send().await.unwrap().json().await.unwrap();
    let ca = Certificate::from_pem(&fs::read(of("SSL_CERT_FILE")).unwrap()).unwrap();
    let client = Client::builder().proxy(Proxy::https(of("HTTPS_PROXY")).unwrap()).tls_certs_only([ca]).build();
    let request = client.unwrap().request(method, format!("{}/{path}", settings["STORAGE__blobServiceUri"]));
    let request = request.bearer_auth(token["access_token"].as_str().unwrap()).header("x-ms-version", "2026-04-06");
    let request = match body {
        Some(body) => request.header("x-ms-blob-type", "BlockBlob").header("content-length", body.len()).body(body),
        None => request,
    };
    request.send().await.unwrap()
}

/// Returns the bytes of a blob, if it exists.
pub(crate) async fn read(azure: &LocalAzure, path: &str) -> Option<impl Stream<Item = Bytes> + use<>> {
    let answer = request(azure, reqwest::Method::GET, path, None).await;
    if answer.status() == StatusCode::NOT_FOUND {
        return None;
    }
    Some(answer.error_for_status().unwrap().bytes_stream().map(Result::unwrap))
}

/// Writes a blob.
pub(crate) async fn write(azure: &LocalAzure, path: &str, body: &[u8]) {
    let answer = request(azure, reqwest::Method::PUT, path, Some(body.to_vec())).await;
    assert_eq!(answer.status(), StatusCode::CREATED, "{path}");
}

/// Removes a blob, if it exists.
pub(crate) async fn remove(azure: &LocalAzure, path: &str) {
    let answer = request(azure, reqwest::Method::DELETE, path, None).await;
    assert!([StatusCode::ACCEPTED, StatusCode::NOT_FOUND].contains(&answer.status()), "{path}: {}", answer.status());
}
