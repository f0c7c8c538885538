//! `relay` through the Functions host, the real handler and the gateway, to a backend of this test.

mod backend;

use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

use futures_util::{StreamExt as _, stream};
use local_azure::{LocalAzure, broken_link::Link, journal::Service};
use reqwest::{Body, Client, Method};
use serde_json::{Value, json};

use self::backend::Backend;
use crate::{
    handler::Handler,
    rig::{Rig, plain_client, plain_get},
};

const MEGABYTE: usize = 1024 * 1024;

async fn rig() -> (Rig, Backend) {
    let backend = Backend::start().await;
    (Rig::with(|seed| backend.stand_behind(seed)).await, backend)
}

fn relay(rig: &Rig, path: &str) -> String {
    rig.url(&format!("/api/relay{path}"))
}

fn calls_of_the_gateway(rig: &Rig) -> usize {
    rig.answers().iter().filter(|entry| entry.service == Service::ApiManagement).count()
}

#[tokio::test]
async fn any_method_arrives_with_its_path_query_headers_and_body_and_without_the_callers_keys() {
    let (rig, _backend) = rig().await;
    for method in ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let url = relay(&rig, "/orders/echo/a%20b?code=FUNCTION-KEY&status=open&subscription-key=mine");
        let request = plain_client()
            .request(Method::from_bytes(method.as_bytes()).unwrap(), url)
            .header("authorization", "Bearer mine")
            .header("cookie", "session=mine")
            .header("x-functions-key", "mine")
            .header("ocp-apim-subscription-key", "mine")
            .header("x-mine", "kept")
            .body("the body");
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["x-answer"]), (207, &"kept".parse().unwrap()));
        let seen: Value = answer.json().await.unwrap();
        assert_eq!(seen["method"], method);
        assert_eq!(seen["target"], "/echo/a%20b?status=open");
        assert_eq!(seen["body"], "the body");
        assert_eq!(seen["headers"]["x-mine"], "kept");
        let names: Vec<_> = seen["headers"].as_object().unwrap().keys().map(String::as_str).collect();
        for name in ["authorization", "cookie", "x-functions-key", "ocp-apim-subscription-key"] {
            assert!(!names.contains(&name), "{names:?}");
        }
        assert!(!names.iter().any(|name| name.starts_with("x-azure-functions-")), "{names:?}");
    }
}

#[tokio::test]
async fn the_sample_api_is_reached_as_its_readers_are_told() {
    let rig = Rig::start().await;
    let order = plain_get(relay(&rig, "/orders/1001")).await.unwrap();
    assert_eq!(order.status(), 200);
    assert_eq!(order.json::<Value>().await.unwrap()["id"], "1001");
    let none = plain_get(relay(&rig, "/orders/9999")).await.unwrap();
    assert_eq!(none.status(), 404);
    assert_eq!(none.json::<Value>().await.unwrap()["error"]["code"], "NotFound", "the API's own answer");
}

#[tokio::test]
async fn a_head_keeps_its_length_and_a_204_has_none() {
    let (rig, _backend) = rig().await;
    let head = plain_client().head(relay(&rig, "/orders/sized")).send().await.unwrap();
    assert_eq!((head.status().as_u16(), &head.headers()["content-length"]), (200, &"12345".parse().unwrap()));
    assert!(head.bytes().await.unwrap().is_empty());
    let none = plain_client().delete(relay(&rig, "/orders/nothing")).send().await.unwrap();
    assert_eq!((none.status().as_u16(), none.headers().get("content-length")), (204, None));
}

