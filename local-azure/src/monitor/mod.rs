//! The part of Azure Monitor that receives OpenTelemetry data: OTLP over HTTP to data collection rules, with a token.
//!
//! A request passes these checks in order, and the first refusal ends it: path, method, token, rule, role, size,
//! message. Received data is kept in memory for [`Telemetry`]'s readers. As in Azure, there is no receiver without a
//! token.

mod ask;
mod body;
mod otlp;
mod read;
mod received;
mod refusal;
mod signal;
mod telemetry;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use prost::Message;

use self::{
    ask::{HostKind, MonitorRequest},
    body::Format,
    refusal::MonitorRefusal,
    signal::Signal,
};
pub use self::{
    received::{
        Attributes, LogLevel, MetricValue, ReceivedLog, ReceivedMetric, ReceivedSpan, SpanEvent, SpanId, SpanKind,
        SpanStatus,
    },
    telemetry::{DroppedTelemetry, ReceivedTrace, Telemetry},
};
use crate::{
    access_token,
    issuer::Entra,
    journal::Decision,
    rbac::{self, Operation, Target},
    seed::DataCollectionRule,
};

/// The scope is `https://monitor.azure.com/.default`, and the identity endpoint is asked with a slash at the end. It is
/// not known which of the two Azure demands in the token, so both are accepted.
const AUDIENCES: &[&str] = &["https://monitor.azure.com", "https://monitor.azure.com/"];

/// The data collection rules of a run, and the tenant whose tokens give access to them.
pub(crate) struct AzureMonitor {
    entra: Arc<Entra>,
    pub(crate) telemetry: Telemetry,
}

impl AzureMonitor {
    pub(crate) fn new(entra: Arc<Entra>) -> Self {
        Self { entra, telemetry: Telemetry::default() }
    }

    /// Lists every host name, with the service behind it. Rules may share an endpoint.
    pub(crate) fn hosts(self: &Arc<Self>) -> Vec<(String, Router)> {
        let location = &self.entra.seed.subscription.location;
        let routes = |rule: &DataCollectionRule, host| {
            let service = Service { monitor: self.clone(), endpoint: rule.endpoint.clone(), host };
            Router::new().fallback(answer).with_state(Arc::new(service))
        };
        let hosts = |rule: &DataCollectionRule| {
            [
                (rule.logs_host(location), routes(rule, HostKind::Logs)),
                (rule.metrics_host(location), routes(rule, HostKind::Metrics)),
            ]
        };
        self.entra.seed.data_collection_rules.iter().flat_map(hosts).collect()
    }
}

/// One host of an endpoint.
struct Service {
    monitor: Arc<AzureMonitor>,
    endpoint: String,
    host: HostKind,
}

async fn answer(State(service): State<Arc<Service>>, request: Request) -> Response {
    let mut decision = Decision::default();
    let mut response = match service.respond(request, &mut decision).await {
        Ok(status) => status.into_response(),
        Err(refusal) => {
            decision.reason = Some(refusal.to_string());
            refusal.into_response()
        }
    };
    response.extensions_mut().insert(decision);
    response
}

impl Service {
    async fn respond(&self, request: Request, decision: &mut Decision) -> Result<StatusCode, MonitorRefusal> {
        let (parts, body) = request.into_parts();
        let MonitorRequest { immutable_id, signal } = MonitorRequest::from_path(parts.uri.path(), self.host)?;
        if parts.method != Method::POST {
            return Err(MonitorRefusal::Method(parts.method));
        }
        self.authorize(&parts.headers, immutable_id, decision)?;
        if let Some(query) = parts.uri.query() {
            return Err(MonitorRefusal::Query(query.to_owned()));
        }
        self.take(signal, &parts.headers, body).await
    }

    fn authorize(
        &self,
        headers: &HeaderMap,
        immutable_id: &str,
        decision: &mut Decision,
    ) -> Result<(), MonitorRefusal> {
        let entra = &self.monitor.entra;
        let now = Timestamp::now();
        let verified = access_token::verify(entra, headers, AUDIENCES, now);
        decision.demanded = access_token::demands(entra, headers, AUDIENCES, now, verified.as_ref());
        let caller = verified.map_err(|refusal| {
            decision.audience = refusal.audience().map(str::to_owned);
            MonitorRefusal::Unauthorized(refusal)
        })?;
        decision.identity.clone_from(&caller.identity);
        decision.audience = Some(caller.audience);
        let is_named = |rule: &&DataCollectionRule| {
            rule.immutable_id == immutable_id && rule.endpoint.eq_ignore_ascii_case(&self.endpoint)
        };
        let rule = entra.seed.data_collection_rules.iter().find(is_named);
        let rule = rule.ok_or_else(|| MonitorRefusal::NoRule(immutable_id.to_owned()))?;
        let target = Target::DataCollectionRule { name: &rule.name };
        let (principal, operation) = (caller.principal_id, Operation::IngestTelemetry);
        let assignment = rbac::allowed(&entra.seed, principal, operation, &target);
        decision.demanded.push(rbac::demand(&entra.seed, principal, operation, &target, assignment));
        let assignment = assignment.ok_or_else(|| MonitorRefusal::NoRole(immutable_id.to_owned()))?;
        decision.allowed_by = Some(rbac::describe(assignment));
        Ok(())
    }

    async fn take(&self, signal: Signal, headers: &HeaderMap, body: Body) -> Result<StatusCode, MonitorRefusal> {
        let format = body::format(headers)?;
        if format == Format::Json && signal != Signal::Logs {
            let why = "JSON was seen to work for logs alone: application/x-protobuf is taken";
            return Err(MonitorRefusal::MediaType("application/json".to_owned(), why));
        }
        let bytes = body::read(headers, body).await?;
        let telemetry = &self.monitor.telemetry;
        match signal {
            Signal::Traces => telemetry.add_spans(read::spans(decode(bytes)?)?),
            Signal::Logs => {
                let request = match format {
                    Format::Protobuf => decode(bytes)?,
                    Format::Json => {
                        serde_json::from_slice(&bytes).map_err(|error| MonitorRefusal::Malformed(error.to_string()))?
                    }
                };
                telemetry.add_logs(read::logs(request)?);
            }
            Signal::Metrics => telemetry.add_metrics(read::metrics(decode(bytes)?)?),
        }
        // In Azure, metrics are answered 200 and the others 204, all without a body.
        Ok(if signal == Signal::Metrics { StatusCode::OK } else { StatusCode::NO_CONTENT })
    }
}

fn decode<M: Message + Default>(bytes: Bytes) -> Result<M, MonitorRefusal> {
    M::decode(bytes).map_err(|error| MonitorRefusal::Malformed(error.to_string()))
}
