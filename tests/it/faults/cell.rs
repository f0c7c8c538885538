//! One cell: a world with one fault, one function called by a new handler, and the checks afterwards.

use std::{collections::BTreeSet, fmt, time::Duration};

use bytes::Bytes;
use futures_util::StreamExt as _;
use local_azure::{
    LocalAzure,
    journal::{EntryId, Service},
};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::{
    rig::{Rig, plain_client, plain_get, project},
    storage,
};

/// The longest time of a function, with any fault. The load balancer would end the call after 230 s.
const LONGEST_CELL: Duration = Duration::from_secs(120);

/// Stands for a body that broke off.
const BROKE_OFF: &[u8] = b"the answer broke off";

/// A prompt that no log may contain.
const PROMPT: &str = "a prompt that nobody logs";

/// A function that calls services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Function {
    Ready,
    Secrets,
    SecretExpiry,
    Snapshot,
    SnapshotNow,
    Snapshots,
    Relay,
    Upload,
    Chat,
    ChatStreamed,
}

impl Function {
    pub(super) const ALL: [Self; 10] = [
        Self::Ready,
        Self::Secrets,
        Self::SecretExpiry,
        Self::Snapshot,
        Self::SnapshotNow,
        Self::Snapshots,
        Self::Relay,
        Self::Upload,
        Self::Chat,
        Self::ChatStreamed,
    ];
}

impl fmt::Display for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Ready => "ready",
            Self::Secrets => "secrets",
            Self::SecretExpiry => "secret_expiry",
            Self::Snapshot => "snapshot",
            Self::SnapshotNow => "snapshot_now",
            Self::Snapshots => "snapshots",
            Self::Relay => "relay",
            Self::Upload => "upload",
            Self::Chat => "chat",
            Self::ChatStreamed => "chat, streamed",
        })
    }
}

/// The answer of the function.
struct FunctionAnswer {
    status: u16,
    body: Bytes,
}

/// Checks the cell. The error describes the difference from the promise. The fault must be set, with no strikes so far.
pub(super) async fn check(rig: &Rig, function: Function, promised: &str) -> Result<(), String> {
    let before = last_entry(rig);
    let has_struck = || rig.azure.world().faults().all().iter().any(|fault| fault.strikes > 0);
    // On a very busy machine, a token or a key may take longer than its caller waits. Then the handler has not called
    // the service, and the caller asks again.
    let calls = async {
        loop {
            let answer = call(rig, function).await;
            if has_struck() || answer.status != 503 {
                return answer;
            }
        }
    };
    let answer = timeout(LONGEST_CELL, calls).await.map_err(|_| "no answer came in time".to_owned())?;
    let struck = has_struck();
    rig.azure.world().faults().clear();
    let told = || format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body));
    if !struck {
        return Err(format!("the fault did not strike: {}", told()));
    }
    let outcome = outcome(function, &answer);
    if outcome != promised {
        return Err(format!("{outcome}, where {promised} is promised: {}", told()));
    }
    whole_or_absent(rig, before, function, outcome == "right").await?;
    no_secret(rig, &answer)?;
    let health = plain_get(rig.url("/api/health")).await.map(|health| health.status().as_u16());
    if !matches!(health, Ok(200)) {
        return Err(format!("the handler does not live: {health:?}"));
    }
    Ok(())
}

fn last_entry(rig: &Rig) -> Option<EntryId> {
    rig.azure.journal().entries().iter().map(|entry| entry.id).max()
}

/// Returns every blob that a request after `after` was to write.
pub(super) fn written(azure: &LocalAzure, after: Option<EntryId>) -> BTreeSet<String> {
    let entries = azure.journal().entries().into_iter().filter(|entry| Some(entry.id) > after);
    let puts = entries.filter(|entry| entry.service == Service::BlobStorage && entry.method == "PUT");
    let paths = puts.map(|entry| entry.path.trim_start_matches('/').to_owned());
    // A path without a slash is that of a container.
    paths.filter(|path| path.contains('/')).collect()
}

fn outcome(function: Function, answer: &FunctionAnswer) -> &'static str {
    match answer.status {
        200 | 201 if is_cut(&answer.body) => "cut",
        200 | 201 if is_right(function, &answer.body) => "right",
        // The API's answer reaches the caller unchanged.
        200 | 500 if function == Function::Relay && !is_own_error(&answer.body) => "passed on",
        200 | 201 => "a wrong success",
        502 => "refused",
        503 => "unavailable",
        409 => "conflict",
        400..500 => "the caller's fault",
        _ => "internal",
    }
}

/// Reports whether the body is an error of the handler or the host itself.
fn is_own_error(body: &[u8]) -> bool {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    body.is_empty() || json["error"]["code"] == "internal"
}

/// Reports whether an answer had begun and visibly is not whole: its connection broke off, or its last event is an
/// error.
fn is_cut(body: &[u8]) -> bool {
    if body == BROKE_OFF {
        return true;
    }
    let text = String::from_utf8_lossy(body);
    let last = text.lines().rev().find_map(|line| line.strip_prefix("data: "));
    let last: Value = last.and_then(|last| serde_json::from_str(last).ok()).unwrap_or_default();
    last["error"]["code"].is_string()
}

