//! Reports that the process lives. It calls no service.

use functions_handler::axum::{Json, extract::State};
use serde::Serialize;

use crate::app::App;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Health {
    status: &'static str,
    version: &'static str,
    uptime_seconds: u64,
}

pub(crate) async fn run(State(app): State<App>) -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION"), uptime_seconds: app.uptime().as_secs() })
}
