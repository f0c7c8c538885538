//! Uploads with the real SDK client on paused time. Below the client is a storage that fails on demand.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use azure_core::{
    Bytes,
    error::ErrorKind,
    http::{
        AsyncRawResponse, ClientOptions, ExponentialRetryOptions, HttpClient, Method, Request, RetryOptions,
        StatusCode as Status, Transport, headers::Headers,
    },
};
use futures_util::{FutureExt, StreamExt, stream};

use md5::Digest;

use super::*;
use crate::{
    body::Body,
    error::{Cause, Conflict, Error, Service},
    in_flight::InFlight,
    settings::SettingType as _,
    test_support::connection,
    transport::Http,
};

const MIB: usize = 1024 * 1024;

/// A failure of a request before it is carried out, or of its answer after that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    None,
    Status(u16, &'static str),
    Unreachable,
    /// There is no answer.
    Hang,
    /// The request is carried out, but its answer is lost.
    AnswerLost,
}

/// Chooses the fault of a request from its kind (`block`, `blocklist`, `blob`, `head`, `container`) and its number
/// within the kind, from 1.
type Plan = Box<dyn Fn(&str, usize) -> Fault + Send + Sync>;

#[derive(Default)]
struct StoredBlocks {
    blocks: BTreeMap<String, Bytes>,
    blob: Option<(Bytes, Vec<(String, String)>)>,
    requests: BTreeMap<String, usize>,
    most_at_once: usize,
}

/// One container with one blob.
struct Storage {
    plan: Plan,
    kept: Mutex<StoredBlocks>,
    at_once: AtomicUsize,
}

impl fmt::Debug for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Storage")
    }
}

fn answer(status: u16, code: &'static str, headers: &[(String, String)]) -> azure_core::Result<AsyncRawResponse> {
    let mut all = Headers::new();
    if !code.is_empty() {
        all.insert("x-ms-error-code", code);
    }
    for (name, value) in headers {
        all.insert(name.clone(), value.clone());
    }
    Ok(AsyncRawResponse::from_bytes(Status::from(status), all, Bytes::new()))
}

#[async_trait]
impl HttpClient for Storage {
    async fn execute_request(&self, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let query: BTreeMap<_, _> = request.url().query_pairs().collect();
        let kind = match (request.method(), query.get("comp"), query.contains_key("restype")) {
            (Method::Head, ..) => "head".to_owned(),
            (_, _, true) => "container".to_owned(),
            (_, Some(comp), _) => comp.clone().into_owned(),
            (_, None, _) => "blob".to_owned(),
        };
        let at_once = self.at_once.fetch_add(1, Ordering::SeqCst) + 1;
        let number = {
            let mut kept = self.kept.lock().unwrap();
            kept.most_at_once = kept.most_at_once.max(at_once);
            let number = kept.requests.entry(kind.clone()).or_default();
            *number += 1;
            *number
        };
        tokio::time::sleep(Duration::from_millis(20)).await;
        let fault = (self.plan)(&kind, number);
        let answered = match fault {
            Fault::Status(status, code) => answer(status, code, &[]),
            Fault::Hang => std::future::pending().await,
            Fault::Unreachable => Err(azure_core::Error::with_message(ErrorKind::Io, "broken")),
            Fault::None | Fault::AnswerLost => self.carry_out(&kind, request),
        };
        self.at_once.fetch_sub(1, Ordering::SeqCst);
        if fault == Fault::AnswerLost { answer(500, "OperationTimedOut", &[]) } else { answered }
    }
}