/// Reports whether the data is right, for functions that answer with data.
fn is_right(function: Function, body: &[u8]) -> bool {
    let json: Value = serde_json::from_slice(body).unwrap_or_default();
    match function {
        Function::Ready => json["ready"] == true,
        Function::Secrets => json["secrets"].is_array() || json.is_array() || json.is_object(),
        Function::SnapshotNow => json["source"] == "orders",
        Function::Snapshots => json["snapshots"].is_array(),
        Function::Relay => json == orders(),
        Function::Upload => json["name"] == "matrix.bin",
        Function::Chat => json["choices"][0]["finish_reason"] == "stop",
        Function::ChatStreamed => body.ends_with(b"data: [DONE]\n\n"),
        // The host has checked the answers of timers.
        Function::SecretExpiry | Function::Snapshot => true,
    }
}

/// Returns the data of the API behind the gateway.
fn orders() -> Value {
    let file = project().join("local-azure/sample-api/orders.json");
    serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap()
}

fn uploaded() -> Vec<u8> {
    (0..300_000_u32).flat_map(|number| number.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect()
}

async fn call(rig: &Rig, function: Function) -> FunctionAnswer {
    let http = async |method: Method, path: &str, body: Vec<u8>| {
        let kind = if path == "/api/chat" { "application/json" } else { "application/octet-stream" };
        let request = plain_client().request(method, rig.url(path)).header("content-type", kind);
        let answer = request.body(body).send().await.unwrap();
        let status = answer.status().as_u16();
        // A body that breaks off is not a success.
        match answer.bytes().await {
            Ok(body) => FunctionAnswer { status, body },
            Err(_) if status < 400 => FunctionAnswer { status, body: Bytes::from_static(BROKE_OFF) },
            Err(_) => FunctionAnswer { status, body: Bytes::new() },
        }
    };
    match function {
        Function::Ready => http(Method::GET, "/api/ready", Vec::new()).await,
        Function::Secrets => http(Method::GET, "/api/secrets", Vec::new()).await,
        Function::SecretExpiry | Function::Snapshot => {
            let invocation = rig.host.invoke(&function.to_string(), None).await.unwrap();
            FunctionAnswer { status: invocation.status, body: Bytes::from(invocation.error.unwrap_or_default()) }
        }
        Function::SnapshotNow => http(Method::POST, "/api/snapshots/orders", Vec::new()).await,
        Function::Snapshots => http(Method::GET, "/api/snapshots/orders", Vec::new()).await,
        Function::Relay => http(Method::GET, "/api/relay/orders", Vec::new()).await,
        Function::Upload => http(Method::PUT, "/api/uploads/matrix.bin", uploaded()).await,
        Function::Chat | Function::ChatStreamed => {
            let question = json!({ "prompt": PROMPT, "stream": function == Function::ChatStreamed });
            http(Method::POST, "/api/chat", question.to_string().into_bytes()).await
        }
    }
}

/// Checks that there is no half blob, no second one, and no missing one after a success.
async fn whole_or_absent(
    rig: &Rig,
    before: Option<EntryId>,
    function: Function,
    succeeded: bool,
) -> Result<(), String> {
    let paths = written(&rig.azure, before);
    let mut whole = 0;
    for path in &paths {
        let Some(blob) = storage::read(&rig.azure, path).await else { continue };
        let bytes: Vec<u8> = blob.collect::<Vec<Bytes>>().await.concat();
        let is_whole = match function {
            Function::Upload => bytes == uploaded(),
            Function::SecretExpiry => serde_json::from_slice::<Value>(&bytes).is_ok_and(|report| report.is_object()),
            _ => serde_json::from_slice::<Value>(&bytes).is_ok_and(|stored| stored == orders()),
        };
        if !is_whole {
            return Err(format!("half a blob at {path}: {} bytes", bytes.len()));
        }
        whole += 1;
    }
    let writes =
        matches!(function, Function::Upload | Function::Snapshot | Function::SnapshotNow | Function::SecretExpiry);
    match (writes && succeeded, whole) {
        (true, 1) | (false, 0 | 1) => Ok(()),
        (true, 0) => Err("a success is lost: there is no blob".to_owned()),
        (_, blobs) => Err(format!("{blobs} blobs of one call: {paths:?}")),
    }
}

/// Checks that neither log nor answer has a token, a key, a secret or a prompt.
fn no_secret(rig: &Rig, answer: &FunctionAnswer) -> Result<(), String> {
    let secrets = rig.secrets();
    let found = secrets.found(rig.log().as_bytes()).or_else(|| secrets.found(&answer.body));
    match found {
        Some(secret) => Err(format!("{secret} is in the log or the answer")),
        None if rig.log().contains(PROMPT) => Err("the prompt is in the log".to_owned()),
        None => Ok(()),
    }
}
