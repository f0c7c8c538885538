//! Uploads of any length: whole or not at all, in bounded memory, through connections that break.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};
use local_azure::journal::Service;
use md5::{Digest, Md5};
use reqwest::{Body, Response};
use serde_json::Value;

use crate::{
    breaking_proxy::BreakingProxy,
    rig::{Rig, plain_client},
    storage,
};

const MIB: usize = 1024 * 1024;

/// Makes the pieces of a body. The pieces at any two positions differ.
fn pieces(bytes: usize) -> impl Stream<Item = Bytes> + Send + 'static {
    const PIECE: usize = 64 * 1024;
    stream::iter((0..bytes).step_by(PIECE)).map(move |start| {
        let length = PIECE.min(bytes - start);
        (start..start + length)
            .step_by(8)
            .flat_map(|at| (at as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15).to_le_bytes())
            .take(length)
            .collect()
    })
}

async fn md5_of(mut pieces: impl Stream<Item = Bytes> + Unpin) -> Vec<u8> {
    let mut md5 = Md5::new();
    while let Some(piece) = pieces.next().await {
        md5.update(&piece);
    }
    md5.finalize().to_vec()
}

/// Uploads a body without stating its length.
async fn put(rig: &Rig, name: &str, bytes: usize) -> Response {
    let body = Body::wrap_stream(pieces(bytes).map(Ok::<_, std::io::Error>));
    plain_client().put(rig.url(&format!("/api/uploads/{name}"))).body(body).send().await.unwrap()
}

/// Returns the MD5 of the stored blob.
async fn stored(rig: &Rig, name: &str) -> Option<Vec<u8>> {
    let blob = storage::read(&rig.azure, &format!("uploads/{name}")).await?;
    Some(md5_of(Box::pin(blob)).await)
}

#[tokio::test]
async fn a_body_of_64_mib_arrives_whole_in_40_mib_of_memory() {
    let rig = Rig::start().await;
    let answer = put(&rig, "big/one.bin", 64 * MIB).await;
    assert_eq!(answer.status(), 201);
    let (location, etag) = (answer.headers()["location"].clone(), answer.headers()["etag"].clone());
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["url"], location.to_str().unwrap());
    assert_eq!(body["etag"], etag.to_str().unwrap());
    assert_eq!((&body["name"], &body["size"]), (&"big/one.bin".into(), &(64 * MIB).into()));
    assert_eq!(stored(&rig, "big/one.bin").await, Some(md5_of(pieces(64 * MIB)).await));
    if let Some(peak) = peak_memory(&rig) {
        assert!(peak < 40 * MIB, "{peak} bytes");
    }
}

/// Returns the largest amount of memory that this rig's handler has used, in bytes; `None` if there is no `/proc`.
fn peak_memory(rig: &Rig) -> Option<usize> {
    let own = format!("FUNCTIONS_APP_ROOT_PATH={}\0", rig.script_root().display());
    let processes = std::fs::read_dir("/proc").ok()?.filter_map(|entry| Some(entry.ok()?.path()));
    let is_own = |path: &PathBuf| {
        std::fs::read(path.join("environ")).is_ok_and(|all| String::from_utf8_lossy(&all).contains(&own))
    };
    let handler = processes.filter(|path| path.join("environ").exists()).find(is_own)?;
    let status = std::fs::read_to_string(handler.join("status")).unwrap();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    Some(peak.trim().trim_end_matches(" kB").parse::<usize>().unwrap() * 1024)
}

#[tokio::test]
async fn connections_that_break_cost_retries_and_no_upload() {
    let mut proxy = None;
    let rig =
        Rig::behind(|_| {}, async |edge| proxy.insert(BreakingProxy::start(&edge, 10 * MIB).await).url.clone()).await;
    assert_eq!(put(&rig, "broken.bin", 64 * MIB).await.status(), 201);
    let breaks = proxy.unwrap().breaks.load(Ordering::SeqCst);
    assert!(breaks > 2, "{breaks} connections broke");
    assert_eq!(stored(&rig, "broken.bin").await, Some(md5_of(pieces(64 * MIB)).await));
}

#[tokio::test]
async fn a_client_that_is_gone_half_way_leaves_no_blob() {
    let rig = Rig::start().await;
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let half = pieces(32 * MIB).map(move |piece| {
        counted.fetch_add(piece.len(), Ordering::SeqCst);
        Ok(piece)
    });
    let breaks = half.chain(stream::iter([Err(std::io::Error::other("the client is killed"))]));
    let request = plain_client().put(rig.url("/api/uploads/half.bin")).body(Body::wrap_stream(breaks));
    assert!(request.send().await.is_err());
    assert_eq!(sent.load(Ordering::SeqCst), 32 * MIB);
    assert_eq!(stored(&rig, "half.bin").await, None);
    assert_eq!(put(&rig, "half.bin", 5 * MIB).await.status(), 201, "the name is free");
}

#[tokio::test]
async fn a_small_body_is_one_request_and_an_empty_one_is_a_blob_too() {
    let rig = Rig::start().await;
    assert_eq!(put(&rig, "small.txt", 11).await.status(), 201);
    assert_eq!(put(&rig, "empty.txt", 0).await.status(), 201);
    let to_storage = rig.answers().into_iter().filter(|entry| entry.service == Service::BlobStorage).count();
    assert_eq!((rig.blob_count(), to_storage), (2, 2));
    assert_eq!(stored(&rig, "small.txt").await, Some(md5_of(pieces(11)).await));
    assert_eq!(stored(&rig, "empty.txt").await, Some(md5_of(pieces(0)).await));
}

