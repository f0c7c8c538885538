//! The receiver, asked through its router. The tests write messages by hand from the field numbers of OTLP, without the
//! types that read them.

mod messages;
mod refusals;

use std::{io::Write as _, sync::Arc};

use axum::{Router, body::Body};
use http::Request;
use http_body_util::BodyExt as _;
use serde_json::Value;
use tower::ServiceExt as _;

use crate::{
    default_world::{bearer, world_where},
    journal::{Entry, Service, observe},
    seed::Seed,
    world::World,
};

const TRACES: &str = "Microsoft-OTLP-Traces/otlp/v1/traces";
const LOGS: &str = "Microsoft-OTLP-Logs/otlp/v1/logs";
const METRICS: &str = "Custom-Metrics-Otel/otlp/v1/metrics";
const MONITOR: &str = "https://monitor.azure.com";
const PROTOBUF: (&str, &str) = ("content-type", "application/x-protobuf");
const JSON: (&str, &str) = ("content-type", "application/json");

/// The rule of the default seed. `id-keyless-writer` may publish to it.
struct Rig {
    world: Arc<World>,
    logs: Router,
    metrics: Router,
}

struct MonitorAnswer {
    status: u16,
    body: Value,
    headers: http::HeaderMap,
}

impl MonitorAnswer {
    fn message(&self) -> &str {
        self.body["error"]["message"].as_str().unwrap_or_default()
    }
}

impl Rig {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Seed)) -> Self {
        let world = world_where(change);
        let mut hosts = world.monitor.hosts();
        hosts.truncate(2);
        let names: Vec<&str> = hosts.iter().map(|(host, _)| host.as_str()).collect();
        let [logs, metrics] = names[..] else { panic!("{names:?}") };
        assert_eq!(logs, "dce-keyless-a1b2.westeurope-1.ingest.monitor.azure.com");
        assert_eq!(metrics, "dce-keyless-a1b2.westeurope-1.metrics.ingest.monitor.azure.com");
        let observed = |routes: &Router| observe(routes.clone(), &world.journal, Service::AzureMonitor);
        Self { logs: observed(&hosts[0].1), metrics: observed(&hosts[1].1), world }
    }

    fn path(&self, stream: &str) -> String {
        format!("/datacollectionRules/{}/streams/{stream}", self.world.seed.data_collection_rules[0].immutable_id)
    }

    fn token(&self) -> String {
        bearer(&self.world, "id-keyless-writer", MONITOR)
    }

    async fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> MonitorAnswer {
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let service = if path.ends_with("metrics") { &self.metrics } else { &self.logs };
        let response = service.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        let body = if body.is_empty() { Value::Null } else { serde_json::from_slice(&body).unwrap() };
        MonitorAnswer { status: parts.status.as_u16(), body, headers: parts.headers }
    }

    /// Posts as the identity that may publish.
    async fn post(&self, stream: &str, more: &[(&str, &str)], body: Vec<u8>) -> MonitorAnswer {
        let token = self.token();
        let headers: Vec<_> = [("authorization", token.as_str())].into_iter().chain(more.iter().copied()).collect();
        self.send("POST", &self.path(stream), &headers, body).await
    }

    fn last_entry(&self) -> Entry {
        self.world.journal.entries().pop().unwrap()
    }
}

/// A field with a length: a text, bytes, or a message.
fn field(number: u8, value: impl AsRef<[u8]>) -> Vec<u8> {
    let value = value.as_ref();
    let mut bytes = varint(u64::from(number) << 3 | 2);
    bytes.extend(varint(value.len() as u64));
    bytes.extend(value);
    bytes
}

/// A field with a number of variable length.
fn number(field: u8, value: u64) -> Vec<u8> {
    [varint(u64::from(field) << 3), varint(value)].concat()
}

/// A field with eight bytes.
fn fixed(field: u8, value: u64) -> Vec<u8> {
    let mut bytes = varint(u64::from(field) << 3 | 1);
    bytes.extend(value.to_le_bytes());
    bytes
}

fn varint(mut value: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    while value >= 0x80 {
        bytes.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
    bytes
}

fn attribute(name: &str, value: &str) -> Vec<u8> {
    [field(1, name), field(2, field(1, value))].concat()
}

/// A request with one resource and one scope, whose members are `items` under `number`.
fn request(number: u8, items: &[Vec<u8>]) -> Vec<u8> {
    let resource = field(1, field(1, attribute("service.name", "orders")));
    let scope = field(1, field(1, "keyless"));
    let items: Vec<u8> = items.iter().flat_map(|item| field(number, item)).collect();
    field(1, [resource, field(2, [scope, items].concat())].concat())
}

fn span(trace: [u8; 16], id: u8, parent: Option<u8>, name: &str) -> Vec<u8> {
    let span_id = |last: u8| [0, 0, 0, 0, 0, 0, 0, last];
    let start = 1_800_000_000_000_000_000 + u64::from(id);
    [
        field(1, trace),
        field(2, span_id(id)),
        parent.map(|parent| field(4, span_id(parent))).unwrap_or_default(),
        field(5, name),
        number(6, 3),
        fixed(7, start),
        fixed(8, start + 1_000_000),
        field(9, attribute("http.request.method", "GET")),
    ]
    .concat()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