impl Storage {
    fn carry_out(&self, kind: &str, request: &Request) -> azure_core::Result<AsyncRawResponse> {
        let body = Bytes::from(request.body());
        let header = |name: &'static str| request.headers().get_optional_string(&name.into());
        let mut kept = self.kept.lock().unwrap();
        let etag = [("etag".to_owned(), "\"0x1\"".to_owned())];
        match kind {
            "head" => match &kept.blob {
                Some((content, properties)) => {
                    let length = [("content-length".to_owned(), content.len().to_string())];
                    answer(200, "", &[properties.as_slice(), &etag, &length].concat())
                }
                None => answer(404, "BlobNotFound", &[]),
            },
            "block" => {
                let given = header("content-md5").expect("each block has its MD5");
                assert_eq!(given, base64(md5::Md5::digest(&body)));
                let (_, id) = request.url().query_pairs().find(|(name, _)| name == "blockid").unwrap();
                kept.blocks.insert(id.into_owned(), body);
                answer(201, "", &[])
            }
            _ if kept.blob.is_some() && header("if-none-match").is_some() => answer(409, "BlobAlreadyExists", &[]),
            _ => {
                let content = if kind == "blocklist" { kept.named_in(&String::from_utf8_lossy(&body)) } else { body };
                let properties =
                    request.headers().iter().map(|(name, value)| (name.as_str().to_owned(), value.as_str().to_owned()));
                let properties = properties.filter(|(name, _)| name.starts_with("x-ms-")).collect();
                kept.blob = Some((content, properties));
                answer(201, "", &etag)
            }
        }
    }
}

impl StoredBlocks {
    fn named_in(&self, list: &str) -> Bytes {
        let ids = list.split("<Latest>").skip(1).map(|rest| rest.split_once('<').unwrap().0);
        ids.flat_map(|id| self.blocks[id].clone()).collect()
    }
}

