//! Traces, logs and metrics of a successful invocation.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tracing::{Instrument as _, debug, info, info_span};

use super::rig::{ID, PARENT, Rig, service};
use crate::{
    api::Api,
    error::Service,
    settings::{Audience, SettingType as _},
    time_limits::TimeLimits,
};

const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
const CALLER: &str = "b7ad6b7169203331";

fn api(rig: &Rig, address: &str) -> Api {
    let audience = Audience::parse("api://orders").unwrap();
    Api::within(TimeLimits::new(Service::Api), Service::Api, rig.connection(address), audience, None)
}

#[tokio::test]
async fn an_invocation_is_a_span_below_its_caller_and_so_are_its_calls() {
    let rig = Rig::start().await;
    let seen = Arc::new(Mutex::new(Vec::new()));
    let seeing = seen.clone();
    let tries = Arc::new(AtomicUsize::new(0));
    let address = service(move |request| {
        seeing.lock().unwrap().push(request.headers().clone());
        let status = if tries.fetch_add(1, Ordering::Relaxed) == 0 { 503 } else { 200 };
        http::Response::builder().status(status).header("x-ms-request-id", "r-7").body(String::new()).unwrap()
    })
    .await;
    let orders = api(&rig, &address);
    rig.invoke(Some(PARENT), async move { orders.get("/orders?page=2&sig=S3CRET").send().await.map(drop) })
        .await
        .unwrap();
    rig.telemetry.flush().await;

    let server = rig.collector.span("orders");
    assert_eq!((server.hex(1).as_str(), server.hex(4).as_str(), server.number(6)), (TRACE, CALLER, 2));
    assert_eq!(server.text(3), "vendor=1");
    assert_eq!(server.attribute(9, "faas.invocation_id"), ID);
    assert_eq!(
        (server.attribute(9, "faas.trigger").as_str(), server.attribute(9, "faas.coldstart").as_str()),
        ("http", "true")
    );
    let calls: Vec<_> = rig.collector.spans().into_iter().filter(|span| span.text(5) == "GET").collect();
    let [first, second] = &calls[..] else { panic!("{calls:?}") };
    for (call, headers) in calls.iter().zip(seen.lock().unwrap().iter()) {
        assert_eq!((call.hex(1), call.hex(4), call.number(6)), (TRACE.to_owned(), server.hex(2), 3));
        // The service received the context of this try.
        let carried = format!("00-{TRACE}-{}-01", call.hex(2));
        assert_eq!(
            (headers["traceparent"].to_str().unwrap(), &headers["tracestate"]),
            (carried.as_str(), &"vendor=1".parse::<http::HeaderValue>().unwrap())
        );
        let url = format!("{address}/orders?page=2&sig=REDACTED");
        assert_eq!((call.attribute(9, "url.full"), call.attribute(9, "server.address").as_str()), (url, "127.0.0.1"));
        assert_eq!(call.attribute(9, "azure.service.request.id"), "r-7");
        assert!(call.number(7) <= call.number(8) && call.number(7) >= server.number(7));
    }
    assert_eq!((first.attribute(9, "http.response.status_code").as_str(), first.at(&[15]).number(3)), ("503", 2));
    assert_eq!(
        (first.attribute(9, "error.type").as_str(), first.attribute(9, "http.request.resend_count").as_str()),
        ("503", "")
    );
    assert_eq!((second.attribute(9, "http.response.status_code").as_str(), second.at(&[15]).number(3)), ("200", 0));
    assert_eq!(second.attribute(9, "http.request.resend_count"), "1");
}

#[tokio::test]
async fn a_malformed_parent_is_ignored_and_a_trace_begins() {
    for malformed in [
        "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
        "x",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
    ] {
        let rig = Rig::start().await;
        let traceparent = rig.invoke(Some(malformed), async { crate::trace::traceparent() }).await.unwrap();
        rig.telemetry.flush().await;
        let span = rig.collector.span("orders");
        assert_eq!(span.hex(4), "", "{malformed}");
        assert_ne!(span.hex(1), TRACE);
        // Calls belong to the new trace.
        assert_eq!(traceparent.to_str().unwrap(), format!("00-{}-{}-01", span.hex(1), span.hex(2)));
    }
}

#[tokio::test]
async fn a_trace_that_the_caller_does_not_record_is_not_recorded_here() {
    let rig = Rig::start().await;
    let parent = PARENT.replace("-01", "-00");
    let carried = rig.invoke(Some(&parent), async {
        info!("said");
        crate::trace::traceparent()
    });
    assert!(carried.await.unwrap().to_str().unwrap().ends_with("-00"));
    rig.telemetry.flush().await;
    assert_eq!((rig.collector.spans().len(), rig.collector.logs().len()), (0, 1));
}

#[tokio::test]
async fn a_span_of_the_apps_own_stands_between() {
    let rig = Rig::start().await;
    let address = service(|_| "").await;
    let orders = api(&rig, &address);
    let reading = async move { orders.get("/").send().await.map(drop) };
    rig.invoke(Some(PARENT), async move { reading.instrument(info_span!("reading", page = 2)).await }).await.unwrap();
    rig.telemetry.flush().await;
    let (server, own, call) = (rig.collector.span("orders"), rig.collector.span("reading"), rig.collector.span("GET"));
    assert_eq!((own.hex(4), call.hex(4), own.number(6)), (server.hex(2), own.hex(2), 1));
    assert_eq!(own.attribute(9, "page"), "2");
}

