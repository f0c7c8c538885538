//! Logs: the host's lines and the handler's output.

use axum::{
    Json,
    extract::{Query, State},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Dashboard, Route};
use crate::dashboard::log::{LARGEST_LOG, MOST_LINES};

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/logs", list)]
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct After {
    after: Option<u64>,
}

async fn list(State(dashboard): State<Dashboard>, Query(After { after }): Query<After>) -> Json<Value> {
    let later = dashboard.lines().after(after.unwrap_or_default());
    Json(json!({
        "lines": later.lines,
        "last": later.last,
        "dropped": later.dropped,
        "mostLines": MOST_LINES,
        "mostBytes": LARGEST_LOG,
    }))
}