fn base64(bytes: impl AsRef<[u8]>) -> String {
    use base64::{Engine, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}

fn world(plan: impl Fn(&str, usize) -> Fault + Send + Sync + 'static) -> (Arc<Storage>, Container) {
    let storage = Arc::new(Storage { plan: Box::new(plan), kept: Mutex::default(), at_once: AtomicUsize::new(0) });
    let retries = ExponentialRetryOptions { max_retries: 3, ..Default::default() };
    let options = ClientOptions {
        transport: Some(Transport::new(storage.clone())),
        retry: RetryOptions::exponential(retries),
        ..Default::default()
    };
    let name = ContainerName::parse("reports").unwrap();
    let blobs = Container::new(connection("https://st.blob.core.windows.net/"), &name, options).unwrap();
    (storage, blobs)
}

fn new_blob() -> NewBlob {
    NewBlob {
        name: "in/one.bin".to_owned(),
        content_type: Some("text/plain".to_owned()),
        content_encoding: Some("gzip".to_owned()),
        metadata: Metadata::from([("batch".to_owned(), "7".to_owned())]),
        tier: Some(Tier::Cool),
        condition: Condition::Absent,
        md5: None,
    }
}

fn content(bytes: usize) -> Bytes {
    let pattern: Vec<u8> = (0..7 * 251_usize).map(|at| (at / 7) as u8).collect();
    let mut content = pattern.repeat(bytes / pattern.len() + 1);
    content.truncate(bytes);
    content.into()
}

/// Uploads `bytes` bytes, in pieces whose size does not divide a block.
async fn upload(blobs: &Container, bytes: usize) -> Result<Blob, Error> {
    let content = content(bytes);
    let pieces = (0..bytes).step_by(300_007).map(move |at| Ok::<_, Error>(content.slice(at..bytes.min(at + 300_007))));
    blobs.upload(new_blob(), Body::from_stream(stream::iter(pieces))).await
}

#[tokio::test(start_paused = true)]
async fn a_body_of_any_length_becomes_its_blob() {
    let block = 4 * MIB;
    for bytes in [0, 1, block - 1, block, block + 1, 2 * block, 3 * block + 17] {
        let (storage, blobs) = world(|_, _| Fault::None);
        let blob = upload(&blobs, bytes).await.unwrap();
        assert_eq!((blob.size, blob.etag.as_str()), (bytes as u64, "\"0x1\""));
        let kept = storage.kept.lock().unwrap();
        let (stored, properties) = kept.blob.as_ref().unwrap();
        assert!(*stored == content(bytes), "{bytes} bytes");
        let has = |name: &str, value: &str| properties.contains(&(name.to_owned(), value.to_owned()));
        assert!(has("x-ms-blob-content-type", "text/plain") && has("x-ms-blob-content-encoding", "gzip"), "{bytes}");
        assert!(has("x-ms-meta-batch", "7") && has("x-ms-access-tier", "Cool"), "{bytes}");
        assert!(has("x-ms-blob-content-md5", &base64(md5::Md5::digest(content(bytes)))), "{bytes}");
        assert_eq!(
            kept.requests.get("block").copied().unwrap_or_default(),
            if bytes < block { 0 } else { bytes.div_ceil(block) }
        );
        assert!(kept.most_at_once <= 2, "{} requests at once", kept.most_at_once);
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_that_fails_is_tried_again_and_no_other_is() {
    let faults = |kind: &str, number| match (kind, number) {
        ("block", 2) => Fault::Status(503, "ServerBusy"),
        ("block", 5) => Fault::Unreachable,
        ("block", 6) => Fault::Status(500, "OperationTimedOut"),
        ("block", 8) => Fault::Status(401, "InvalidAuthenticationInfo"),
        ("block", 12) => Fault::Status(400, "Md5Mismatch"),
        _ => Fault::None,
    };
    let (storage, blobs) = world(faults);
    upload(&blobs, 40 * MIB).await.unwrap();
    let kept = storage.kept.lock().unwrap();
    assert!(kept.blob.as_ref().unwrap().0 == content(40 * MIB));
    assert_eq!(kept.requests["block"], 10 + 5);
}

#[tokio::test(start_paused = true)]
async fn of_uploads_with_a_twentieth_of_their_blocks_failing_all_arrive() {
    for upload_number in 0..2 {
        let (storage, blobs) = world(move |kind, number| match kind {
            "block" if (number + upload_number) % 20 == 0 => Fault::Status(503, "ServerBusy"),
            _ => Fault::None,
        });
        upload(&blobs, 84 * MIB).await.unwrap();
        let kept = storage.kept.lock().unwrap();
        assert_eq!(kept.blob.as_ref().unwrap().0.len(), 84 * MIB);
        assert!(kept.requests["block"] > 21);
    }
}

#[tokio::test(start_paused = true)]
async fn a_block_that_never_arrives_is_the_end_of_the_upload() {
    let (storage, blobs) = world(|kind, number| match kind {
        "block" if number >= 3 => Fault::Status(503, "ServerBusy"),
        _ => Fault::None,
    });
    let error = upload(&blobs, 40 * MIB).await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: Service::Storage, .. }), "{error:?}");
    let kept = storage.kept.lock().unwrap();
    assert!(kept.blob.is_none() && !kept.requests.contains_key("blocklist"));
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_never_written() {
    for bytes in [100, 9 * MIB] {
        let (storage, blobs) = world(|_, _| Fault::None);
        let pieces = [Ok(content(bytes)), Err(Error::internal_by(Cause::Silent))];
        assert!(blobs.upload(new_blob(), Body::from_stream(stream::iter(pieces))).await.is_err());
        let kept = storage.kept.lock().unwrap();
        assert!(kept.blob.is_none() && !kept.requests.contains_key("blocklist") && !kept.requests.contains_key("blob"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_is_dropped_ends_its_requests() {
    let (storage, blobs) = world(|_, _| Fault::None);
    let endless = stream::iter([Ok::<_, Error>(content(13 * MIB))]).chain(stream::pending());
    let mut running = Box::pin(blobs.upload(new_blob(), Body::from_stream(endless)));
    while storage.kept.lock().unwrap().blocks.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        assert!(running.as_mut().now_or_never().is_none());
    }
    drop(running);
    tokio::time::sleep(Duration::from_secs(60)).await;
    let kept = storage.kept.lock().unwrap();
    assert!(kept.blob.is_none() && kept.requests["block"] <= 2, "{:?}", kept.requests);
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_taken_for_what_it_is() {
    for (bytes, kind) in [(100, "blob"), (9 * MIB, "blocklist")] {
        let (storage, blobs) = world(move |asked, number| match (asked == kind, number) {
            (true, 1) => Fault::AnswerLost,
            _ => Fault::None,
        });
        let blob = upload(&blobs, bytes).await.unwrap();
        assert_eq!((blob.size, storage.kept.lock().unwrap().requests[kind]), (bytes as u64, 2));
        // A blob of another writer does not count as our own.
        let error = upload(&blobs, bytes).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Exists)), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_blob_that_is_there_is_found_before_more_than_a_block_is_sent() {
    let (storage, blobs) = world(|_, _| Fault::None);
    upload(&blobs, 9 * MIB).await.unwrap();
    let before = storage.kept.lock().unwrap().requests["block"];
    upload(&blobs, 90 * MIB).await.unwrap_err();
    assert_eq!(storage.kept.lock().unwrap().requests["block"], before);
}

#[tokio::test(start_paused = true)]
async fn blocks_that_another_upload_dropped_are_a_conflict_and_not_our_fault() {
    for code in ["InvalidBlockList", "InvalidBlobOrBlock"] {
        let (_, blobs) = world(move |kind, _| match kind {
            "blocklist" => Fault::Status(400, code),
            _ => Fault::None,
        });
        let error = upload(&blobs, 9 * MIB).await.unwrap_err();
        assert!(matches!(error, Error::Conflict(Conflict::Overtaken)), "{error:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_container_that_this_identity_may_not_make_is_named() {
    for bytes in [100, 9 * MIB] {
        let (_, blobs) = world(|kind, _| match kind {
            "container" => Fault::Status(403, "AuthorizationPermissionMismatch"),
            _ => Fault::Status(404, "ContainerNotFound"),
        });
        let Error::Refused { service: Service::Storage, source, .. } = upload(&blobs, bytes).await.unwrap_err() else {
            panic!("storage refused it")
        };
        assert!(source.to_string().contains("the container reports does not exist"), "{source}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_blob_that_exists_is_left_as_it_is_and_described() {
    let (_, blobs) = world(|_, _| Fault::None);
    let Creation::Written(written) = blobs.create("one.txt", "text").await.unwrap() else { panic!("there was none") };
    let Creation::Existed(found) = blobs.create("one.txt", "another").await.unwrap() else { panic!("there was one") };
    assert_eq!((written.etag, found.size), (found.etag, 4));
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_hangs_is_left_at_its_limit() {
    let (storage, blobs) = world(|_, _| Fault::Hang);
    let start = tokio::time::Instant::now();
    for error in [
        blobs.create("one.txt", "text").await.unwrap_err(),
        blobs.find("one.txt").await.unwrap_err(),
        blobs.page("", None, None).await.unwrap_err(),
        upload(&blobs, 9 * MIB).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unavailable { service: Service::Storage, .. }), "{error:?}");
    }
    assert_eq!(start.elapsed(), 4 * Duration::from_secs(100));
    assert!(storage.kept.lock().unwrap().blob.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_container_that_is_made_for_ever_is_left_at_the_limit() {
    let (_, blobs) = world(|kind, _| match kind {
        "container" => Fault::Hang,
        _ => Fault::Status(404, "ContainerNotFound"),
    });
    let start = tokio::time::Instant::now();
    let error = blobs.create("one.txt", "text").await.unwrap_err();
    assert!(matches!(error, Error::Unavailable { service: Service::Storage, .. }), "{error:?}");
    assert_eq!(start.elapsed(), Duration::from_millis(20) + Duration::from_secs(100));
}

#[tokio::test(start_paused = true)]
async fn a_request_that_gets_no_place_ends_at_the_limit_of_a_whole_call_and_says_so() {
    let calls = InFlight::default();
    let options = Http::default().options_among(Service::Storage, calls.clone());
    let name = ContainerName::parse("reports").unwrap();
    let blobs = Container::new(connection("https://st.blob.core.windows.net/"), &name, options).unwrap();
    let _all = calls.all();
    let start = tokio::time::Instant::now();
    for error in [
        blobs.create("one.txt", "text").await.unwrap_err(),
        blobs.find("one.txt").await.unwrap_err(),
        blobs.page("", None, None).await.unwrap_err(),
        blobs.make().await.unwrap_err(),
        upload(&blobs, 9 * MIB).await.unwrap_err(),
    ] {
        assert!(matches!(error, Error::Unavailable { service: Service::Storage, .. }), "{error:?}");
        assert!(format!("{error:?}").contains("512 calls of this client"), "{error:?}");
    }
    assert_eq!(start.elapsed(), 5 * Duration::from_secs(100));
}
