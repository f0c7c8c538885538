//! Every line of an invocation names its invocation.

use std::{cell::RefCell, io, sync::Once};

use futures_util::stream;
use http::HeaderValue;
use tracing::{error, info};
use tracing_subscriber::fmt;

use super::*;
use crate::invocation::origin::{INVOCATION_ID, TRACE_PARENT};

const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";
const PARENT: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

thread_local! {
    /// The log of this thread. Each test has its own thread.
    static LOGGED: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

struct ThreadLog;

impl io::Write for ThreadLog {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.extend_from_slice(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn logged() -> String {
    LOGGED.with_borrow(|logged| String::from_utf8(logged.clone()).unwrap())
}

/// Returns the log lines while the host makes this call and reads the answer.
async fn log_of(app: FunctionApp, path: &str) -> Vec<String> {
    // There is one subscriber for all threads. tracing caches the wanted events, and scoped subscribers would race for
    // that cache.
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| fmt().with_ansi(false).with_writer(|| ThreadLog).init());
    LOGGED.take();
    let router = router(app, &[]);
    let call = json!({ "Data": { "req": { "Method": "POST", "Url": "http://h/" }, "timer": {} } });
    let mut request = request(Method::POST, path, &call.to_string());
    request.headers_mut().insert(INVOCATION_ID, HeaderValue::from_static(ID));
    request.headers_mut().insert(TRACE_PARENT, HeaderValue::from_static(PARENT));
    let response = router.answer(request).await;
    assert!(logged().contains("status="), "the outcome is logged before it is answered: {}", logged());
    let _ = to_bytes(response.into_body(), usize::MAX).await;
    logged().lines().map(str::to_owned).collect()
}

async fn check(app: FunctionApp, path: &str, name: &str, expected: &[&str]) {
    let lines = log_of(app, path).await;
    assert_eq!(lines.len(), expected.len(), "{lines:#?}");
    for (line, expected) in lines.iter().zip(expected) {
        let name = format!("faas.name={name}");
        for text in [&format!("faas.invocation_id={ID}"), &format!("traceparent={PARENT}"), &name, *expected] {
            assert!(line.contains(text), "{text} in {line}");
        }
    }
}

const POST: &[&str] = &["post"];

#[tokio::test]
async fn a_line_of_a_function_and_of_its_outcome_carry_the_ids() {
    let app = http("talks", POST, "x", async || info!("here I am"));
    check(app, "/api/x", "talks", &["here I am", "faas.trigger=http otel.kind=server"]).await;
}

#[tokio::test]
async fn a_line_from_within_a_stream_carries_the_ids() {
    let breaks = async || {
        Body::from_stream(stream::once(async {
            error!("broke off");
            Err::<&str, _>(io::Error::other("gone"))
        }))
    };
    check(http("breaks", POST, "x", breaks), "/api/x", "breaks", &["status=200", "broke off"]).await;
}

#[tokio::test]
async fn what_the_caller_asked_for_is_told_after_the_outcome_so_that_lines_stay_short() {
    let breaks = async || {
        Body::from_stream(stream::once(async {
            error!("broke off");
            Err::<&str, _>(io::Error::other("gone"))
        }))
    };
    let lines = log_of(http("breaks", POST, "{thing}", breaks), "/api/x?code=k3y").await;
    let [outcome, late] = &lines[..] else { panic!("{lines:#?}") };
    let asked = r#"http.request.method="POST" http.route="/api/{thing}" url.path="/api/x" url.scheme="http""#;
    assert!(late.contains(asked), "{late}");
    assert!(!outcome.contains("url.path") && !late.contains("k3y"), "{lines:#?}");
}

#[tokio::test]
async fn a_panic_is_logged_as_the_failure_of_its_invocation() {
    let app = app().timer(timer_function("panics"), async || -> () { panic!("why") });
    check(app, "/panics", "panics", &["the function failed: panic: why"]).await;
}

#[tokio::test]
async fn a_path_that_leads_to_no_function_is_logged() {
    check(http("a", POST, "x", async || ()), "/api/y", "none", &["there is no such function"]).await;
}

#[tokio::test]
async fn the_error_of_an_http_function_is_logged_in_the_other_form_too() {
    let fails = async || TestError { status: StatusCode::IM_A_TEAPOT, text: "short and stout" };
    check(http("fails", POST, "x", fails), "/fails", "fails", &["short and stout"]).await;
    let fails = async || TestError { status: StatusCode::IM_A_TEAPOT, text: "short and stout" };
    check(http("fails", POST, "x", fails), "/fails", "fails", &["status=418"]).await;
}

#[tokio::test]
async fn the_level_of_the_outcome_follows_the_status() {
    for (status, level) in [
        (StatusCode::NOT_FOUND, "INFO"),
        (StatusCode::TOO_MANY_REQUESTS, "WARN"),
        (StatusCode::SERVICE_UNAVAILABLE, "WARN"),
        (StatusCode::BAD_GATEWAY, "ERROR"),
    ] {
        let app = http("a", POST, "x", async move || TestError { status, text: "why" });
        check(app, "/api/x", "a", &[level]).await;
    }
}
