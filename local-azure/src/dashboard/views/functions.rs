//! Functions with their triggers, and functions in error with the reason.

use axum::{Json, extract::State};
use functions_host::Function;
use serde::Serialize;

use super::{Dashboard, Route};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Functions {
    /// The host's state, as its status names it; absent if no host runs.
    state: Option<&'static str>,
    url: Option<String>,
    /// The reason why the host gave up.
    problem: Option<String>,
    functions: Vec<FunctionOnView>,
    in_error: Vec<InError>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FunctionOnView {
    name: String,
    trigger: &'static str,
    schedule: Option<String>,
    url: Option<String>,
    /// Empty if the function takes all methods.
    methods: Vec<String>,
    level: Option<String>,
    disabled: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct InError {
    name: String,
    reason: String,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/functions", list)]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Functions> {
    let host = dashboard.host();
    let in_error = host.iter().flat_map(|host| host.problems());
    Json(Functions {
        state: host.as_ref().map(|host| host.state()),
        url: host.as_ref().map(|host| host.url().to_string()),
        problem: host.as_ref().and_then(|host| host.problem()),
        functions: host.iter().flat_map(|host| host.functions()).map(FunctionOnView::from).collect(),
        in_error: in_error.map(|problem| InError { name: problem.name, reason: problem.problem }).collect(),
    })
}

impl From<Function> for FunctionOnView {
    fn from(function: Function) -> Self {
        let Function { name, trigger, schedule, invoke_url, methods, level, disabled } = function;
        Self { name, trigger, schedule, url: invoke_url, methods, level, disabled }
    }
}
