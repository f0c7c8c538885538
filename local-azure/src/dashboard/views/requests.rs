//! Requests: the list, and one entry with everything that is known of it.

use axum::{
    Json,
    extract::{Path, Query, State},
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Dashboard, Route, Row};
use crate::journal::{EntryId, LARGEST_BYTES, MOST_ENTRIES};

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

/// One entry, and the rows of its trace.
async fn one(State(dashboard): State<Dashboard>, Path(id): Path<u64>) -> Response {
    let journal = &dashboard.world().journal;
    let Some(entry) = journal.entry(EntryId(id)) else {
        let message = format!("the journal has no entry {id}: it was dropped, or is of another run");
        let error = json!({ "error": { "code": "NoSuchEntry", "message": message } });
        return (StatusCode::NOT_FOUND, Json(error)).into_response();
    };
    let chain = entry.trace.map(|trace| journal.of_trace(trace)).unwrap_or_default();
    let chain: Vec<Row<'_>> = chain.iter().map(|entry| Row::from(&**entry)).collect();
    Json(json!({ "row": Row::from(&*entry), "entry": &*entry, "chain": chain })).into_response()
}
