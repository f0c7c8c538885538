//! Every line of an invocation says which one it is of.

use std::{
    io,
    sync::{Mutex, PoisonError},
};

use axum::routing::any;
use futures_util::{FutureExt, stream};
use http::HeaderValue;
use tracing::{error, info, subscriber};
use tracing_subscriber::fmt;

use super::*;
use crate::host::{INVOCATION_ID, TRACE_PARENT};

const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";
const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is logged while the host makes this call and reads the answer.
async fn log_of(function: Function, path: &str) -> Vec<String> {
    let log = Log::default();
    let writer = log.clone();
    let lines = fmt().with_ansi(false).with_writer(move || writer.clone()).finish();
    let _guard = subscriber::set_default(lines);
    let router = router(app(&[]), &[function]).unwrap();
    let mut request = request(Method::POST, path, "{\"Data\":{\"req\":{\"Method\":\"POST\",\"Url\":\"http://h/\"}}}");
    request.headers_mut().insert(INVOCATION_ID, HeaderValue::from_static(ID));
    let parent = format!("00-{TRACE}-b7ad6b7169203331-01");
    request.headers_mut().insert(TRACE_PARENT, parent.parse().unwrap());
    let response = router.oneshot(request).await.unwrap();
    let answered = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(answered.contains("status="), "the outcome is logged before it is answered: {answered}");
    let _ = to_bytes(response.into_body(), usize::MAX).await;
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    text.lines().map(str::to_owned).collect()
}

async fn check(function: Function, path: &str, expected: &[&str]) {
    let lines = log_of(function, path).await;
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        for text in [ID, TRACE, function.name, expected] {
            assert!(line.contains(text), "{text} in {line}");
        }
    }
}

#[tokio::test]
async fn a_line_of_a_function_and_of_its_outcome_carry_the_ids() {
    let talks = http("talks", MethodFilter::POST, "x", || any(async || info!("here I am")));
    check(talks, "/api/x", &["here I am", "status=200"]).await;
}

#[tokio::test]
async fn a_line_from_within_a_stream_carries_the_ids() {
    let breaks = http("breaks", MethodFilter::POST, "x", || {
        any(async || {
            Body::from_stream(stream::once(async {
                error!("broke off");
                Err::<&str, _>(io::Error::other("gone"))
            }))
        })
    });
    check(breaks, "/api/x", &["status=200", "broke off"]).await;
}

#[tokio::test]
async fn a_panic_is_logged_as_the_failure_of_its_invocation() {
    let panics = Function { name: "panics", trigger: Trigger::Timer { run: |_, _| async { panic!("why") }.boxed() } };
    check(panics, "/panics", &["the function failed: panic: why"]).await;
}

#[tokio::test]
async fn a_path_that_the_table_does_not_have_is_logged() {
    let any = http("none", MethodFilter::POST, "x", || any(async || ()));
    check(any, "/api/y", &["there is no such function"]).await;
}

#[tokio::test]
async fn what_an_http_function_fails_with_is_logged_in_the_other_form_too() {
    let fails =
        http("fails", MethodFilter::POST, "x", || any(async || crate::error::Error::Busy(StatusCode::IM_A_TEAPOT)));
    check(fails, "/fails", &["status=418"]).await;
}
