//! `local-azure rollover` and `local-azure regenerate` against a running `local-azure start`.

#![expect(clippy::unwrap_used, reason = "a test's way to fail")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read as _},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use axum::body::{Body, to_bytes};
use http::Request;
use local_azure::network::Network;
use serde_json::Value;

const PROGRAM: &str = env!("CARGO_BIN_EXE_local-azure");
const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");

/// A running Azure side. It ends when it is dropped.
struct Running {
    child: Child,
    /// Its standard output. The process ends when its reader is gone.
    _printed: BufReader<ChildStdout>,
}

impl Running {
    fn start(env_file: &Path) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["start", "--no-host", "--seed", SEED, "--env-file"]).arg(env_file);
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut printed = BufReader::new(child.stdout.take().unwrap());
        let told =
            printed.by_ref().lines().map_while(Result::ok).any(|line| line.contains("variables for other processes"));
        let running = Self { child, _printed: printed };
        assert!(told);
        running
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // A process that is asked to end removes its files.
        let told =
            cfg!(unix) && Command::new("kill").arg(self.child.id().to_string()).status().is_ok_and(|s| s.success());
        if !told {
            let _ = self.child.kill();
        }
        let _ = self.child.wait();
    }
}

fn rollover(env_file: &Path) -> Output {
    run(&["rollover"], env_file)
}

fn run(arguments: &[&str], env_file: &Path) -> Output {
    Command::new(PROGRAM).args(arguments).arg("--env-file").arg(env_file).output().unwrap()
}

fn variable(env_file: &Path, name: &str) -> String {
    let text = fs::read_to_string(env_file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
    line.trim_matches('\'').to_owned()
}

async fn send(request: http::request::Builder) -> (u16, Vec<u8>) {
    let response = Network::new().send(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status().as_u16();
    (status, to_bytes(response.into_body(), usize::MAX).await.unwrap().to_vec())
}

/// Returns the ID of the key that signs tokens now.
async fn key_of_a_new_token(env_file: &Path) -> String {
    let endpoint = variable(env_file, "IDENTITY_ENDPOINT");
    let query =
        format!("api-version=2019-08-01&resource=api://orders&client_id={}", variable(env_file, "APIM__clientId"));
    let request = Request::get(format!("{endpoint}?{query}"));
    let (status, body) = send(request.header("x-identity-header", variable(env_file, "IDENTITY_HEADER"))).await;
    assert_eq!(status, 200);
    let answer: Value = serde_json::from_slice(&body).unwrap();
    jsonwebtoken::decode_header(answer["access_token"].as_str().unwrap()).unwrap().kid.unwrap()
}

#[tokio::test]
async fn a_running_tenant_signs_with_a_new_key() {
    let folder = tempfile::tempdir().unwrap();
    let env_file = folder.path().join("azure.env");
    let running = Running::start(&env_file);
    let before = key_of_a_new_token(&env_file).await;
    let output = rollover(&env_file);
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    let after = key_of_a_new_token(&env_file).await;
    assert_ne!(before, after);
    assert!(said.contains(&format!("signed with key {after}")), "{said}");

    // A caller that does not know this run's secret cannot change anything.
    let secret = variable(&env_file, "IDENTITY_HEADER");
    let url = format!("{}/local-azure/signing-keys/roll-over", variable(&env_file, "HTTPS_PROXY"));
    for (request, status) in [
        (Request::post(&url), 403),
        (Request::post(&url).header("x-local-azure-control", "guessed"), 403),
        (Request::post(&url).header("x-local-azure-control", secret.as_str()).header("host", "evil.test"), 403),
        (
            Request::post(&url).header("x-local-azure-control", secret.as_str()).header("origin", "http://evil.test"),
            403,
        ),
        (Request::get(&url), 405),
        (Request::post(url.replace("roll-over", "other")), 405),
    ] {
        assert_eq!(send(request).await.0, status);
    }
    assert_eq!(key_of_a_new_token(&env_file).await, after);

    drop(running);
    let output = rollover(&env_file);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("that run has ended"));
}

#[test]
fn a_subscription_key_is_replaced_there_and_in_the_vault() {
    let folder = tempfile::tempdir().unwrap();
    let env_file = folder.path().join("azure.env");
    let _running = Running::start(&env_file);
    let primary = run(&["regenerate", "keyless-functions"], &env_file);
    assert_eq!(
        String::from_utf8_lossy(&primary.stdout),
        "the primary key of keyless-functions is a new one; the old one opens nothing\n\
         its next version is in kv-keyless/orders-subscription-key\n"
    );
    let secondary = run(&["regenerate", "keyless-functions", "--secondary"], &env_file);
    assert_eq!(
        String::from_utf8_lossy(&secondary.stdout),
        "the secondary key of keyless-functions is a new one; the old one opens nothing\n"
    );
    let none = run(&["regenerate", "none"], &env_file);
    assert_eq!(none.status.code(), Some(2));
    let said = String::from_utf8_lossy(&none.stderr);
    assert!(said.contains("no subscription \"none\" is in the seed"), "{said}");
}

#[test]
fn a_file_of_something_else_is_refused_by_what_it_lacks() {
    let folder = tempfile::tempdir().unwrap();
    let env_file = folder.path().join("other.env");
    fs::write(&env_file, "A='1'\n").unwrap();
    let output = rollover(&env_file);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("has no HTTPS_PROXY"));
}

