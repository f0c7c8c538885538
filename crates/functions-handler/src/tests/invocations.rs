//! The rules of every invocation: panics, time, size, number, streams, layers, stopping.

use std::{
    io,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    body::Bytes,
    extract::{FromRequest, Request as AxumRequest, rejection::BytesRejection},
    middleware::{Next, from_fn},
};
use futures_util::{FutureExt, StreamExt, future::pending, stream};
use http_body::Body as _;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{mpsc, oneshot},
};

use super::*;

const POST: &[&str] = &["post"];

fn never() -> Function {
    timer_function("never")
}

#[tokio::test]
async fn a_panic_is_a_failed_invocation_and_keeps_its_words_to_the_log() {
    let app = http("a", POST, "a", async || -> () { panic!("S3CRET") });
    let router = router(app.timer(timer_function("b"), async || -> () { panic!("S3CRET") }), &[]);
    for path in ["/api/a", "/b"] {
        let answer = send(&router, Method::POST, path, TICK).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"), "{path}");
        assert!(!answer.body.contains("S3CRET"));
    }
}

#[tokio::test]
async fn an_invocation_that_takes_too_long_is_a_failed_one() {
    let app = app()
        .timer(never(), pending::<()>)
        .http(http_function("slow", POST, "slow").time_limit(Duration::from_millis(1)), pending::<()>);
    let router = router(app, &[(TIMEOUT, "00:00:00.01")]);
    for path in ["/never", "/api/slow"] {
        let answer = send(&router, Method::POST, path, TICK).await;
        assert_eq!((answer.status, answer.code().as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"), "{path}");
    }
}

#[tokio::test]
async fn a_request_that_is_too_large_is_refused() {
    let largest = 1024 * 1024;
    let reads = async |body: Result<Bytes, axum::extract::rejection::BytesRejection>| body.map(drop);
    let app = app().http(http_function("a", POST, "a").max_body(largest), reads);
    let router = router(app.timer(never().max_body(largest), pending::<()>), &[]);
    let largest = "x".repeat(largest);
    assert_eq!(send(&router, Method::POST, "/api/a", &largest).await.status, StatusCode::OK);
    for (path, times) in [("/api/a", 2), ("/never", 5)] {
        let answer = send(&router, Method::POST, path, &largest.repeat(times)).await;
        assert_eq!(answer.status, StatusCode::PAYLOAD_TOO_LARGE, "{path}");
    }
}

#[tokio::test]
async fn without_a_limit_of_its_own_a_function_has_the_hosts() {
    let length =
        async |request: AxumRequest| Bytes::from_request(request, &()).await.map(|body| body.len().to_string());
    let body = "x".repeat(3 * 1024 * 1024);
    let router_with = |variables| router(http("a", POST, "a", length), variables);
    assert_eq!(send(&router_with(&[]), Method::POST, "/api/a", &body).await.status, StatusCode::OK);
    let small = router_with(&[("FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "1000")]);
    assert_eq!(send(&small, Method::POST, "/api/a", &body).await.status, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn beyond_the_limit_an_invocation_is_turned_away_at_once() {
    let app = http("a", POST, "a", async || ()).timer(never(), pending::<()>).max_concurrent(|()| 1);
    let health = http_function("health", &["get"], "health").always_admitted();
    let router = router(app.http(health, async || "ok"), &[]);
    let mut running = Box::pin(send(&router, Method::POST, "/never", TICK));
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

#[tokio::test]
async fn a_stream_goes_out_chunk_by_chunk_without_a_time_limit_and_keeps_its_slot_until_it_ends() {
    let (send_chunk, chunks) = mpsc::channel::<&'static str>(1);
    let chunks = Arc::new(Mutex::new(Some(chunks)));
    let streams = async move || {
        let chunks = chunks.lock().unwrap().take().unwrap();
        Body::from_stream(stream::unfold(chunks, async |mut chunks| {
            chunks.recv().await.map(|chunk| (Ok::<_, io::Error>(chunk), chunks))
        }))
    };
    let app = http("s", &["get"], "s", streams).http(http_function("a", POST, "a"), async || ());
    let router = router(app.timer(never(), pending::<()>).max_concurrent(|()| 2), &[(TIMEOUT, "00:00:00.01")]);
    let response = router.answer(request(Method::GET, "/api/s", "")).await;
    assert_eq!(response.body().size_hint().exact(), None);
    let mut body = response.into_body().into_data_stream();
    assert!(body.next().now_or_never().is_none(), "no chunk has been produced yet");
    send_chunk.send("first").await.unwrap();
    assert_eq!(body.next().await.unwrap().unwrap(), "first");

    // Another invocation reaches its time limit, so the stream is past the limit too. The two together take both slots.
    let mut late = Box::pin(send(&router, Method::POST, "/never", TICK));
    assert!(late.as_mut().now_or_never().is_none());
    assert_eq!(send(&router, Method::POST, "/api/a", "").await.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(late.await.status, StatusCode::INTERNAL_SERVER_ERROR);
    let mut late = Box::pin(send(&router, Method::POST, "/never", TICK));
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
    let (send_chunk, chunks) = mpsc::channel::<Result<&str, io::Error>>(1);
    let first = async |body: Body| body.into_data_stream().next().await.unwrap().unwrap();
    let router = router(http("a", POST, "a", first), &[]);
    let body = stream::unfold(chunks, async |mut chunks| chunks.recv().await.map(|chunk| (chunk, chunks)));
    let request = Request::post("/api/a").body(Body::from_stream(body)).unwrap();
    send_chunk.send(Ok("first")).await.unwrap();
    assert_eq!(answer(&router, request).await.body, "first");
}

#[tokio::test]
async fn an_answer_that_is_whole_says_how_long_it_is() {
    let router = router(http("a", &["get"], "a", async || "whole"), &[]);
    let response = router.answer(request(Method::GET, "/api/a", "")).await;
    assert_eq!(response.body().size_hint().exact(), Some(5));
}

#[tokio::test]
async fn a_timer_answers_an_object_whatever_it_does() {
    let router = router(app().timer(timer_function("quiet"), async || ()), &[]);
    let answer = send(&router, Method::POST, "/quiet", TICK).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.headers["content-type"], "application/json");
    assert_eq!(answer.json(), json!({ "Outputs": {}, "Logs": [], "ReturnValue": null }));
}

#[tokio::test]
async fn a_layer_is_around_every_function_and_sees_the_callers_path() {
    let seen: Arc<Mutex<Vec<String>>> = Arc::default();
    let writes = seen.clone();
    let layer = from_fn(move |request: AxumRequest, next: Next| {
        writes.lock().unwrap().push(request.uri().to_string());
        next.run(request)
    });
    let app = http("a", POST, "a/{id}", async || "").timer(timer_function("tick"), async || ()).layer(layer);
    let router = router(app, &[]);
    for path in ["/api/a/7?x=1", "/tick"] {
        assert_eq!(send(&router, Method::POST, path, TICK).await.status, StatusCode::OK);
    }
    assert_eq!(*seen.lock().unwrap(), ["/api/a/7?x=1", "/tick"]);
}

#[tokio::test]
async fn what_is_to_be_done_on_start_begins_with_the_first_connection_and_holds_nothing_up() {
    let (begin, begun) = oneshot::channel::<()>();
    let never_ends = async move |()| {
        begin.send(()).unwrap();
        pending().await
    };
    let app = http("a", &["get"], "a", async || "").on_start(never_ends);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel::<()>();
    let served = tokio::spawn(app.serve(listener, stopped.map(drop)));
    let mut host = TcpStream::connect(address).await.unwrap();
    begun.await.unwrap();
    host.write_all(b"GET /api/a HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await.unwrap();
    let mut answer = String::new();
    host.read_to_string(&mut answer).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_is_to_be_done_on_stop_is_done_after_the_last_invocation() {
    static STOPPED: AtomicBool = AtomicBool::new(false);
    let (stop, stopped) = oneshot::channel::<()>();
    let app = app().on_stop(async |()| STOPPED.store(true, Ordering::Relaxed));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let served = tokio::spawn(app.serve(listener, stopped.map(drop)));
    stop.send(()).unwrap();
    served.await.unwrap().unwrap();
    assert!(STOPPED.load(Ordering::Relaxed));
}

#[tokio::test]
async fn a_body_whose_chunks_are_malformed_is_answered_400_whatever_the_function_says() {
    let unavailable = async |body: Result<Bytes, BytesRejection>| body.map_err(|_| StatusCode::SERVICE_UNAVAILABLE);
    let app = http("a", POST, "a", unavailable).timer(timer_function("tick"), async || ());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(app.serve(listener, std::future::pending()));
    for path in ["/api/a", "/tick"] {
        for chunks in ["x\r\n", "-1\r\n", "1;a\nb\r\n", "3\r\nabcd\r\n0\r\n\r\n", "fffffffffffffffff\r\n"] {
            let mut host = TcpStream::connect(address).await.unwrap();
            let head = format!("POST {path} HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\r\n");
            host.write_all(format!("{head}{chunks}").as_bytes()).await.unwrap();
            let mut answer = String::new();
            host.read_to_string(&mut answer).await.unwrap();
            assert!(answer.starts_with("HTTP/1.1 400 "), "{path} {chunks:?}: {answer}");
        }
    }
    served.abort();
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_sends_no_whole_head_is_closed() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let served = tokio::spawn(http("a", POST, "a", async || "").serve(listener, std::future::pending()));
    for head in ["", "POST /api/a HTTP/1.1\r\nhost", "POST /api/a HTTP/1.1\r\nhost: a\r\ncontent-length: 0\r\n\r\n"] {
        let mut host = TcpStream::connect(address).await.unwrap();
        host.write_all(head.as_bytes()).await.unwrap();
        let mut answer = String::new();
        // Reading ends only when the connection ends.
        host.read_to_string(&mut answer).await.unwrap();
        assert_eq!(answer.starts_with("HTTP/1.1 200 "), head.ends_with("\r\n\r\n"), "{answer}");
    }
    served.abort();
}
