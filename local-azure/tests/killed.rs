//! A process that is killed during a write leaves the old blob or the new one, complete. It keeps the writes that it
//! has answered.

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

/// Two accounts, one of which keeps versions, and a writer with all rights in them.
const SEED: &str = r#"
[tenant]
id = "6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10"
[subscription]
id = "0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34"
resource_group = "rg-keyless"
location = "westeurope"
[[identities]]
name = "id-keyless-owner"
kind = "user-assigned"
client_id = "b1a7c0de-0012-4a6b-8c1d-5f2e3d4c5b6a"
principal_id = "c2b8d1ef-0012-4b7c-9d2e-6a3f4e5d6c7b"
[[role_assignments]]
identity = "id-keyless-owner"
role = "Storage Blob Data Owner"
scope = { storage = "stkeyless" }
[[role_assignments]]
identity = "id-keyless-owner"
role = "Storage Blob Data Owner"
scope = { storage = "stversions" }
[[storage_accounts]]
name = "stkeyless"
containers = ["snapshots"]
[[storage_accounts]]
name = "stversions"
containers = ["snapshots"]
versioning = true
[function_app]
name = "func-keyless"
identities = ["id-keyless-owner"]
"#;
const CLIENT_ID: &str = "b1a7c0de-0012-4a6b-8c1d-5f2e3d4c5b6a";
const BLOB: &str = "https://stkeyless.blob.core.windows.net/snapshots/victim";
/// The length of a version of the blob, in bytes. Every byte is the version's number.
const LENGTH: usize = 512 * 1024;

/// A running `local-azure start` on a folder, and a client of the writer.
struct Azure {
    process: Child,
    client: Client,
    token: String,
}

