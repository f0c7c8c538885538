//! A process killed in the middle of a write leaves the old blob or the new one, whole.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{
    collections::HashMap,
    path::{Path, PathBuf},
    process::Stdio,
};

use reqwest::{Certificate, Client, Proxy, StatusCode};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

const BLOB: &str = "https://stkeyless.blob.core.windows.net/snapshots/victim";
/// Bytes of a version of the blob: every byte is the version's number.
const LENGTH: usize = 512 * 1024;

/// `local-azure start` on a folder, and a client of the writer.
struct Azure {
    process: Child,
    client: Client,
    token: String,
}

impl Azure {
    async fn start(data: &Path) -> Self {
        let env_file = data.join("..").join("variables");
        let mut process = Command::new(env!("CARGO_BIN_EXE_local-azure"))
            .args(["start", "--no-host", "--seed"])
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("seed.toml"))
            .arg("--data")
            .arg(data)
            .arg("--env-file")
            .arg(&env_file)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // It says where it listens when it does.
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        while !lines.next_line().await.unwrap().unwrap().contains("blob.core.windows.net") {}
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let variables = read_env_file(&env_file);
        let ca = Certificate::from_pem(&std::fs::read(&variables["SSL_CERT_FILE"]).unwrap()).unwrap();
        let proxy = Proxy::https(&variables["HTTPS_PROXY"]).unwrap();
        let client = Client::builder().proxy(proxy).tls_certs_only([ca]).build().unwrap();
        let token = token(&client, &variables).await;
        Self { process, client, token }
    }

    fn request(&self, method: reqwest::Method, url: &str) -> reqwest::RequestBuilder {
        self.client.request(method, url).bearer_auth(&self.token).header("x-ms-version", "2026-04-06")
    }

    async fn put(&self, version: u8) -> reqwest::Result<StatusCode> {
        let put = self.request(reqwest::Method::PUT, BLOB).header("x-ms-blob-type", "BlockBlob");
        Ok(put.body(vec![version; LENGTH]).send().await?.status())
    }

    /// The version that is there, which must be whole.
    async fn version(&self) -> u8 {
        let content = self.request(reqwest::Method::GET, BLOB).send().await.unwrap().error_for_status().unwrap();
        let content = content.bytes().await.unwrap();
        let version = content[0];
        assert!(content.len() == LENGTH && content.iter().all(|byte| *byte == version), "a blob of two versions");
        version
    }

    /// SIGKILL: nothing of it runs on.
    async fn kill(mut self) {
        self.process.kill().await.unwrap();
    }
}

fn read_env_file(file: &Path) -> HashMap<String, String> {
    let text = std::fs::read_to_string(file).unwrap();
    let variables = text.lines().filter_map(|line| line.split_once('='));
    variables.map(|(name, value)| (name.to_owned(), value.trim_matches(['"', '\'']).to_owned())).collect()
}

async fn token(client: &Client, variables: &HashMap<String, String>) -> String {
    let url = format!(
        "{}?api-version=2019-08-01&resource=https://storage.azure.com&client_id={}",
        variables["IDENTITY_ENDPOINT"], variables["STORAGE__clientId"]
    );
    let answer = client.get(url).header("x-identity-header", &variables["IDENTITY_HEADER"]).send().await.unwrap();
    let answer: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

fn content_files(data: &Path) -> Vec<PathBuf> {
    let folder = data.join("stkeyless/snapshots/content");
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect()
}

#[tokio::test]
async fn overwriting_without_end_leaves_a_whole_version_when_killed() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let mut next = 1;
    for overwrites in [3, 8] {
        let azure = Azure::start(&data).await;
        // The kill comes at whatever moment the write after these has reached.
        for _ in 0..overwrites {
            assert_eq!(azure.put(next).await.unwrap(), StatusCode::CREATED);
            next += 1;
        }
        let (client, token) = (azure.client.clone(), azure.token.clone());
        let under_way = tokio::spawn(async move {
            let put = client.put(BLOB).bearer_auth(token).header("x-ms-version", "2026-04-06");
            put.header("x-ms-blob-type", "BlockBlob").body(vec![next; LENGTH]).send().await.is_ok()
        });
        let before = content_files(&data);
        // A second file is the new version arriving; it may also be all there already.
        while content_files(&data) == before && !under_way.is_finished() {
            tokio::task::yield_now().await;
        }
        azure.kill().await;
        let answered = under_way.await.unwrap();
        let azure = Azure::start(&data).await;
        let version = azure.version().await;
        assert!(version == next || version == next - 1 && !answered, "version {version} after {next}");
        assert_eq!(content_files(&data).len(), 1, "what was left half done is gone");
        azure.kill().await;
        next += 1;
    }
}
