//! What holds for every invocation: panics, time, size, number, and streams.

use std::{sync::Mutex, time::Duration};

use axum::{body::Bytes, extract::State, routing::any};
use futures_util::{FutureExt, StreamExt, future::pending, stream};
use http_body::Body as _;
use tokio::sync::mpsc;

use super::{super::invocation::time_limit, *};
use crate::{error::Error, host::InvocationResponse};

const POST: MethodFilter = MethodFilter::POST;

fn never() -> Function {
    Function { name: "never", trigger: Trigger::Timer { run: |_, _| pending().boxed() } }
}

#[tokio::test]
async fn a_panic_is_a_failed_invocation_and_keeps_its_words_to_the_log() {
    let panics = [
        http("a", POST, "a", || any(async || -> () { panic!("S3CRET") })),
        Function { name: "b", trigger: Trigger::Timer { run: |_, _| async { panic!("S3CRET") }.boxed() } },
    ];
    let router = router(app(&[]), &panics).unwrap();
    for path in ["/api/a", "/b"] {
        let answer = send(&router, Method::POST, path, "{}").await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"), "{path}");
        assert!(!answer.body.contains("S3CRET"));
    }
}

const TIMEOUT: &str = "AzureFunctionsJobHost__functionTimeout";

#[test]
fn an_invocation_ends_before_the_host_would_kill_the_handler() {
    let limit = |seconds: Option<u64>| time_limit(seconds.map(Duration::from_secs)).as_secs();
    assert_eq!((limit(None), limit(Some(1800)), limit(Some(300)), limit(Some(60))), (220, 220, 220, 54));
}

#[tokio::test]
async fn an_invocation_that_takes_too_long_is_a_failed_one() {
    let router = router(app(&[(TIMEOUT, "00:00:00.01")]), &[never()]).unwrap();
    let answer = send(&router, Method::POST, "/never", "{}").await;
    assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let reads = http("a", POST, "a", || any(async |body: Result<Bytes, _>| body.map(drop).map_err(Error::from)));
    let router = router(app(&[]), &[reads, never()]).unwrap();
    let largest = "x".repeat(1024 * 1024);
    assert_eq!(send(&router, Method::POST, "/api/a", &largest).await.status, StatusCode::OK);
    for (path, times) in [("/api/a", 2), ("/never", 5)] {
        let answer = send(&router, Method::POST, path, &largest.repeat(times)).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::PAYLOAD_TOO_LARGE, "request_too_large"));
    }
}

#[tokio::test]
async fn beyond_the_limit_an_invocation_is_turned_away_at_once() {
    let health = *functions::ALL.iter().find(|function| function.is_health()).unwrap();
    let functions = [never(), http("a", POST, "a", || any(async || ())), health];
    let router = router(app(&[("MAX_CONCURRENT_INVOCATIONS", "1")]), &functions).unwrap();
    let mut running = Box::pin(send(&router, Method::POST, "/never", "{}"));
    assert!(running.as_mut().now_or_never().is_none());
    let call = "{\"Data\":{\"req\":{\"Method\":\"POST\",\"Url\":\"http://h/\"}}}";
    for (path, status) in [("/never", 503), ("/a", 503), ("/api/a", 429)] {
        let answer = send(&router, Method::POST, path, call).await;
        assert_eq!((answer.status.as_u16(), answer.code().as_str()), (status, "busy"), "{path}");
        assert_eq!(answer.headers["retry-after"], "1");
    }
    for path in ["/", "/api/health"] {
        assert_eq!(send(&router, Method::GET, path, "").await.status, StatusCode::OK, "{path}");
    }
    drop(running);
    assert_eq!(send(&router, Method::POST, "/api/a", "").await.status, StatusCode::OK);
}

/// The chunks that the streaming function below sends; one test at a time has it.
static CHUNKS: Mutex<Option<mpsc::Receiver<&'static str>>> = Mutex::new(None);

fn streams() -> Function {
    http("s", MethodFilter::GET, "s", || {
        any(async |State(_): State<Arc<App>>| {
            let chunks = CHUNKS.lock().unwrap().take().unwrap();
            let chunks = stream::unfold(chunks, async |mut chunks| {
                chunks.recv().await.map(|chunk| (Ok::<_, std::io::Error>(chunk), chunks))
            });
            Body::from_stream(chunks)
        })
    })
}

#[tokio::test]
async fn a_stream_goes_out_chunk_by_chunk_without_a_time_limit_and_keeps_its_slot_until_it_ends() {
    let (send_chunk, chunks) = mpsc::channel(1);
    *CHUNKS.lock().unwrap() = Some(chunks);
    let functions = [streams(), http("a", POST, "a", || any(async || ())), never()];
    let settings = [("MAX_CONCURRENT_INVOCATIONS", "2"), (TIMEOUT, "00:00:00.01")];
    let router = router(app(&settings), &functions).unwrap();
    let response = router.clone().oneshot(request(Method::GET, "/api/s", "")).await.unwrap();
    assert_eq!(response.body().size_hint().exact(), None);
    let mut body = response.into_body().into_data_stream();
    assert!(body.next().now_or_never().is_none(), "nothing has been produced yet");
    send_chunk.send("first").await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), "first");

    // Another invocation runs into the limit, so the stream is past it too; and the two of them take both slots.
    let mut late = Box::pin(send(&router, Method::POST, "/never", "{}"));
    assert!(late.as_mut().now_or_never().is_none());
    assert_eq!(send(&router, Method::POST, "/api/a", "").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(late.await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let mut late = Box::pin(send(&router, Method::POST, "/never", "{}"));
    assert!(late.as_mut().now_or_never().is_none());
    send_chunk.send("last").await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), "last");
    drop(send_chunk);
    assert!(body.next().await.is_none());
    drop(body);
    assert_eq!(send(&router, Method::POST, "/api/a", "").await.status, StatusCode::OK);
    drop(late);
}

#[tokio::test]
async fn a_request_is_read_as_it_comes_in() {
    let (send_chunk, chunks) = mpsc::channel::<Result<&str, std::io::Error>>(1);
    let first = http("a", POST, "a", || any(async |body: Body| body.into_data_stream().next().await.unwrap().unwrap()));
    let router = router(app(&[]), &[first]).unwrap();
    let body = stream::unfold(chunks, async |mut chunks| chunks.recv().await.map(|chunk| (chunk, chunks)));
    let request = Request::post("/api/a").body(Body::from_stream(body)).unwrap();
    send_chunk.send(Ok("first")).await.unwrap();
    assert_eq!(answer(&router, request).await.body, "first");
}

#[tokio::test]
async fn an_answer_that_is_whole_says_how_long_it_is() {
    let response = handler().oneshot(request(Method::GET, "/api/health", "")).await.unwrap();
    assert!(response.body().size_hint().exact().is_some_and(|length| length > 0));
}

#[tokio::test]
async fn a_timer_answers_an_object_whatever_it_does() {
    let quiet = Function {
        name: "quiet",
        trigger: Trigger::Timer { run: |_, _| async { Ok(InvocationResponse::default()) }.boxed() },
    };
    let answer = send(&router(app(&[]), &[quiet]).unwrap(), Method::POST, "/quiet", "{}").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.json(), serde_json::json!({ "Outputs": {}, "Logs": [], "ReturnValue": null }));
}
