use axum::{Router, body::Body, routing::get};
use futures_util::FutureExt as _;
use http::Request;
use tower::ServiceExt as _;

use super::{Asker, CLIENT_LEFT, Journal, Service, observe};

const FIRST: &str = "00-11111111111111111111111111111111-00f067aa0ba902b7-01";
const SECOND: &str = "00-22222222222222222222222222222222-00f067aa0ba902b7-01";

/// A gateway that sends a request to a backend for each request.
fn gateway(journal: &Journal) -> Router {
    let backend = observe(Router::new().fallback(|| async { "ok" }), journal, Service::Backend);
    let ask = move || {
        let backend = backend.clone();
        async move {
            // Lets the other request run in between.
            tokio::task::yield_now().await;
            let mut request = Request::get("/asked").body(Body::empty()).unwrap();
            request.extensions_mut().insert(Asker(Service::ApiManagement));
            backend.oneshot(request).await.unwrap();
            tokio::task::yield_now().await;
        }
    };
    observe(Router::new().route("/", get(ask)), journal, Service::ApiManagement)
}

async fn send(gateway: Router, traceparent: Option<&str>) {
    let request =
        traceparent.into_iter().fold(Request::get("/"), |request, value| request.header("traceparent", value));
    gateway.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
}

#[tokio::test]
async fn requests_at_once_never_mix() {
    let journal = Journal::default();
    let gateway = gateway(&journal);
    let all = [Some(FIRST), Some(SECOND), None].map(|traceparent| send(gateway.clone(), traceparent));
    futures_util::future::join_all(all).await;
    let entries = journal.entries();
    assert_eq!(entries.len(), 6);
    let outer: Vec<_> = entries.iter().filter(|entry| entry.service == Service::ApiManagement).collect();
    for entry in &outer {
        let inner: Vec<_> = entries.iter().filter(|other| other.parent == Some(entry.id)).collect();
        assert_eq!(inner.len(), 1, "each asked the backend once");
        assert_eq!(inner[0].trace, entry.trace);
        assert!(inner[0].started >= entry.started && inner[0].duration <= entry.duration);
        assert_eq!(entry.parent, None);
    }
    let mut traces: Vec<_> = outer.iter().map(|entry| entry.trace.map(|trace| trace.to_string())).collect();
    traces.sort();
    assert_eq!(traces, [None, Some("1".repeat(32)), Some("2".repeat(32))]);
}

#[tokio::test]
async fn claims_are_kept_and_the_token_is_not() {
    let journal = Journal::default();
    let routes = observe(Router::new().fallback(|| async { "ok" }), &journal, Service::KeyVault);
    // {"alg":"none"}.{"aud":"x","roles":["R"]}
    let token = "eyJhbGciOiJub25lIn0.eyJhdWQiOiJ4Iiwicm9sZXMiOlsiUiJdfQ.c2lnbmF0dXJl";
    let request = Request::get("/").header("authorization", format!("Bearer {token}"));
    routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let text = serde_json::to_string(&journal.entries()).unwrap();
    assert!(text.contains(r#""claims":{"aud":"x","roles":["R"]}"#), "{text}");
    assert!(!text.contains("eyJ") && !text.contains("c2lnbmF0dXJl"), "{text}");
    let entry: super::Entry = serde_json::from_str(text.trim_matches(['[', ']'])).unwrap();
    assert_eq!(entry.service, Service::KeyVault);
}

#[tokio::test]
async fn a_request_whose_client_leaves_is_recorded_and_one_that_is_answered_is_recorded_once() {
    let journal = Journal::default();
    let hangs = Router::new().route("/hangs", get(std::future::pending::<()>)).fallback(|| async { "ok" });
    let routes = observe(hangs, &journal, Service::KeyVault);
    let request = |path: &str| Request::get(path).body(Body::empty()).unwrap();
    let mut leaving = Box::pin(routes.clone().oneshot(request("/hangs")));
    assert!((&mut leaving).now_or_never().is_none());
    assert!(journal.entries().is_empty());
    drop(leaving);
    routes.oneshot(request("/answered")).await.unwrap();
    let seen: Vec<_> = journal.entries().into_iter().map(|entry| (entry.path, entry.status)).collect();
    assert_eq!(seen, [("/hangs".to_owned(), CLIENT_LEFT), ("/answered".to_owned(), 200)]);
    assert!(journal.entries()[0].decision.reason.as_deref().is_some_and(|reason| reason.contains("client left")));
}
