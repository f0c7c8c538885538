//! The router, asked directly: with the app's own functions, and with some that only tests have.

mod forms;
mod invocations;
mod log;
mod routes;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, to_bytes},
    routing::{MethodFilter, MethodRouter},
};
use http::{HeaderMap, Method, Request, StatusCode, header::CONTENT_TYPE};
use serde_json::Value;
use tower::ServiceExt;

use super::{bind, router::router};
use crate::{
    app::App,
    config::{Config, tests::complete},
    functions::{self, Function, Trigger},
};

/// An answer, read to its end.
struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    fn code(&self) -> String {
        self.json()["error"]["code"].as_str().unwrap().to_owned()
    }
}

/// An app with these settings beside the ones it cannot do without.
fn app(settings: &[(&'static str, &str)]) -> Arc<App> {
    let mut all = complete();
    all.extend(settings.iter().map(|(name, value)| (*name, (*value).to_owned())));
    Arc::new(App::new(Config::from_lookup(|name| all.get(name).cloned()).unwrap()).unwrap())
}

/// The app's own functions.
fn handler() -> Router {
    router(app(&[]), functions::ALL).unwrap()
}

const PREFIX: &str = "AzureFunctionsJobHost__extensions__http__routePrefix";

fn http(
    name: &'static str,
    methods: MethodFilter,
    route: &'static str,
    run: fn() -> MethodRouter<Arc<App>>,
) -> Function {
    Function { name, trigger: Trigger::Http { methods, route, run } }
}

fn request(method: Method, path: &str, body: &str) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header(CONTENT_TYPE, "application/json; charset=utf-8");
    request.body(Body::from(body.to_owned())).unwrap()
}

async fn answer(router: &Router, request: Request<Body>) -> Answer {
    let (head, body) = router.clone().oneshot(request).await.unwrap().into_parts();
    let body = to_bytes(body, usize::MAX).await.unwrap();
    Answer { status: head.status, headers: head.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

async fn send(router: &Router, method: Method, path: &str, body: &str) -> Answer {
    answer(router, request(method, path, body)).await
}

#[tokio::test]
async fn the_hosts_probe_is_answered() {
    assert_eq!(send(&handler(), Method::GET, "/", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn health_says_that_the_process_lives() {
    let answer = send(&handler(), Method::GET, "/api/health", "").await;
    assert_eq!(answer.status, StatusCode::OK);
    let body = answer.json();
    assert_eq!(body["status"], "ok");
    assert_eq!(body["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(body["uptimeSeconds"], 0);
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let handler = handler();
    for (method, path) in [
        (Method::GET, "/api/nothing"),
        (Method::GET, "/health"),
        (Method::GET, "/snapshot"),
        (Method::POST, "/"),
        (Method::POST, "/Snapshot"),
        (Method::POST, "/snapshot/"),
        (Method::HEAD, "/api/health"),
        (Method::from_bytes(b"BREW").unwrap(), "/api/health"),
        (Method::DELETE, "/api/snapshots/orders"),
        (Method::POST, "/api/snapshots/unknown"),
        (Method::GET, "/api/snapshots/unknown"),
        (Method::GET, "/api/snapshots/unknown/latest"),
        (Method::GET, "/api/snapshots/orders/oldest"),
        (Method::POST, "/api/snapshots/orders/latest"),
    ] {
        let answer = send(&handler, method.clone(), path, "").await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND, "{method} {path}");
        if method != Method::HEAD {
            assert_eq!(answer.code(), "not_found", "{method} {path}");
        }
    }
}

#[tokio::test]
async fn without_an_identity_the_timer_fails_and_says_who_refused() {
    let answer = send(&handler(), Method::POST, "/snapshot", "{}").await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert_eq!(answer.code(), "upstream_refused");
    assert!(answer.body.contains("the identity endpoint refused this app"), "{}", answer.body);
}

#[tokio::test]
async fn a_port_that_is_taken_is_named() {
    let taken = bind(0).await.unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = bind(port).await.unwrap_err();
    assert!(error.to_string().contains(&port.to_string()), "{error}");
}
