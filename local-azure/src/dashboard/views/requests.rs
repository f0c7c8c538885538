//! Requests: the list, and one entry with all its details.

use std::sync::Arc;

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Dashboard, Route, Row};
use crate::{
    dashboard::waterfall::{self, SpanBar},
    journal::{
        Entry, EntryId, LARGEST_BYTES, MOST_ENTRIES, Service, TraceId,
        Verdict::{Failed, Refused},
    },
    monitor::{ReceivedSpan, SpanKind, SpanStatus, Telemetry},
};

/// The number of rows in an answer without `limit`.
const ROWS: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/requests", list), Route::read("/dashboard/api/requests/{id}", one)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    limit: Option<usize>,
}

/// Answers with the latest rows, oldest first, and the bounds of the kept entries.
async fn list(State(dashboard): State<Dashboard>, Query(Limit { limit }): Query<Limit>) -> Json<Value> {
    let kept = dashboard.world().journal.latest(limit.unwrap_or(ROWS).min(MOST_ENTRIES));
    let rows: Vec<Row<'_>> = kept.entries.iter().map(|entry| Row::from(&**entry)).collect();
    Json(json!({
        "sequence": kept.sequence,
        "kept": kept.count,
        "dropped": kept.dropped,
        "mostEntries": MOST_ENTRIES,
        "mostBytes": LARGEST_BYTES,
        "rows": rows,
    }))
}

/// Answers with one entry, all entries of its trace in the order in which they began, and the logs of the trace's
/// invocation.
async fn one(State(dashboard): State<Dashboard>, Path(id): Path<u64>) -> Response {
    let (journal, telemetry) = (&dashboard.world().journal, dashboard.world().telemetry());
    let Some(entry) = journal.entry(EntryId(id)) else {
        let message = format!("the journal has no entry {id}: it was dropped, or is of another run");
        let error = json!({ "error": { "code": "NoSuchEntry", "message": message } });
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    };
    let joined = entry.trace.is_none().then(|| joined_trace(telemetry, &entry)).flatten();
    let trace = entry.trace.or(joined);
    let mut chain = trace.map(|trace| journal.of_trace(trace)).unwrap_or_default();
    if entry.trace.is_none() {
        chain.insert(0, entry.clone());
    }
    let spans: Vec<SpanBar> = trace.iter().flat_map(|trace| telemetry.trace(*trace)).map(span_bar).collect();
    let bars = waterfall::bars(chain.iter().map(|entry| &**entry), &spans);
    let rows: Vec<Value> = chain.iter().map(|entry| whole(entry)).collect();
    let invocation = chain.iter().find(|entry| entry.invocation.is_some());
    Json(json!({
        "id": id,
        "row": Row::from(&*entry),
        "joined": joined,
        "chain": rows,
        "bars": bars,
        "spans": spans.len(),
        "refused": refusal(&chain, &entry),
        "logs": invocation.map(|invocation| logs(&dashboard, invocation)),
        "host": dashboard.host().map(|host| json!({ "url": host.url().as_str(), "keys": host.master_key().is_some() })),
    }))
    .into_response()
}

/// Returns the trace of a received span that names this invocation. The invocation had no `traceparent`, so the handler
/// began the trace.
fn joined_trace(telemetry: &Telemetry, entry: &Entry) -> Option<TraceId> {
    let id = entry.invocation.as_ref()?.id.to_string();
    let names = |span: &ReceivedSpan| {
        span.attributes.get("faas.invocation_id").is_some_and(|found| found.eq_ignore_ascii_case(&id))
    };
    telemetry.spans().into_iter().find(names).map(|span| span.trace)
}

fn span_bar(span: ReceivedSpan) -> SpanBar {
    // The name of a client's span is its method alone.
    let server = span.attributes.get("server.address").filter(|_| span.kind == SpanKind::Client);
    SpanBar {
        id: span.id.to_string(),
        parent: span.parent.map(|parent| parent.to_string()),
        title: server.map_or_else(|| span.name.clone(), |server| format!("{} {server}", span.name)),
        service: if span.service.is_empty() { span.scope } else { span.service },
        start: span.start,
        end: span.end,
        failed: span.status == SpanStatus::Error,
    }
}

fn whole(entry: &Entry) -> Value {
    json!({ "row": Row::from(entry), "entry": entry })
}

