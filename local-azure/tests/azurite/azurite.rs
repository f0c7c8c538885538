//! Azurite as a child process, with TLS and bearer tokens.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde_json::json;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt as _, BufReader},
    process::{Child, Command},
};

/// A listening Azurite. It ends when it is dropped.
pub(crate) struct Azurite {
    pub(crate) origin: String,
    pub(crate) certificate: String,
    _process: Child,
    _folder: TempDir,
}

/// The account that Azurite has from the start.
pub(crate) const ACCOUNT: &str = "devstoreaccount1";

impl Azurite {
    /// Starts Azurite on a free port. The error tells what is missing.
    pub(crate) async fn start() -> Result<Self, String> {
        let script = installed()?;
        let folder = TempDir::new().unwrap();
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let (certificate, key) = (folder.path().join("cert.pem"), folder.path().join("key.pem"));
        std::fs::write(&certificate, made.cert.pem()).unwrap();
        std::fs::write(&key, made.signing_key.serialize_pem()).unwrap();
        let mut process = Command::new("node")
            .arg(script)
            .args(["--oauth", "basic", "--skipApiVersionCheck", "--inMemoryPersistence", "--silent"])
            .args(["--disableTelemetry", "--blobHost", "127.0.0.1", "--blobPort", "0"])
            .arg("--cert")
            .arg(certificate)
            .arg("--key")
            .arg(key)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("node: {error}"))?;
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut said = String::new();
        while let Ok(Some(line)) = lines.next_line().await {
            if let Some((_, origin)) = line.split_once("successfully listens on ") {
                let origin = origin.trim().to_owned();
                // The pipe must be read on: Azurite stops when the pipe is full.
                tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
                return Ok(Self { origin, certificate: made.cert.pem(), _process: process, _folder: folder });
            }
            said = line;
        }
        panic!("Azurite ended before it listened; its last words: {said}");
    }

    /// Returns a header value for `--oauth basic`, which accepts any token in the right form and does not check its
    /// signature.
    pub(crate) fn authorization() -> String {
        let now = Timestamp::now().as_second();
        let claims = json!({
            "iss": "https://sts.windows.net/6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10/",
            "aud": "https://storage.azure.com",
            "iat": now - 60,
            "nbf": now - 60,
            "exp": now + 3_600,
        });
        let encode = |text: String| URL_SAFE_NO_PAD.encode(text);
        let header = encode(json!({ "alg": "HS256", "typ": "JWT" }).to_string());
        format!("Bearer {header}.{}.{}", encode(claims.to_string()), encode("no signature".to_owned()))
    }
}

fn installed() -> Result<PathBuf, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/azurite");
    let script = folder.join("node_modules/azurite/dist/src/blob/main.js");
    if !script.is_file() {
        return Err(format!("it is not installed; run `npm ci` in {}", folder.display()));
    }
    match std::process::Command::new("node").arg("--version").output() {
        Ok(output) if output.status.success() => Ok(script),
        Ok(output) => Err(format!("node --version ended with {}", output.status)),
        Err(error) => Err(format!("node: {error}")),
    }
}
