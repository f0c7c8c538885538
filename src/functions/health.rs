//! Says that the process lives; calls nothing.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    routing::{MethodFilter, any},
};
use serde::Serialize;

use super::{Function, Trigger};
use crate::app::App;

pub(super) const FUNCTION: Function = Function {
    name: "health",
    trigger: Trigger::Http { methods: MethodFilter::GET, route: "health", run: || any(run) },
};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Health {
    status: &'static str,
    version: &'static str,
    uptime_seconds: u64,
}

async fn run(State(app): State<Arc<App>>) -> Json<Health> {
    Json(Health { status: "ok", version: env!("CARGO_PKG_VERSION"), uptime_seconds: app.uptime().as_secs() })
}
