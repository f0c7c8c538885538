//! Requests: the list, and one entry with everything that is known of it.

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
use crate::dashboard::waterfall;
use crate::journal::{
    Entry, EntryId, LARGEST_BYTES, MOST_ENTRIES, Service,
    Verdict::{Failed, Refused},
};

/// Rows of an answer without `limit`.
const ROWS: usize = 500;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/requests", list), Route::read("/dashboard/api/requests/{id}", one)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Limit {
    limit: Option<usize>,
}

/// The latest rows, oldest first, and the bounds of what is kept.
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

/// One entry; all entries of its trace, in the order in which they began; the logs of the trace's invocation.
async fn one(State(dashboard): State<Dashboard>, Path(id): Path<u64>) -> Response {
    let journal = &dashboard.world().journal;
    let Some(entry) = journal.entry(EntryId(id)) else {
        let message = format!("the journal has no entry {id}: it was dropped, or is of another run");
        let error = json!({ "error": { "code": "NoSuchEntry", "message": message } });
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    };
    let chain = entry.trace.map_or_else(|| vec![entry.clone()], |trace| journal.of_trace(trace));
    let bars = waterfall::bars(chain.iter().map(|entry| &**entry), &[]);
    let rows: Vec<Value> = chain.iter().map(|entry| whole(entry)).collect();
    let invocation = chain.iter().find(|entry| entry.service == Service::Handler);
    Json(json!({
        "id": id,
        "row": Row::from(&*entry),
        "chain": rows,
        "bars": bars,
        "refused": refusal(&chain, &entry),
        "logs": invocation.map(|invocation| logs(&dashboard, invocation)),
        "host": dashboard.host().map(|host| json!({ "url": host.url().as_str(), "keys": host.master_key().is_some() })),
    }))
    .into_response()
}

fn whole(entry: &Entry) -> Value {
    json!({ "row": Row::from(entry), "entry": entry })
}

/// Who refused, in its own words: the last service of the chain that did, because after it the handler gave up; the
/// handler itself where no service did. A challenge is no refusal.
fn refusal(chain: &[Arc<Entry>], asked: &Arc<Entry>) -> Option<Value> {
    let refused = |entry: &&Arc<Entry>| matches!(entry.verdict(), Refused | Failed);
    let by_service = chain.iter().filter(refused).rfind(|entry| entry.from != Some(Service::FunctionsHost));
    // What a handler mended by itself is no refusal of the whole.
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

/// A gateway passes on what a service behind it refused: then that one decided.
fn innermost<'a>(chain: &'a [Arc<Entry>], outer: &'a Arc<Entry>) -> &'a Arc<Entry> {
    if outer.decision.reason.is_some() {
        return outer;
    }
    let mut behind = chain.iter().filter(|entry| entry.parent == Some(outer.id) && entry.status >= 400);
    behind.rfind(|entry| entry.decision.reason.is_some()).unwrap_or(outer)
}

fn logs(dashboard: &Dashboard, invocation: &Entry) -> Value {
    let own = invocation.invocation.as_ref().map(|facts| dashboard.lines().of_invocation(facts.id));
    let end = invocation.started.checked_add(invocation.duration).unwrap_or(invocation.started);
    json!({ "own": own.unwrap_or_default(), "meanwhile": dashboard.lines().between(invocation.started, end) })
}