#[tokio::test]
async fn a_backends_own_refusals_are_passed_on_unchanged() {
    let (rig, _backend) = rig().await;
    for status in [400, 403, 404, 409, 500] {
        let answer = plain_client().post(relay(&rig, &format!("/orders/status/{status}"))).send().await.unwrap();
        assert_eq!(answer.status(), status);
        assert_eq!(answer.text().await.unwrap(), r#"{"error":{"code":"Backend"}}"#);
    }
}

#[tokio::test]
async fn events_arrive_one_by_one() {
    let (rig, backend) = rig().await;
    let answer = plain_get(relay(&rig, "/orders/events")).await.unwrap();
    assert_eq!(answer.headers()["content-type"], "text/event-stream");
    let mut events = answer.bytes_stream();
    assert_eq!(events.next().await.unwrap().unwrap(), "data: 1\n\n");
    // Only now does a second event exist.
    backend.next_event();
    assert_eq!(events.next().await.unwrap().unwrap(), "data: 2\n\n");
}

#[tokio::test]
async fn an_upload_arrives_chunk_by_chunk() {
    let (rig, backend) = rig().await;
    let (send, chunks) = tokio::sync::mpsc::channel::<&'static str>(1);
    let body = stream::unfold(chunks, |mut chunks| async move { Some((chunks.recv().await?, chunks)) });
    let body = Body::wrap_stream(body.map(Ok::<_, std::io::Error>));
    let call = tokio::spawn(plain_client().put(relay(&rig, "/orders/chunks")).body(body).send());
    send.send("first").await.unwrap();
    assert_eq!(backend.next_chunk().await, "first");
    send.send("second").await.unwrap();
    assert_eq!(backend.next_chunk().await, "second");
    drop(send);
    assert_eq!(call.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn a_caller_that_leaves_ends_the_call_of_the_backend() {
    let (rig, backend) = rig().await;
    let mut answer = plain_get(relay(&rig, "/orders/events")).await.unwrap();
    answer.chunk().await.unwrap().unwrap();
    drop(answer);
    backend.until_a_call_was_left().await;
    // The same holds before the answer begins.
    let call = tokio::spawn(plain_get(relay(&rig, "/orders/never")));
    backend.until_a_call_began().await;
    call.abort();
    backend.until_a_call_was_left().await;
}

#[tokio::test]
async fn other_paths_are_not_there_and_nothing_is_asked() {
    let (rig, _backend) = rig().await;
    for path in ["/billing", "/", "", "/orders2"] {
        let answer = plain_get(relay(&rig, path)).await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["error"]["code"], "not_found");
        assert!(body["error"]["message"].as_str().unwrap().contains("RELAY_PATHS"), "{body}");
    }
    assert!(rig.answers().is_empty());
}

// The socket of this test blocks its thread.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_path_cannot_lead_elsewhere() {
    let (rig, _backend) = rig().await;
    for path in [
        "/orders/../billing",
        "/orders/%2e%2e/billing",
        "/orders/%252e%252e/billing",
        "/orders%2F..%2Fbilling",
        "/orders/..%5cbilling",
        "/orders/..;/billing",
        "//evil.example/orders",
        "/https://evil.example/orders",
        "/orders//x",
    ] {
        let status = raw_status(&rig, &format!("/api/relay{path}"));
        assert!(status == 400 || status == 404, "{path}: {status}");
    }
    assert_eq!(calls_of_the_gateway(&rig), 0);
}

/// Returns the service and the path of each request, except requests to the handler. After the first call there are no
/// requests for tokens and keys, because these are kept.
fn asked(rig: &Rig) -> Vec<(Service, String)> {
    let mut asked: Vec<_> =
        rig.azure.journal().entries().into_iter().map(|entry| (entry.service, entry.path)).collect();
    asked.retain(|(service, _)| *service != Service::Handler);
    asked
}

/// A caller, or an API of another owner, may want this app to take tokens and secrets from these places.
#[tokio::test]
async fn a_redirect_is_passed_on_and_never_followed() {
    let (rig, _backend) = rig().await;
    let variables = rig.azure.environment();
    let endpoint = &variables.iter().find(|(name, _)| name == "IDENTITY_ENDPOINT").unwrap().1;
    let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    client.get(relay(&rig, "/orders/nothing")).send().await.unwrap();
    let before = asked(&rig).len();
    let places = [
        "http://169.254.169.254/metadata/identity/oauth2/token",
        endpoint,
        "https://kv-keyless.vault.azure.net/secrets/orders-subscription-key",
        "https://stkeyless.blob.core.windows.net/snapshots",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "//evil.example/",
    ];
    for place in places {
        let answer = client.get(relay(&rig, &format!("/orders/moved?{place}"))).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["location"].to_str().unwrap()), (307, place));
    }
    // Each call asks the gateway once, and no other service.
    let asked = asked(&rig).split_off(before);
    assert_eq!(asked, vec![(Service::ApiManagement, "/orders/moved".to_owned()); places.len()]);
}

