//! The benchmark cases. Each case prepares itself and returns a closure that does the work once.

use std::{fmt, io, sync::Arc};

use azure_core::credentials::TokenCredential;
use functions_handler::{
    Function, FunctionApp, Timer,
    axum::{
        Router,
        body::{Body, to_bytes},
        extract::Path,
        routing::any,
    },
};
use http::Request;
use keyless::{SecretName, Secrets};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt as _;
use tracing_subscriber::{filter::LevelFilter, layer::SubscriberExt as _};

use crate::jwt;

pub(crate) struct Case {
    pub(crate) name: &'static str,
    pub(crate) prepare: fn() -> Box<dyn FnMut()>,
}

pub(crate) const CASES: &[Case] = &[
    Case { name: "invocation-decode", prepare: invocation_decode },
    Case { name: "routing", prepare: routing },
    Case { name: "routing-plain", prepare: routing_plain },
    Case { name: "routing-axum-alone", prepare: routing_axum_alone },
    Case { name: "log-line", prepare: log_line },
    Case { name: "token-look-up", prepare: token_look_up },
    Case { name: "secret-look-up", prepare: secret_look_up },
    Case { name: "jwt-validation", prepare: jwt::validation },
];

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name)
    }
}

pub(crate) fn runtime() -> Runtime {
    Builder::new_current_thread().enable_all().build().unwrap_or_else(|error| panic!("no runtime: {error}"))
}

const ORDER: Function = Function::new(
    "order",
    r#"{"bindings":[{"type":"httpTrigger","name":"req","direction":"in","authLevel":"anonymous","methods":["get"],"route":"orders/{id}"},{"type":"http","name":"res","direction":"out"}]}"#,
);
/// A function whose route is its name.
const OTHER: &str = r#"{"bindings":[{"type":"httpTrigger","name":"req","direction":"in","authLevel":"anonymous"},{"type":"http","name":"res","direction":"out"}]}"#;
const NIGHTLY: Function = Function::new(
    "nightly",
    r#"{"bindings":[{"type":"timerTrigger","name":"timer","direction":"in","schedule":"0 0 2 * * *"}]}"#,
);
const TIMER: &str = r#"{"Data":{"timer":{"Schedule":{"AdjustForDST":true},"ScheduleStatus":{"Last":"2026-11-21T09:25:00+00:00","Next":"2026-11-21T09:30:00+00:00","LastUpdated":"2026-11-21T09:25:00+00:00"},"IsPastDue":false}},"Metadata":{"sys":{"MethodName":"nightly","UtcNow":"2026-11-21T09:30:00.0123456Z","RandGuid":"5b0fa0b6-9c1e-4d8f-8a51-b0b2b6e9c6f1"}}}"#;

fn app() -> FunctionApp {
    ["a", "b", "c", "d", "e", "f", "g", "health"]
        .into_iter()
        .fold(FunctionApp::stateless(), |app, name| app.http(Function::new(name, OTHER), async || "other"))
        .http(ORDER, async |Path(id): Path<u32>| id.to_string())
        .timer(NIGHTLY, async |_: Timer| ())
}

/// Sends the same request to an app of ten functions on each run.
fn send(request: fn() -> Request<Body>) -> Box<dyn FnMut()> {
    let (runtime, app) = (runtime(), app().test());
    Box::new(move || {
        let response = runtime.block_on(app.http(request()));
        assert!(response.status().is_success(), "{response:?}");
    })
}

fn get_order() -> Request<Body> {
    request("GET", "/api/orders/1001", Body::empty())
}

/// The host's POST for a timer: the app decodes and answers it.
fn invocation_decode() -> Box<dyn FnMut()> {
    send(|| request("POST", "/nightly", Body::from(TIMER)))
}

/// A caller's request, routed to one of ten functions. Its route has a parameter.
fn routing() -> Box<dyn FnMut()> {
    send(get_order)
}

/// The same as `routing`, but the route is a plain path, like that of `health`.
fn routing_plain() -> Box<dyn FnMut()> {
    send(|| request("GET", "/api/health", Body::empty()))
}

/// The same request and answer as in `routing_plain`, by axum alone: the lower limit for any handler in Rust.
fn routing_axum_alone() -> Box<dyn FnMut()> {
    let app = ["a", "b", "c", "d", "e", "f", "g", "h", "i"]
        .into_iter()
        .fold(Router::new(), |app, name| app.route(&format!("/api/{name}"), any(async || "other")));
    let (runtime, app) = (runtime(), app.route("/api/health", any(async || "other")));
    Box::new(move || {
        let asked = app.clone().oneshot(request("GET", "/api/health", Body::empty()));
        let Ok(response) = runtime.block_on(asked);
        let body = runtime.block_on(to_bytes(response.into_body(), usize::MAX));
        assert!(body.is_ok_and(|body| body == "other"));
    })
}

/// A caller's request with a route parameter, while a subscriber writes the log line.
fn log_line() -> Box<dyn FnMut()> {
    let lines = tracing_subscriber::fmt::layer().with_ansi(false).with_target(false).with_writer(io::sink);
    let subscriber = tracing_subscriber::registry().with(lines).with(LevelFilter::INFO);
    let subscriber = tracing::Dispatch::new(subscriber);
    let mut send = send(get_order);
    Box::new(move || tracing::dispatcher::with_default(&subscriber, &mut send))
}

fn request(method: &str, path: &str, body: Body) -> Request<Body> {
    let request = Request::builder().method(method).uri(path).header("content-type", "application/json");
    request.body(body).unwrap_or_else(|error| panic!("not a request: {error}"))
}

/// The vault that the environment names.
fn secrets() -> Secrets {
    keyless::from_env(|env| env.secrets("KEYVAULT")).unwrap_or_else(|error| panic!("{error}"))
}

/// Reads a token from memory, as any SDK client asks for it.
fn token_look_up() -> Box<dyn FnMut()> {
    let runtime = runtime();
    let credential: Arc<dyn TokenCredential> = secrets().connection().credential();
    Box::new(move || {
        let token = runtime.block_on(credential.get_token(&["https://vault.azure.net/.default"], None));
        assert!(token.is_ok(), "{token:?}");
    })
}

/// Reads a secret from memory.
fn secret_look_up() -> Box<dyn FnMut()> {
    let (runtime, secrets) = (runtime(), secrets());
    let name =
        SecretName::try_from("orders-subscription-key").unwrap_or_else(|error| panic!("not a secret's name: {error}"));
    Box::new(move || {
        let value = runtime.block_on(secrets.get(&name));
        assert!(value.is_ok(), "{value:?}");
    })
}
