//! A save must not change the world: the world goes on when the handler is replaced.

use std::{fs, path::Path};

use axum::body::{Body, to_bytes};
use http::Request;
use local_azure::network::Network;
use reqwest::{Certificate, Client, Proxy};
use serde_json::Value;

use crate::rig::{Run, script_root, variable};

const BLOB: &str = "https://stkeyless.blob.core.windows.net/snapshots/kept.txt";
const SECRET: &str = "https://kv-keyless.vault.azure.net/secrets/orders-subscription-key?api-version=7.4";

/// A program beside the handler, with the variables of `--env-file`.
struct Program {
    env_file: std::path::PathBuf,
    client: Client,
}

impl Program {
    fn new(env_file: &Path) -> Self {
        let ca = fs::read(variable(env_file, "SSL_CERT_FILE")).unwrap();
        let client = Client::builder()
            .proxy(Proxy::https(variable(env_file, "HTTPS_PROXY")).unwrap())
            .tls_certs_only([Certificate::from_pem(&ca).unwrap()]);
        Self { env_file: env_file.to_owned(), client: client.build().unwrap() }
    }

    async fn token(&self, connection: &str, resource: &str) -> String {
        let client = variable(&self.env_file, &format!("{connection}__clientId"));
        let endpoint = variable(&self.env_file, "IDENTITY_ENDPOINT");
        let request = Request::get(format!("{endpoint}?api-version=2019-08-01&resource={resource}&client_id={client}"))
            .header("x-identity-header", variable(&self.env_file, "IDENTITY_HEADER"));
        let response = Network::new().send(request.body(Body::empty()).unwrap()).await.unwrap();
        let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// Returns the status, and the body as text.
    async fn blob(&self, method: reqwest::Method, body: &'static str) -> (u16, String) {
        let token = self.token("STORAGE", "https://storage.azure.com").await;
        let is_write = method == reqwest::Method::PUT;
        let mut request = self.client.request(method, BLOB).bearer_auth(token).header("x-ms-version", "2025-11-05");
        if is_write {
            request = request.header("x-ms-blob-type", "BlockBlob").body(body);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    async fn secret(&self) -> String {
        let token = self.token("KEYVAULT", "https://vault.azure.net").await;
        let response = self.client.get(SECRET).bearer_auth(token).send().await.unwrap();
        assert_eq!(response.status(), 200);
        response.text().await.unwrap()
    }
}

#[tokio::test]
async fn blobs_secrets_keys_and_the_journal_outlive_a_save() {
    let folder = script_root();
    // Outside of the watched folder.
    let outside = tempfile::tempdir().unwrap();
    let env_file = outside.path().join("azure.env");
    let run = Run::start(folder.path(), &env_file, &[]);
    let program = Program::new(&env_file);
    assert_eq!(program.blob(reqwest::Method::PUT, "written before").await.0, 201);
    let secret = program.secret().await;
    let token = program.token("STORAGE", "https://storage.azure.com").await;

    fs::write(folder.path().join("settings.txt"), "saved").unwrap();
    run.says("Serving");

    assert_eq!(program.blob(reqwest::Method::GET, "").await, (200, "written before".to_owned()));
    assert_eq!(program.secret().await, secret, "value, version and times");
    let old = program.client.get(BLOB).bearer_auth(token).header("x-ms-version", "2025-11-05").send().await.unwrap();
    assert_eq!(old.status(), 200, "a token of before is still signed by a known key");
    let url = format!("http://127.0.0.1:{}/api/hello", run.port);
    let response = Network::new().send(Request::get(url).body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 200, "the new handler serves");
}