#[tokio::test]
async fn a_fault_is_set_told_and_ended_in_a_running_azure() {
    let folder = tempfile::tempdir().unwrap();
    let env_file = folder.path().join("azure.env");
    let _running = Running::start(&env_file);
    let set = run(&["fault", "identity-endpoint:unavailable,retry-after=7,count=1"], &env_file);
    assert_eq!(String::from_utf8_lossy(&set.stdout), "fault 1 is set: identity-endpoint unavailable\n");
    let endpoint = variable(&env_file, "IDENTITY_ENDPOINT");
    let ask = || Request::get(&endpoint).body(Body::empty()).unwrap();
    let answer = Network::new().send(ask()).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "7"));
    assert_eq!(Network::new().send(ask()).await.unwrap().status().as_u16(), 403, "once is enough");
    let told = String::from_utf8(run(&["fault"], &env_file).stdout).unwrap();
    let told: Value = serde_json::from_str(&told).unwrap();
    assert_eq!((&told["kind"], &told["strikes"], &told["requests"]), (&"unavailable".into(), &1.into(), &2.into()));
    for (spec, why) in
        [("identity-endpoint:lease-held", "cannot have the fault"), ("entra:error,rate=1.5", "from 0 to 1")]
    {
        let refused = run(&["fault", spec], &env_file);
        assert_eq!(refused.status.code(), Some(2));
        assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{spec}");
    }
    assert!(run(&["fault", "--clear", "entra:reset"], &env_file).status.success());
    let told = String::from_utf8(run(&["fault"], &env_file).stdout).unwrap();
    assert!(told.contains("\"reset\"") && !told.contains("unavailable"), "{told}");
}

#[test]
fn a_start_with_a_fault_that_cannot_be_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let seed = folder.path().join("seed.toml");
    fs::write(&seed, "").unwrap();
    let start = |spec: &str| {
        let mut command = Command::new(PROGRAM);
        command.args(["start", "--no-host", "--fault", spec, "--seed"]).arg(&seed).output().unwrap()
    };
    for (spec, why) in [
        ("key-vault:error", "the seed has no key-vault"),
        ("identity-endpoint:error,rate=1.1", "rate is a share from 0 to 1, not 1.1"),
        ("identity-endpoint:broken", "unknown variant `broken`"),
    ] {
        let refused = start(spec);
        assert_eq!(refused.status.code(), Some(2), "{spec}");
        assert!(String::from_utf8_lossy(&refused.stderr).contains(why), "{spec}");
    }
}
