//! The version, the last change and the host: shown beside every view.

use axum::{Json, extract::State};
use serde::Serialize;

use super::{Dashboard, Route};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RunInfo {
    version: &'static str,
    /// Number of the journal's last change.
    sequence: u64,
    /// URL of the Functions host, while one runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    host: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/about", about)]
}

async fn about(State(dashboard): State<Dashboard>) -> Json<RunInfo> {
    Json(RunInfo {
        version: env!("CARGO_PKG_VERSION"),
        sequence: dashboard.world().journal.latest(0).sequence,
        host: dashboard.host().map(|host| host.url().to_string()),
    })
}