#[tokio::test]
async fn a_line_of_an_invocation_says_which_and_how_grave() {
    let rig = Rig::start().await;
    info!("outside");
    rig.invoke(Some(PARENT), async {
        tracing::warn!(order = 7, "late");
        debug!("below the level");
    })
    .await;
    rig.telemetry.flush().await;
    let (logs, server) = (rig.collector.logs(), rig.collector.span("orders"));
    let [late] = &logs[..] else { panic!("{logs:?}") };
    assert_eq!((late.at(&[5]).text(1).as_str(), late.number(2), late.text(3).as_str()), ("late", 13, "WARN"));
    assert_eq!((late.attribute(6, "faas.invocation_id").as_str(), late.attribute(6, "order").as_str()), (ID, "7"));
    assert_eq!((late.hex(9), late.hex(10)), (server.hex(1), server.hex(2)));
}

#[tokio::test]
async fn metrics_count_invocations_calls_and_failures() {
    let rig = Rig::start().await;
    rig.invoke(None, async {}).await;
    let failed = super::rig::invocation(None);
    failed.record("http.response.status_code", 502);
    drop(failed);
    rig.http.signals().unwrap().token_fetched("https://vault.azure.net/.default", true);
    #[cfg(feature = "secrets")]
    rig.http.signals().unwrap().secret_read("orders-key");
    rig.telemetry.flush().await;
    let points = |name: &str, kind| rig.collector.metric(name).at(&[kind]).all(1).collect::<Vec<_>>();
    let [invocations] = &points("faas.invocations", 7)[..] else { panic!() };
    assert_eq!((invocations.number(6), invocations.attribute(7, "faas.name").as_str()), (2, "orders"));
    assert_eq!(points("faas.errors", 7)[0].number(6), 1);
    let durations = points("faas.invoke_duration", 9);
    assert_eq!((durations[0].number(4), durations[0].attribute(9, "faas.trigger").as_str()), (2, "http"));
    assert_eq!(points("keyless.tokens.fetched", 7)[0].attribute(7, "keyless.outcome"), "fetched");
    assert!(f64::from_bits(points("keyless.secret.age", 5)[0].number(4)) >= 0.0);
    let span = rig.collector.spans().into_iter().find(|span| span.at(&[15]).number(3) == 2).unwrap();
    assert_eq!(span.attribute(9, "error.type"), "502");
}

#[tokio::test]
async fn what_the_caller_asked_for_is_an_attribute_without_what_looks_like_a_token() {
    let rig = Rig::start().await;
    let span = super::rig::invocation(None);
    span.record("http.request.method", "PUT");
    let token = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhIn0.c2lnbmF0dXJlLXM";
    span.record("url.path", format!("/api/orders/{token}"));
    drop(span);
    rig.telemetry.flush().await;
    let span = rig.collector.span("orders");
    assert_eq!(span.attribute(9, "http.request.method"), "PUT");
    assert_eq!(span.attribute(9, "url.path"), "/api/orders/REDACTED");
}

#[tokio::test]
async fn a_retry_is_counted_and_so_is_what_the_budget_has_left() {
    let rig = Rig::start().await;
    let tries = Arc::new(AtomicUsize::new(0));
    let address = service(move |_| match tries.fetch_add(1, Ordering::Relaxed) {
        0 => http::StatusCode::SERVICE_UNAVAILABLE,
        _ => http::StatusCode::OK,
    })
    .await;
    let orders = api(&rig, &address);
    rig.invoke(None, async move { orders.get("/").send().await.map(drop) }).await.unwrap();
    rig.telemetry.flush().await;
    let retries = rig.collector.metric("keyless.http.retries").at(&[7, 1]);
    assert_eq!((retries.number(6), retries.attribute(7, "server.address").as_str()), (1, "127.0.0.1"));
    let left = rig.collector.metric("keyless.http.retries_left").at(&[5, 1]);
    assert_eq!(left.attribute(7, "server.address"), "127.0.0.1");
    assert!(f64::from_bits(left.number(4)) >= 1.0, "{left:?}");
}

#[tokio::test]
async fn what_is_recorded_is_sent_without_being_asked_for() {
    let rig = Rig::start().await;
    assert!(rig.collector.got().is_empty());
    rig.invoke(Some(PARENT), async { info!("said") }).await;
    let got = rig
        .collector
        .until(|got| ["/traces", "/logs", "/metrics"].iter().all(|end| got.iter().any(|got| got.path.ends_with(end))))
        .await;
    assert!(got.iter().all(|got| got.headers["content-type"] == "application/x-protobuf"));
    assert!(
        got.iter().all(|got| !got.headers.contains_key("authorization") && !got.headers.contains_key("traceparent"))
    );
    assert_eq!(rig.collector.spans().len(), 1, "no span of the sending itself");
}