#[tokio::test]
async fn no_header_and_no_escape_of_the_caller_says_where_a_call_goes() {
    let (rig, _backend) = rig().await;
    let plain: Value = plain_get(relay(&rig, "/orders/echo/x")).await.unwrap().json().await.unwrap();
    for (name, value) in [
        ("host", "169.254.169.254"),
        ("x-forwarded-host", "169.254.169.254"),
        ("x-forwarded-proto", "file"),
        ("forwarded", "host=169.254.169.254;proto=http"),
        ("x-original-url", "/billing"),
        ("x-rewrite-url", "/billing"),
        ("x-http-method-override", "DELETE"),
        ("proxy", "http://evil.example"),
        ("max-forwards", "0"),
        ("connection", "x-mine"),
        ("x-ms-client-principal", "eyJ"),
        ("metadata", "true"),
    ] {
        let answer = plain_client().get(relay(&rig, "/orders/echo/x")).header(name, value).send().await.unwrap();
        assert_eq!(answer.status(), 207, "{name}");
        let seen: Value = answer.json().await.unwrap();
        for what in ["method", "target"] {
            assert_eq!(seen[what], plain[what], "{name}: {seen}");
        }
        assert_eq!(seen["headers"]["host"], plain["headers"]["host"], "{name}: {seen}");
    }
    for path in ["/orders/echo/a%0d%0ax-injected:1", "/orders/echo/a?b=%0d%0ax-injected:%201%0d%0a%0d%0aGET%20/"] {
        let seen: Value = plain_get(relay(&rig, path)).await.unwrap().json().await.unwrap();
        assert!(seen["headers"].get("x-injected").is_none(), "{seen}");
    }
}

/// Returns the status of a GET with a target that no client library would send.
fn raw_status(rig: &Rig, target: &str) -> u16 {
    let url: reqwest::Url = rig.url("/").parse().unwrap();
    let address = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {target} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test]
async fn trace_is_no_method_of_it() {
    let (rig, _backend) = rig().await;
    let answer = plain_client().request(Method::TRACE, relay(&rig, "/orders/echo/x")).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    assert!(rig.answers().is_empty());
}

#[tokio::test]
async fn a_refusal_of_this_app_is_never_the_callers_401() {
    let backend = Backend::start().await;
    let rig = Rig::with(|seed| {
        backend.stand_behind(seed);
        Link::AppRole.spoil(seed);
    })
    .await;
    let answer = plain_get(relay(&rig, "/orders/echo/x")).await.unwrap();
    assert_eq!(answer.status(), 502);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["code"], json!("upstream_refused"), "{body}");
    rig.until_logged("the role does not fit").await;
}

#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn memory_does_not_grow_with_what_is_streamed() {
    const SIZE: usize = 96 * MEGABYTE;
    let backend = Backend::start().await;
    let mut seed = crate::rig::seed();
    backend.stand_behind(&mut seed);
    let azure = LocalAzure::start(seed).await.unwrap();
    let handler = Handler::start(&azure.app_environment());
    plain_get(handler.url("/api/relay/orders/sized")).await.unwrap();
    let before = handler.peak_memory();
    let chunk = bytes::Bytes::from(vec![7; MEGABYTE]);
    let body = stream::iter((0..SIZE / MEGABYTE).map(move |_| Ok::<_, std::io::Error>(chunk.clone())));
    let url = handler.url("/api/relay/orders/mirror");
    let mut answer = plain_client().post(url).body(Body::wrap_stream(body)).send().await.unwrap();
    assert_eq!(answer.status(), 200);
    let mut received = 0;
    while let Some(chunk) = answer.chunk().await.unwrap() {
        received += chunk.len();
    }
    assert_eq!(received, SIZE);
    let grown = handler.peak_memory() - before;
    assert!(grown < 32, "{grown} MiB more for {} MiB each way", SIZE / MEGABYTE);
}
