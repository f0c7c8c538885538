//! Tries every service with the identity that calls it. Reports the problems that an operator must correct.

use std::{error::Error as StdError, sync::Arc};

use functions_handler::axum::{
    Json,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
};
use futures_util::join;
use keyless::{Check, SecretName, settings::SettingType};
use serde::Serialize;

use crate::{app::App, error::Error};

#[derive(Serialize)]
struct Readiness {
    ready: bool,
    checks: Vec<Check>,
}

/// Answers 200 if all services accept this app, otherwise the status of the first failure. It tries the API of the
/// first source.
pub(crate) async fn run(State(app): State<App>) -> Response {
    let checks = Box::pin(check_all(&app)).await;
    let failures: Vec<_> = checks.iter().filter_map(|check| check.failure().cloned()).collect();
    let status = failures.first().map_or(StatusCode::OK, keyless::Error::status);
    let mut response = (status, Json(Readiness { ready: failures.is_empty(), checks })).into_response();
    if !failures.is_empty() {
        let error: Arc<dyn StdError + Send + Sync> = Arc::new(Error::Checks(failures));
        response.extensions_mut().insert(error);
    }
    response
}

/// Checks the vault for the subscription key, storage for the container, and the gateway for a path, all at once.
async fn check_all(app: &App) -> Vec<Check> {
    let key = app.api.key_secret().and_then(SecretName::parse);
    let vault = async {
        match key {
            Some(name) => Some(app.secrets.check(&name).await),
            None => None,
        }
    };
    let api = async {
        match app.snapshots.sources.first() {
            Some(source) => Some(app.api.check(&source.path).await),
            None => None,
        }
    };
    let (vault, storage, api) = join!(vault, app.snapshots.container.check(), api);
    [vault, Some(storage), api].into_iter().flatten().collect()
}
