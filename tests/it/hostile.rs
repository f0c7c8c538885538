//! Hostile bytes to everything that listens: requests that two readers would understand differently, and bodies without
//! an end. Each is answered, or its connection ends. The bytes after it are never taken for another client's request.
//! The next caller is served.
//!
//! Hostile targets and headers of `relay` are in the tests of `relay`. Malformed chunks are in the tests of each
//! server.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt as _, stream};
use local_azure::{LocalAzure, journal::Service};
use reqwest::{Body, Certificate, Client, Method, Proxy};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::{
    handler::Handler,
    rig::{Rig, plain_get},
};

/// The time limit of a check. Everything here is faster, unless it never happens.
const PATIENCE: Duration = Duration::from_secs(60);

/// A request that would be served if a server took these bytes for a request.
const SMUGGLED: &str = "GET /api/health HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";

/// Heads that are refused, each after `POST /api/health HTTP/1.1` and a host.
const FRAMING: [(&str, &str); 14] = [
    ("two lengths", "content-length: 0\r\ncontent-length: 5\r\n"),
    ("a length with a sign", "content-length: +5\r\n"),
    ("a negative length", "content-length: -1\r\n"),
    ("two lengths in one line", "content-length: 0, 5\r\n"),
    ("a length beyond 64 bits", "content-length: 18446744073709551616\r\n"),
    ("a length that is no number", "content-length: 0x5\r\n"),
    ("an unknown coding", "transfer-encoding: xchunked\r\n"),
    ("chunked is not the last coding", "transfer-encoding: chunked, identity\r\n"),
    ("a space before the colon", "transfer-encoding : chunked\r\n"),
    ("a line that goes on", "x-a: b\r\n transfer-encoding: chunked\r\n"),
    ("a return within a value", "x-a: b\rtransfer-encoding: chunked\r\n"),
    ("a NUL within a value", "x-a: b\0c\r\n"),
    ("a name with a space", "x a: b\r\n"),
    ("a line without a colon", "transfer-encoding chunked\r\n"),
];

