//! Which secrets of the vault end soon: names and dates, never a value.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    routing::{MethodFilter, any},
};
use jiff::Timestamp;

use super::{Function, Trigger};
use crate::{app::App, error::Error, expiry::Report};

pub(super) const FUNCTION: Function = Function {
    name: "secrets",
    trigger: Trigger::Http { methods: MethodFilter::GET, route: "secrets", run: || any(run) },
};

async fn run(State(app): State<Arc<App>>) -> Result<Json<Report>, Error> {
    let secrets = app.clients().await?.secrets.dates().await?;
    Ok(Json(Report::new(secrets, Timestamp::now(), app.expiry_days())))
}
