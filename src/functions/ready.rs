//! Tries every service as the identity that it is called as, and says what an operator must mend.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
    routing::{MethodFilter, any},
};
use http::StatusCode;
use serde::Serialize;

use super::{Function, Trigger};
use crate::{app::App, azure::Check, error::Error};

pub(super) const FUNCTION: Function =
    Function { name: "ready", trigger: Trigger::Http { methods: MethodFilter::GET, route: "ready", run: || any(run) } };

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    checks: Vec<Check>,
}

/// 200 when all would serve us, else the status of the first failure. The API that is tried is that of the first source.
async fn run(State(app): State<Arc<App>>) -> Result<Response, Error> {
    let checks = app.clients().await?.check(&app.first_source().path).await;
    let failures: Vec<_> = checks.iter().filter_map(|check| check.failure.clone()).collect();
    let status = failures.first().map_or(StatusCode::OK, Error::status);
    let mut response = (status, Json(Readiness { ready: failures.is_empty(), checks })).into_response();
    // From here they reach the log, each once.
    if !failures.is_empty() {
        response.extensions_mut().insert(Error::Checks(failures));
    }
    Ok(response)
}