/// Whole request heads that are not valid requests.
const LINES: [(&str, &str); 8] = [
    ("two versions", "GET /api/health HTTP/1.1 HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    ("an unknown version", "GET /api/health HTTP/9.9\r\nhost: localhost\r\n\r\n"),
    ("HTTP/2 from the start", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
    ("TLS", "\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03\r\n\r\n"),
    ("a NUL in the target", "GET /api/he\0alth HTTP/1.1\r\nhost: localhost\r\n\r\n"),
    ("a header before the line", "host: localhost\r\nGET /api/health HTTP/1.1\r\n\r\n"),
    (
        "an old version with chunks",
        "POST /api/health HTTP/1.0\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    ),
    ("a name of another protocol", "EHLO localhost\r\n\r\n"),
];

/// Sends bytes. Returns everything that comes back until the connection ends.
async fn raw(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that refuses early may end the connection before all bytes are written.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = timeout(PATIENCE, stream.read_to_end(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer).into_owned()
}

fn address(url: &str) -> String {
    url.trim_start_matches("http://").trim_end_matches('/').to_owned()
}

async fn refuses_hostile_heads(name: &str, address: &str) {
    let framing = FRAMING.iter().map(|(what, headers)| {
        (*what, format!("POST /api/health HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n{SMUGGLED}"))
    });
    let lines = LINES.iter().map(|(what, text)| (*what, format!("{text}{SMUGGLED}")));
    for (what, request) in framing.chain(lines) {
        let answer = raw(address, request.as_bytes()).await;
        assert!(answer.matches("HTTP/1.1 ").count() <= 1, "{name}, {what}: two answers: {answer}");
        let is_refused =
            answer.is_empty() || answer.starts_with("HTTP/1.1 400 ") || answer.starts_with("HTTP/1.0 400 ");
        assert!(is_refused, "{name}, {what}: {answer}");
    }
    for (what, request) in [
        ("too many headers", format!("GET / HTTP/1.1\r\nhost: localhost\r\n{}\r\n", "x: y\r\n".repeat(2_000))),
        ("a head too long", format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(1_000_000))),
        ("a target too long", format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "y".repeat(1_000_000))),
    ] {
        let answer = raw(address, request.as_bytes()).await;
        let status = answer.split(' ').nth(1).unwrap_or("400");
        assert!(["400", "414", "431"].contains(&status), "{name}, {what}: {answer}");
    }
}

#[tokio::test]
async fn a_head_that_can_be_read_in_two_ways_is_refused_and_nothing_after_it_is_served() {
    let rig = Rig::start().await;
    let variables = rig.azure.environment();
    let of = |wanted: &str| &variables.iter().find(|(name, _)| name == wanted).unwrap().1;
    let endpoint: reqwest::Url = of("IDENTITY_ENDPOINT").parse().unwrap();
    let endpoint = format!("{}:{}", endpoint.host_str().unwrap(), endpoint.port().unwrap());
    refuses_hostile_heads("the Functions host", &address(rig.host.url().as_str())).await;
    refuses_hostile_heads("the edge", &address(of("HTTPS_PROXY"))).await;
    refuses_hostile_heads("the identity endpoint", &endpoint).await;
    let entries = rig.azure.journal().entries();
    assert!(entries.iter().all(|entry| entry.service != Service::Handler), "the handler was asked: {entries:?}");
    assert_eq!(plain_get(rig.url("/api/health")).await.unwrap().status(), 200);
    let handler = Handler::start(&rig.azure.app_environment());
    refuses_hostile_heads("the handler", &address(&handler.url(""))).await;
    assert_eq!(plain_get(handler.url("/api/health")).await.unwrap().status(), 200);
}

/// A request has both a length and chunks. The chunks count, by RFC 9112, at the host and at the handler alike.
#[tokio::test]
async fn a_length_beside_chunks_means_nothing() {
    let rig = Rig::start().await;
    let request = format!(
        "POST /api/health HTTP/1.1\r\nhost: localhost\r\ncontent-length: {}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n{SMUGGLED}",
        5 + SMUGGLED.len()
    );
    let handler = Handler::start(&rig.azure.app_environment());
    for (name, address) in
        [("the Functions host", address(rig.host.url().as_str())), ("the handler", address(&handler.url("")))]
    {
        let answer = raw(&address, request.as_bytes()).await;
        // Either the connection ends with the refusal of the first request, or the second is a request of this client.
        let statuses: Vec<&str> =
            answer.split("HTTP/1.1 ").skip(1).filter_map(|answer| answer.split(' ').next()).collect();
        assert!(!statuses.is_empty() && statuses[0] != "200", "{name}: {answer}");
        assert!(statuses.len() == 1 || statuses[1..] == ["200"], "{name}: {answer}");
    }
}

#[tokio::test]
async fn bodies_that_stop_keep_nobody_waiting() {
    let rig = Rig::start().await;
    let variables = rig.azure.environment();
    let edge = address(&variables.iter().find(|(name, _)| name == "HTTPS_PROXY").unwrap().1);
    let handler = Handler::start(&rig.azure.app_environment());
    let mut open = Vec::new();
    for address in [address(rig.host.url().as_str()), address(&handler.url("")), edge] {
        for _ in 0..40 {
            let mut stream = TcpStream::connect(&address).await.unwrap();
            let begun = "PUT /api/uploads/slow HTTP/1.1\r\nhost: localhost\r\ncontent-length: 1000000\r\n\r\nbegun";
            stream.write_all(begun.as_bytes()).await.unwrap();
            open.push(stream);
        }
    }
    for url in [rig.url("/api/health"), handler.url("/api/health"), rig.url("/api/ready")] {
        let answer = timeout(PATIENCE, plain_get(&url)).await.unwrap().unwrap();
        assert_eq!(answer.status(), 200, "{url}");
    }
    drop(open);
}

/// A size that no server here may read from one request, unless it stores the request.
const ENOUGH: usize = 512 * 1024 * 1024;
const CHUNK: usize = 256 * 1024;

/// Makes a body of zeros. It ends after [`ENOUGH`], and then sets `all_was_read`.
fn endless(all_was_read: Arc<AtomicBool>) -> Body {
    let chunk = bytes::Bytes::from(vec![b'0'; CHUNK]);
    let chunks = (0..ENOUGH / CHUNK).map(move |_| Ok(chunk.clone()));
    let end = stream::once(async move {
        all_was_read.store(true, Ordering::SeqCst);
        Err(std::io::Error::other("it was not refused"))
    });
    Body::wrap_stream(stream::iter(chunks).chain(end))
}

fn client(azure: &LocalAzure) -> Client {
    let variables = azure.environment();
    let of = |wanted: &str| &variables.iter().find(|(name, _)| name == wanted).unwrap().1;
    let ca = Certificate::from_pem(&std::fs::read(of("SSL_CERT_FILE")).unwrap()).unwrap();
    Client::builder().proxy(Proxy::https(of("HTTPS_PROXY")).unwrap()).tls_certs_only([ca]).build().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_body_without_an_end_is_refused_or_left_alone() {
    let rig = Rig::with(|seed| {
        for limit in ["UPLOAD_MAX_BYTES", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT"] {
            seed.function_app.settings.insert(limit.to_owned(), "1000000".to_owned());
        }
    })
    .await;
    let variables = rig.azure.environment();
    let of = |wanted: &str| &variables.iter().find(|(name, _)| name == wanted).unwrap().1;
    let handler = Handler::start(&rig.azure.app_environment());
    let client = client(&rig.azure);
    let tenant = rig.azure.world().seed().tenant.id;
    let places = [
        (Method::POST, handler.url("/api/chat")),
        (Method::PUT, handler.url("/api/uploads/endless")),
        (Method::POST, handler.url("/snapshot")),
        (Method::POST, handler.url("/api/health")),
        (Method::PUT, rig.url("/api/uploads/endless")),
        (Method::POST, rig.url("/admin/functions/snapshot")),
        (Method::GET, of("IDENTITY_ENDPOINT").clone()),
        (Method::POST, format!("{}/local-azure/faults", of("HTTPS_PROXY"))),
        (Method::POST, format!("https://login.microsoftonline.com/{tenant}/oauth2/v2.0/token")),
        (Method::PUT, "https://kv-keyless.vault.azure.net/secrets/a?api-version=7.6".to_owned()),
        (Method::PUT, "https://stkeyless.blob.core.windows.net/snapshots/a?comp=blocklist".to_owned()),
        (Method::GET, "https://apim-keyless.azure-api.net/orders".to_owned()),
        (Method::POST, "https://oai-keyless-1.openai.azure.com/openai/v1/chat/completions".to_owned()),
        (Method::POST, "https://example.com/".to_owned()),
    ];
    for (method, url) in places {
        let request = client.request(method, &url).header("x-local-azure-control", of("IDENTITY_HEADER"));
        // A server that has answered may end the connection. A client that still writes sees that end instead of the
        // answer.
        let all_was_read = Arc::new(AtomicBool::new(false));
        let sent = request.body(endless(all_was_read.clone())).send();
        if let Ok(answer) = timeout(PATIENCE, sent).await.unwrap() {
            // For a body that it cannot forward, the host answers 500, as in Azure.
            assert!(!answer.status().is_success(), "{url}: {}", answer.status());
        }
        assert!(!all_was_read.load(Ordering::SeqCst), "{url} was read to the end");
    }
    for url in [rig.url("/api/health"), handler.url("/api/health"), rig.url("/api/ready")] {
        assert_eq!(plain_get(&url).await.unwrap().status(), 200, "{url}");
    }
}
