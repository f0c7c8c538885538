//! Passes the OTLP of the Functions host on with a token, because the host itself sends no token.
//!
//! It listens on loopback only, accepts the three paths of OTLP, and refuses requests that a web page could have made.

use std::{borrow::Cow, net::Ipv4Addr, sync::Arc, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
    serve::ListenerExt as _,
};
use http::{
    HeaderMap, HeaderValue, Method, StatusCode,
    header::{CONTENT_ENCODING, CONTENT_TYPE, HOST, ORIGIN, RETRY_AFTER},
};
use tokio::{net::TcpListener, runtime::Handle, sync::Semaphore, time::timeout};
use tracing::warn;
use url::Url;

use super::exporter::Exporter;
use crate::settings::{Absent, Reader, Setting, SettingType};

/// The largest request. Azure Monitor takes no more.
const LARGEST_REQUEST: usize = 1024 * 1024;

/// The largest number of concurrent requests. The host sends one for each signal.
const MOST_REQUESTS: usize = 8;

/// The time in which a request's body must arrive.
const LONGEST_BODY: Duration = Duration::from_secs(10);

/// A port of this machine.
#[derive(Clone, Copy)]
pub(super) struct Port(u16);

impl SettingType for Port {
    const EXPECTED: &'static str = "a port from 1 to 65535";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|port| *port != 0).map(Self)
    }
}

/// Reads the port, if it is set. Without endpoints that take a token there is nothing to pass on.
pub(super) fn read(env: &mut Reader, name: &str, has_endpoints: bool) -> Option<Port> {
    let setting: Setting<Port> = Setting::new(
        Cow::Owned(format!("{name}__relayPort")),
        Cow::Borrowed(
            "A port of 127.0.0.1. The app receives the host's own OTLP there, and passes it on with the token.",
        ),
        Absent::Means("nothing listens"),
    );
    let port = env.read(&setting)?;
    if !has_endpoints {
        env.refuse(setting.name().to_owned(), format!("nothing, without {name}__tracesEndpoint or its siblings"));
    }
    Some(port)
}

/// Listens in the background. If the port is taken, the app runs without the relay.
pub(super) fn start(Port(port): Port, exporter: Arc<Exporter>) {
    let Ok(runtime) = Handle::try_current() else { return };
    runtime.spawn(async move {
        match TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await {
            Ok(listener) => serve(listener, exporter).await,
            Err(error) => warn!("the host's telemetry is not passed on: port {port} of 127.0.0.1: {error}"),
        }
    });
}

struct Relay {
    exporter: Arc<Exporter>,
    hosts: [String; 2],
    slots: Semaphore,
}

pub(super) async fn serve(listener: TcpListener, exporter: Arc<Exporter>) {
    let port = listener.local_addr().map(|address| address.port()).unwrap_or_default();
    let hosts = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
    let relay = Arc::new(Relay { exporter, hosts, slots: Semaphore::new(MOST_REQUESTS) });
    let router = Router::new().fallback(pass_on).with_state(relay);
    let listener = listener.tap_io(|stream| {
        // If this fails, a request is only late.
        let _ = stream.set_nodelay(true);
    });
    // Serving ends with its runtime.
    let _ = axum::serve(listener, router).await;
}

async fn pass_on(State(relay): State<Arc<Relay>>, request: Request) -> Response {
    match relay.passed_on(request).await {
        Ok(answer) => answer,
        Err((status, why)) => {
            let mut answer = Response::new(Body::from(format!("{why}\n")));
            *answer.status_mut() = status;
            answer
        }
    }
}

type RelayRefusal = (StatusCode, &'static str);

impl Relay {
    async fn passed_on(&self, request: Request) -> Result<Response, RelayRefusal> {
        let url = self.allowed(&request)?;
        let headers = kept(request.headers())?;
        let busy = (StatusCode::SERVICE_UNAVAILABLE, "too many requests at once");
        let _slot = self.slots.try_acquire().map_err(|_| busy)?;
        let body = timeout(LONGEST_BODY, to_bytes(request.into_body(), LARGEST_REQUEST)).await;
        let body = body.map_err(|_| (StatusCode::REQUEST_TIMEOUT, "the body took more than 10 s"))?;
        let body = body.map_err(|_| (StatusCode::PAYLOAD_TOO_LARGE, "the body has more than 1 MiB, or broke off"))?;
        let answered = self.exporter.sender.post(&url, headers, body).await;
        let unanswered = (StatusCode::SERVICE_UNAVAILABLE, "the endpoint gave no answer, or there is no token for it");
        let answered = answered.map_err(|_| unanswered)?;
        let mut answer = Response::new(Body::from(answered.body));
        *answer.status_mut() = answered.status;
        for name in [CONTENT_TYPE, RETRY_AFTER] {
            if let Some(value) = answered.headers.get(&name) {
                answer.headers_mut().insert(name, value.clone());
            }
        }
        Ok(answer)
    }

    /// Returns the request's target, if the request is allowed. A page of another site cannot send this `Host`, and
    /// always sends its own `Origin`.
    fn allowed(&self, request: &Request) -> Result<Url, RelayRefusal> {
        let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
        if !self.hosts.iter().any(|own| own.eq_ignore_ascii_case(host)) || request.headers().contains_key(ORIGIN) {
            return Err((StatusCode::FORBIDDEN, "this port takes requests of this machine's programs alone"));
        }
        let endpoints = &self.exporter.endpoints;
        let endpoint = match request.uri().path() {
            "/v1/traces" => &endpoints.traces,
            "/v1/logs" => &endpoints.logs,
            "/v1/metrics" => &endpoints.metrics,
            _ => return Err((StatusCode::NOT_FOUND, "paths are /v1/traces, /v1/logs and /v1/metrics")),
        };
        if request.method() != Method::POST {
            return Err((StatusCode::METHOD_NOT_ALLOWED, "OTLP is posted"));
        }
        endpoint.clone().ok_or((StatusCode::NOT_FOUND, "no setting says where this signal goes"))
    }
}

/// Returns the headers that describe the body. All other headers stay here.
fn kept(headers: &HeaderMap) -> Result<HeaderMap, RelayRefusal> {
    const TYPES: [&str; 2] = ["application/x-protobuf", "application/json"];
    let kind = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let essence = kind.split(';').next().unwrap_or_default().trim();
    let kind = TYPES.into_iter().find(|known| known.eq_ignore_ascii_case(essence));
    let kind =
        kind.ok_or((StatusCode::UNSUPPORTED_MEDIA_TYPE, "OTLP is application/x-protobuf or application/json"))?;
    let mut kept = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(kind))]);
    if let Some(encoding) = headers.get(CONTENT_ENCODING) {
        kept.insert(CONTENT_ENCODING, encoding.clone());
    }
    Ok(kept)
}