/// Returns the refusal with the service's own reason. The last service of the chain that refused counts, because after
/// it the handler gave up. If no service refused, the handler itself counts. A challenge is no refusal.
fn refusal(chain: &[Arc<Entry>], asked: &Arc<Entry>) -> Option<Value> {
    let refused = |entry: &&Arc<Entry>| matches!(entry.verdict(), Refused | Failed);
    let by_service = chain.iter().filter(refused).rfind(|entry| entry.from != Some(Service::FunctionsHost));
    // The chain is not refused if the handler recovered by itself.
    let whole = chain.iter().find(|entry| entry.from == Some(Service::FunctionsHost)).unwrap_or(asked);
    let decided = by_service.map_or(whole, |last| innermost(chain, last));
    let is_refused = refused(&whole) || refused(&asked);
    is_refused.then(|| {
        json!({
            "id": decided.id,
            "service": decided.service.to_string(),
            "kind": decided.service,
            "status": decided.status,
            "reason": decided.decision.reason,
        })
    })
}

/// Returns the entry that decided. A gateway passes on the refusal of a service behind it: then that service decided.
fn innermost<'a>(chain: &'a [Arc<Entry>], outer: &'a Arc<Entry>) -> &'a Arc<Entry> {
    if outer.decision.reason.is_some() {
        return outer;
    }
    let mut behind = chain.iter().filter(|entry| entry.parent == Some(outer.id) && entry.status >= 400);
    behind.rfind(|entry| entry.decision.reason.is_some()).unwrap_or(outer)
}

/// Returns the lines that name the invocation, lines of its time that name none, and records that the process sent.
fn logs(dashboard: &Dashboard, invocation: &Entry) -> Value {
    let id = invocation.invocation.as_ref().map(|facts| facts.id);
    let own = id.map(|id| dashboard.lines().of_invocation(id)).unwrap_or_default();
    let received = id.map(|id| dashboard.world().telemetry().logs_of_invocation(&id.to_string())).unwrap_or_default();
    let received: Vec<Value> =
        received.iter().map(|log| json!({ "at": log.time, "level": log.level, "text": log.body })).collect();
    let end = invocation.started.checked_add(invocation.duration).unwrap_or(invocation.started);
    json!({
        "own": own,
        "meanwhile": dashboard.lines().between(invocation.started, end),
        "received": received,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::Journal;

    /// Returns an entry of a service with this status and reason.
    fn entry(journal: &Journal, service: Service, status: u16, reason: Option<&str>) -> Entry {
        let mut entry = journal.begin(service, "GET", "/");
        entry.status = status;
        entry.decision.reason = reason.map(str::to_owned);
        if service == Service::Handler {
            entry.from = Some(Service::FunctionsHost);
        }
        entry
    }

    /// Returns the service, status and reason of the refusal in the JSON of the first entry.
    fn refused(chain: Vec<Entry>) -> Option<(String, u64, Option<String>)> {
        let chain: Vec<Arc<Entry>> = chain.into_iter().map(Arc::new).collect();
        let told = refusal(&chain, &chain[0])?;
        let text = |name: &str| told[name].as_str().map(str::to_owned);
        Some((text("service").unwrap(), told["status"].as_u64().unwrap(), text("reason")))
    }

    #[test]
    fn who_refused_is_the_service_and_not_the_handler_that_tells_it() {
        let journal = Journal::default();
        let handler = |status| entry(&journal, Service::Handler, status, Some("API Management refused this app"));
        let vault = |status| entry(&journal, Service::KeyVault, status, Some("no role"));
        assert_eq!(refused(vec![handler(502), vault(403)]), Some(("Key Vault".into(), 403, Some("no role".into()))));
        assert_eq!(refused(vec![vault(403)]), Some(("Key Vault".into(), 403, Some("no role".into()))));
        // A token answers a challenge, and the throttled request succeeded later. Neither is a refusal.
        let challenge = entry(&journal, Service::KeyVault, 401, Some("AKV10000"));
        assert_eq!(refused(vec![handler(200), challenge.clone(), vault(429), vault(200)]), None);
        let own = refused(vec![handler(500), challenge, vault(200)]);
        assert_eq!(own.map(|(service, ..)| service).as_deref(), Some("handler"));
    }

    #[test]
    fn a_gateway_that_passes_a_refusal_on_did_not_refuse() {
        let journal = Journal::default();
        let gateway = entry(&journal, Service::ApiManagement, 401, None);
        let mut model = entry(&journal, Service::ModelAccount, 401, Some("lacks the data action"));
        model.parent = Some(gateway.id);
        let handler = entry(&journal, Service::Handler, 502, None);
        let told = refused(vec![handler, model, gateway]).unwrap();
        assert_eq!((told.0.as_str(), told.1), ("Azure OpenAI", 401));
    }
}