impl Azure {
    async fn start(data: &Path) -> Self {
        let (env_file, seed) = (data.join("../variables"), data.join("../seed.toml"));
        std::fs::write(&seed, SEED).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_local-azure"))
            .args(["start", "--no-host", "--seed"])
            .arg(&seed)
            .arg("--data")
            .arg(data)
            .arg("--env-file")
            .arg(&env_file)
            .env_remove("LOCAL_AZURE_SEED")
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        // `start` prints its hosts once it listens.
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

    /// Returns the present version, which must be complete.
    async fn version(&self) -> u8 {
        let content = self.request(reqwest::Method::GET, BLOB).send().await.unwrap().error_for_status().unwrap();
        let content = content.bytes().await.unwrap();
        let version = content[0];
        assert!(content.len() == LENGTH && content.iter().all(|byte| *byte == version), "a blob of two versions");
        version
    }

    /// Kills the process with SIGKILL, so that no part of it runs on.
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
        "{}?api-version=2019-08-01&resource=https://storage.azure.com&client_id={CLIENT_ID}",
        variables["IDENTITY_ENDPOINT"]
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
        // The kill comes at any moment of the write that follows these writes.
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
        // A second file is the new version on its way. The write may also be complete already.
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

/// A kind of write: the requests before it, the write itself, and its effect on a blob.
struct Write {
    name: &'static str,
    account: &'static str,
    before: &'static [WriteCall],
    write: WriteCall,
    /// The query with which its effect is read.
    read: &'static str,
}

/// Method, query, headers, and body.
type WriteCall = (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str);

const BLOCK_BLOB: WriteCall = ("PUT", "", &[("x-ms-blob-type", "BlockBlob")], "old");
const NEW_BLOB: WriteCall = ("PUT", "", &[("x-ms-blob-type", "BlockBlob")], "new");
const APPEND_BLOB: WriteCall = ("PUT", "", &[("x-ms-blob-type", "AppendBlob")], "");
const PAGE_BLOB: WriteCall = ("PUT", "", &[("x-ms-blob-type", "PageBlob"), ("x-ms-blob-content-length", "1024")], "");
const BLOCK: WriteCall = ("PUT", "?comp=block&blockid=YQ%3D%3D", &[], "new");
const COMMITTED: &str = "<BlockList><Latest>YQ==</Latest></BlockList>";
const TAGS: &str = "<Tags><TagSet><Tag><Key>a</Key><Value>new</Value></Tag></TagSet></Tags>";
const PAGE: &str = match std::str::from_utf8(&[b'n'; 512]) {
    Ok(page) => page,
    Err(_) => "",
};
const ALL_BLOCKS: &str = "?comp=blocklist&blocklisttype=all";
const BLOCK_B: WriteCall = ("PUT", "?comp=block&blockid=Yg%3D%3D", &[], "new too");
const SNAPSHOT: WriteCall = ("PUT", "?comp=snapshot", &[], "");
const DELETE: WriteCall = ("DELETE", "", &[], "");
const DELETE_ALL: WriteCall = ("DELETE", "", &[("x-ms-delete-snapshots", "include")], "");
const PLAIN: &str = "stkeyless";
const VERSIONS: &str = "stversions";
const SOURCE: &str = "https://stkeyless.blob.core.windows.net/snapshots/source";

const WRITES: [Write; 17] = [
    Write { name: "put", account: PLAIN, before: &[], write: BLOCK_BLOB, read: "" },
    Write { name: "block", account: PLAIN, before: &[BLOCK_BLOB], write: BLOCK, read: ALL_BLOCKS },
    Write {
        name: "commit",
        account: PLAIN,
        before: &[BLOCK_BLOB, BLOCK],
        write: ("PUT", "?comp=blocklist", &[], COMMITTED),
        read: "",
    },
    Write {
        name: "append",
        account: PLAIN,
        before: &[APPEND_BLOB],
        write: ("PUT", "?comp=appendblock", &[], "new"),
        read: "",
    },
    Write {
        name: "pages",
        account: PLAIN,
        before: &[PAGE_BLOB],
        write: ("PUT", "?comp=page", &[("x-ms-page-write", "update"), ("x-ms-range", "bytes=0-511")], PAGE),
        read: "",
    },
    Write {
        name: "lease",
        account: PLAIN,
        before: &[BLOCK_BLOB],
        write: ("PUT", "?comp=lease", &[("x-ms-lease-action", "acquire"), ("x-ms-lease-duration", "-1")], ""),
        read: "",
    },
    Write { name: "tags", account: PLAIN, before: &[BLOCK_BLOB], write: ("PUT", "?comp=tags", &[], TAGS), read: "" },
    Write {
        name: "metadata",
        account: PLAIN,
        before: &[BLOCK_BLOB],
        write: ("PUT", "?comp=metadata", &[("x-ms-meta-a", "new")], ""),
        read: "",
    },
    Write {
        name: "copy",
        account: PLAIN,
        before: &[BLOCK_BLOB],
        write: ("PUT", "", &[("x-ms-copy-source", SOURCE)], ""),
        read: "",
    },
    Write { name: "snapshot", account: PLAIN, before: &[BLOCK_BLOB], write: SNAPSHOT, read: "" },
    Write { name: "delete", account: PLAIN, before: &[BLOCK_BLOB], write: DELETE, read: "" },
    Write { name: "delete-blocks", account: PLAIN, before: &[BLOCK], write: DELETE, read: ALL_BLOCKS },
    // Each of these writes changes more than one record.
    Write { name: "delete-several", account: PLAIN, before: &[BLOCK, BLOCK_B], write: DELETE, read: ALL_BLOCKS },
    Write {
        name: "delete-snapshots",
        account: PLAIN,
        before: &[BLOCK_BLOB, SNAPSHOT, SNAPSHOT],
        write: DELETE_ALL,
        read: "",
    },
    Write { name: "version", account: VERSIONS, before: &[BLOCK_BLOB], write: NEW_BLOB, read: "" },
    Write { name: "version-deleted", account: VERSIONS, before: &[BLOCK_BLOB], write: DELETE, read: "" },
    Write {
        name: "version-all-deleted",
        account: VERSIONS,
        before: &[BLOCK_BLOB, SNAPSHOT, NEW_BLOB],
        write: DELETE_ALL,
        read: "",
    },
];

impl Azure {
    fn call(&self, account: &str, blob: &str, (method, query, headers, body): WriteCall) -> reqwest::RequestBuilder {
        let url = format!("https://{account}.blob.core.windows.net/snapshots/{blob}{query}");
        let length = body.len().to_string();
        let request = self.request(method.parse().unwrap(), &url).header("content-length", length).body(body);
        headers.iter().fold(request, |request, (name, value)| request.header(*name, *value))
    }

    async fn prepare(&self, blob: &str, write: &Write) {
        for call in write.before {
            let answer = self.call(write.account, blob, *call).send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::CREATED, "{}", write.name);
        }
    }

    /// Returns the state that the write changes, as a client sees it.
    async fn state(&self, blob: &str, write: &Write) -> String {
        let answer = self.call(write.account, blob, ("GET", write.read, &[], "")).send().await.unwrap();
        let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        let headers = ["x-ms-lease-state", "x-ms-meta-a", "x-ms-tag-count", "x-ms-copy-status"].map(header);
        let status = answer.status();
        let body = answer.bytes().await.unwrap();
        // The texts of refusals hold their time.
        let body = if status.is_success() { String::from_utf8_lossy(&body).into_owned() } else { String::new() };
        let host = format!("https://{}.blob.core.windows.net", write.account);
        let url = format!(
            "{host}/snapshots?restype=container&comp=list&prefix={blob}&include=snapshots,versions,uncommittedblobs"
        );
        let list = self.request(reqwest::Method::GET, &url).send().await.unwrap().text().await.unwrap();
        let states = ["<Blob>", "<Snapshot>", "<VersionId>"].map(|element| list.matches(element).count());
        format!("{status} {headers:?} {states:?} {body}")
    }
}

/// Returns every file below a folder, with its length.
fn files(folder: &Path) -> Vec<(PathBuf, u64)> {
    let mut found = Vec::new();
    // A folder or file that is gone by now is left out.
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => found.extend(files(&entry.path())),
            Ok(metadata) => found.push((entry.path(), metadata.len())),
            Err(_) => {}
        }
    }
    found.sort();
    found
}

