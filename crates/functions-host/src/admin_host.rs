//! The admin API of the host itself: `/admin/host/…`.
//!
//! Source: `HostController.cs`, `DrainModeStatus.cs` and `FunctionProcesses.cs` of `Azure/azure-functions-host`.

use std::sync::Arc;

use axum::{
    Json,
    extract::State,
    response::{IntoResponse as _, Response},
};
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    json,
    web::{Phase, WebHost},
};

pub(super) async fn status(State(web): State<Arc<WebHost>>) -> Json<Value> {
    let core = web.core();
    let in_error = core.iter().flat_map(|core| &core.script.errors);
    let errors: Vec<String> = in_error
        .map(|error| format!("The '{}' function is in error: {}", error.name, error.problem))
        .chain(web.problem())
        .collect();
    let mut status = json!({
        "id": "functions-host",
        "state": web.state(),
        "version": "4.1052.0.0",
        "versionDetails": "functions-host",
        "platformVersion": "",
        "instanceId": web.instance.to_string(),
        "computerName": "localhost",
        "processUptime": u64::try_from(web.started.elapsed().as_millis()).unwrap_or(u64::MAX),
        "functionAppContentEditingState": "NotAllowed",
    });
    if !errors.is_empty() {
        status["errors"] = json!(errors);
    }
    Json(status)
}

/// Stops the timers. Running invocations continue, and HTTP functions are still answered.
pub(super) async fn drain(State(web): State<Arc<WebHost>>) -> StatusCode {
    match web.core() {
        Some(core) => {
            core.draining.send_replace(true);
            StatusCode::ACCEPTED
        }
        None => StatusCode::SERVICE_UNAVAILABLE,
    }
}

pub(super) async fn drain_status(State(web): State<Arc<WebHost>>) -> Response {
    let Some(core) = web.core() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let (invocations, retries) = (core.invocations.get(), core.retries.get());
    let state = match (*core.draining.borrow(), invocations + retries) {
        (false, _) => "Disabled",
        (true, 0) => "Completed",
        (true, _) => "InProgress",
    };
    let status = json!({ "state": state, "outstandingInvocations": invocations, "outstandingRetries": retries });
    Json(status).into_response()
}

/// Starts a drained host again.
pub(super) async fn resume(State(web): State<Arc<WebHost>>) -> Response {
    let Some(core) = web.core().filter(|core| core.handler.gave_up().is_none()) else {
        return StatusCode::CONFLICT.into_response();
    };
    let draining = *core.draining.borrow();
    drop(core);
    if draining {
        web.restart().await;
    }
    Json(json!({ "state": web.state() })).into_response()
}

/// Restarts the host. The answer comes at once; its body holds the host's paths.
pub(super) async fn restart(State(web): State<Arc<WebHost>>) -> Json<Value> {
    let script_path = web.setup.root.display().to_string();
    tokio::spawn(async move { web.restart().await });
    Json(json!({ "isSelfHost": true, "scriptPath": script_path }))
}

/// Sets the host's state. The body is a JSON text: "offline" or "running".
pub(super) async fn set_state(State(web): State<Arc<WebHost>>, Json(wanted): Json<String>) -> StatusCode {
    let offline = matches!(*web.phase.borrow(), Phase::Offline);
    match (wanted.to_ascii_lowercase().as_str(), offline) {
        ("offline", true) => StatusCode::OK,
        ("offline", false) => {
            tokio::spawn(async move { web.go_offline().await });
            StatusCode::ACCEPTED
        }
        ("running", true) => {
            tokio::spawn(async move { web.restart().await });
            StatusCode::ACCEPTED
        }
        ("running", false) if web.state() == "Running" => StatusCode::OK,
        _ => StatusCode::BAD_REQUEST,
    }
}

/// Lists the host's process. The handler is not in the list.
pub(super) async fn processes() -> Json<Value> {
    Json(json!({ "processes": [{ "processId": std::process::id(), "processName": "functions-host" }] }))
}

/// Returns `host.json` as the file holds it.
pub(super) async fn config(State(web): State<Arc<WebHost>>) -> Response {
    let text = std::fs::read(web.setup.root.join("host.json")).ok();
    let document = text.and_then(|text| json::read_whole(std::str::from_utf8(&text).ok()?).ok());
    match document {
        Some(document) => Json(document.to_value()).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

/// Does nothing: there is no platform that must learn about the triggers.
pub(super) async fn sync_triggers() -> Json<Value> {
    Json(json!({ "status": "success" }))
}
