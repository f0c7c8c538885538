use std::sync::Arc;

use axum::{
    body::{Body, to_bytes},
    routing::post,
};
use http::{Method, Request, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::config::{Config, tests::complete};

fn handler() -> Router {
    let settings = complete();
    let config = Config::from_lookup(|name| settings.get(name).cloned()).unwrap();
    router(Arc::new(App::new(config).unwrap()))
}

async fn send(router: Router, method: Method, path: &str, body: &str) -> (StatusCode, String) {
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json; charset=utf-8");
    let response = router.oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap();
    let (status, body) = (response.status(), to_bytes(response.into_body(), usize::MAX).await.unwrap());
    (status, String::from_utf8(body.to_vec()).unwrap())
}

fn code(body: &str) -> String {
    let body: Value = serde_json::from_str(body).unwrap();
    body["error"]["code"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn the_hosts_probe_is_answered() {
    assert_eq!(send(handler(), Method::GET, "/", "").await.0, StatusCode::OK);
}

#[tokio::test]
async fn health_says_that_the_process_lives() {
    let (status, body) = send(handler(), Method::GET, "/api/health", "").await;
    assert_eq!(status, StatusCode::OK);
    let body: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(body["status"], "ok");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(body["uptimeSeconds"], 0);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    for (method, path) in [
        (Method::GET, "/api/nothing"),
        (Method::GET, "/health"),
        (Method::GET, "/snapshot"),
        (Method::DELETE, "/api/snapshots/orders"),
        (Method::POST, "/api/snapshots/unknown"),
        (Method::GET, "/api/snapshots/unknown"),
        (Method::GET, "/api/snapshots/unknown/latest"),
        (Method::GET, "/api/snapshots/orders/oldest"),
        (Method::POST, "/api/snapshots/orders/latest"),
    ] {
        let (status, body) = send(handler(), method.clone(), path, "").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(code(&body), "not_found", "{method} {path}");
    }
}

#[tokio::test]
async fn a_call_that_is_not_the_hosts_is_invalid() {
    for body in ["", "7", "{\"Data\":{\"timer\":{\"ScheduleStatus\":{\"Next\":\"soon\"}}}}"] {
        let (status, answer) = send(handler(), Method::POST, "/snapshot", body).await;
        assert_eq!(status, StatusCode::BAD_REQUEST, "{body}");
        assert_eq!(code(&answer), "invalid_request", "{body}");
    }
    let (status, answer) = send(handler(), Method::GET, "/api/snapshots/%FF", "").await;
    assert_eq!((status, code(&answer).as_str()), (StatusCode::BAD_REQUEST, "invalid_request"));
}

#[tokio::test]
async fn without_an_identity_the_timer_fails_and_says_who_refused() {
    let (status, body) = send(handler(), Method::POST, "/snapshot", "{}").await;
    assert_eq!(status, StatusCode::BAD_GATEWAY);
    assert_eq!(code(&body), "upstream_refused");
    assert!(body.contains("the identity endpoint refused this app"), "{body}");
}

#[tokio::test]
async fn a_panic_is_an_internal_error() {
    async fn run() {
        panic!("S3CRET");
    }
    let router = Router::new().route("/", post(run).layer(CatchPanicLayer::custom(panicked)));
    let (status, body) = send(router, Method::POST, "/", "").await;
    assert_eq!((status, code(&body).as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
    assert!(!body.contains("S3CRET"));
}

#[tokio::test]
async fn an_invocation_that_takes_too_long_is_ended() {
    let limit = from_fn_with_state(Duration::from_millis(1), limit_time);
    let router = Router::new().route("/", post(std::future::pending::<()>).layer(limit));
    let (status, body) = send(router, Method::POST, "/", "").await;
    assert_eq!((status, code(&body).as_str()), (StatusCode::INTERNAL_SERVER_ERROR, "internal"));
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = bind(0).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = bind(port).await.unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