#[tokio::test]
async fn every_kind_of_write_that_is_killed_is_there_or_not_and_stays_once_it_was_answered() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().join("data");
    std::fs::create_dir(&data).unwrap();
    let mut azure = Azure::start(&data).await;
    let source = azure.call(PLAIN, "source", BLOCK_BLOB).send().await.unwrap();
    assert_eq!(source.status(), StatusCode::CREATED);
    let (mut settled, mut answers) = (Vec::new(), 0);
    for write in &WRITES {
        let unhurt = format!("{}-unhurt", write.name);
        azure.prepare(&unhurt, write).await;
        let before = azure.state(&unhurt, write).await;
        let done = azure.call(write.account, &unhurt, write.write).send().await.unwrap();
        assert!(done.status().is_success(), "{}: {}", write.name, done.text().await.unwrap());
        let after = azure.state(&unhurt, write).await;
        assert_ne!(before, after, "{}", write.name);
        settled.push((unhurt, write, after.clone()));
        // The process is killed after this many changes of the folder, if the write takes as many steps.
        for step in 1..=2 {
            let blob = format!("{}-{step}", write.name);
            azure.prepare(&blob, write).await;
            let mut seen = files(&data);
            let sent = azure.call(write.account, &blob, write.write).send();
            let under_way = tokio::spawn(async move { sent.await.is_ok_and(|answer| answer.status().is_success()) });
            let mut changes = 0;
            while changes < step && !under_way.is_finished() {
                tokio::task::yield_now().await;
                let now = files(&data);
                changes += usize::from(now != seen);
                seen = now;
            }
            azure.kill().await;
            let answered = under_way.await.unwrap();
            answers += usize::from(answered);
            azure = Azure::start(&data).await;
            let state = azure.state(&blob, write).await;
            let is_whole = state == after || state == before && !answered;
            assert!(is_whole, "{} at step {step}, answered: {answered}: {state}", write.name);
            settled.push((blob, write, state));
        }
    }
    for (blob, write, state) in &settled {
        assert_eq!(azure.state(blob, write).await, *state, "{blob} after all kills");
    }
    println!("{} kills, {answers} of them after the answer", 2 * WRITES.len());
    azure.kill().await;
}