async fn put_if(rig: &Rig, name: &str, header: &str, value: &str, bytes: usize) -> (u16, Value) {
    let body = Body::wrap_stream(pieces(bytes).map(Ok::<_, std::io::Error>));
    let request = plain_client().put(rig.url(&format!("/api/uploads/{name}"))).header(header, value).body(body);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn a_blob_is_replaced_only_by_who_names_it() {
    let rig = Rig::start().await;
    // The blob is uploaded once in one request and once in blocks.
    for (name, bytes) in [("small", 100), ("large", 9 * MIB)] {
        let first: Value = put(&rig, name, bytes).await.json().await.unwrap();
        let again = put(&rig, name, bytes).await;
        assert_eq!(again.status(), 409, "{name}");
        assert_eq!(again.json::<Value>().await.unwrap()["error"]["code"], "conflict");
        assert_eq!(put_if(&rig, name, "if-none-match", "*", bytes).await.0, 412, "{name}");
        assert_eq!(put_if(&rig, name, "if-match", "\"0x0\"", bytes).await.0, 412, "{name}");
        let (status, second) = put_if(&rig, name, "if-match", first["etag"].as_str().unwrap(), bytes).await;
        assert_eq!(status, 200, "{name}: {second}");
        assert_ne!(first["etag"], second["etag"]);
        assert_eq!(put_if(&rig, name, "if-match", "*", bytes).await.0, 200, "{name}");
        assert_eq!(put_if(&rig, "nothing", "if-match", "*", bytes).await.0, 412, "{name}");
    }
}

#[tokio::test]
async fn of_two_uploads_at_once_one_is_written_and_the_other_is_told() {
    let rig = Rig::start().await;
    let (one, other) = futures_util::join!(put(&rig, "race", 12 * MIB), put(&rig, "race", 12 * MIB));
    let mut statuses = [one.status().as_u16(), other.status().as_u16()];
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409]);
    assert_eq!(stored(&rig, "race").await, Some(md5_of(pieces(12 * MIB)).await));
}

#[tokio::test]
async fn a_body_that_is_not_what_its_md5_says_is_refused() {
    let rig = Rig::start().await;
    for (name, bytes) in [("small", 100), ("large", 9 * MIB)] {
        let (status, body) = put_if(&rig, name, "content-md5", "1B2M2Y8AsgTpgAmY7PhCfg==", bytes).await;
        assert_eq!(status, 400, "{body}");
        assert!(body["error"]["message"].as_str().unwrap().contains("Content-MD5"), "{body}");
        assert_eq!(stored(&rig, name).await, None);
    }
}

#[tokio::test]
async fn more_than_the_settings_allow_is_refused_also_when_the_length_was_not_told() {
    let rig = Rig::with(|seed| {
        seed.function_app.settings.insert("UPLOAD_MAX_BYTES".to_owned(), (6 * MIB).to_string());
    })
    .await;
    assert_eq!(put(&rig, "untold", 6 * MIB + 1).await.status(), 413);
    let told = plain_client().put(rig.url("/api/uploads/told")).body(vec![0; 6 * MIB + 1]).send().await.unwrap();
    assert_eq!(told.status(), 413);
    assert_eq!(stored(&rig, "untold").await, None);
    assert_eq!(put(&rig, "just", 6 * MIB).await.status(), 201);
}

#[tokio::test]
async fn uploads_that_pause_after_a_byte_leave_room_for_others() {
    let rig = Rig::start().await;
    let mut paused = Vec::new();
    for number in 0..16 {
        let (began, begins) = tokio::sync::oneshot::channel();
        let first = stream::once(async move {
            let _ = began.send(());
            Ok::<_, std::io::Error>(Bytes::from_static(b"x"))
        });
        let body = Body::wrap_stream(first.chain(stream::pending()));
        let request = plain_client().put(rig.url(&format!("/api/uploads/paused-{number}"))).body(body);
        paused.push(tokio::spawn(request.send()));
        begins.await.unwrap();
    }
    assert_eq!(put(&rig, "small", 100).await.status(), 201);
    assert_eq!(put(&rig, "large", 9 * MIB).await.status(), 201);
    paused.iter().for_each(|upload| upload.abort());
}

#[tokio::test]
async fn more_large_uploads_than_there_is_memory_for_wait_for_one_another() {
    let rig = Rig::with(|seed| {
        seed.function_app.settings.insert("BODY_MEMORY_MIB".to_owned(), "13".to_owned());
    })
    .await;
    let names = ["a", "b", "c", "d"];
    let statuses = futures_util::future::join_all(names.map(|name| put(&rig, name, 9 * MIB))).await;
    assert!(statuses.iter().all(|answer| answer.status() == 201));
    if let Some(peak) = peak_memory(&rig) {
        assert!(peak < 60 * MIB, "{peak} bytes");
    }
}

#[tokio::test]
async fn a_container_that_is_missing_is_made_if_the_identity_may() {
    let rig = Rig::with(|seed| seed.storage_accounts[0].containers.retain(|name| name != "uploads")).await;
    assert_eq!(put(&rig, "small", 100).await.status(), 201);
    let rig = Rig::with(|seed| seed.storage_accounts[0].containers.retain(|name| name != "uploads")).await;
    assert_eq!(put(&rig, "large", 5 * MIB).await.status(), 201);
}

#[tokio::test]
async fn an_identity_that_may_not_write_here_is_an_operators_business() {
    let rig =
        Rig::with(|seed| seed.role_assignments.retain(|role| role.scope.container.as_deref() != Some("uploads"))).await;
    for bytes in [100, 5 * MIB] {
        let answer = put(&rig, "refused", bytes).await;
        assert_eq!(answer.status(), 502);
        let body: Value = answer.json().await.unwrap();
        assert!(body["error"]["message"].as_str().unwrap().contains("Storage Blob Data Contributor"), "{body}");
    }
}
