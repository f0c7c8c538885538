//! The admin API. It is open as under `func start`, or requires the master key.
//!
//! Source: `FunctionsController.cs` and `HostController.cs` of `Azure/azure-functions-host`. There is one extension:
//! with the request header `Prefer: wait` (RFC 7240), `POST /admin/functions/{name}` answers when the invocation has
//! ended, 200 or 500, with its outcome as JSON. Without the header it answers 202 at once, like the real host. An HTTP
//! function cannot be run by hand: like the real host, this one answers 202 and calls no handler. The log, and the
//! answer with `Prefer: wait`, name the URL to call instead.

use std::sync::Arc;

use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::{Path, State},
    middleware::{Next, from_fn_with_state},
    response::{IntoResponse as _, Response},
    routing::{any, get, post, put},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, StatusCode, header};
use loopback_server::Foreign;
use serde_json::{Value, json};

use super::json::{self as documents, Json as Document};
use super::{
    admin_host as host,
    core::Core,
    http_call::call_function,
    invocation::Invocation,
    keys::Access,
    script::{FunctionDefinition, Trigger},
    timers,
    web::WebHost,
};

const PREFER: HeaderName = HeaderName::from_static("prefer");
const PREFERENCE_APPLIED: HeaderName = HeaderName::from_static("preference-applied");
const FUNCTIONS: &str = "/admin/functions/";
/// The route that needs no key.
const PING: &str = "/host/ping";

/// Returns the host's own route for a path in any letter case, spelt as here.
pub(super) fn spelt(path: &str) -> Option<String> {
    const ROUTES: [&str; 12] = [
        "/admin/functions",
        "/admin/host/status",
        "/admin/host/ping",
        "/admin/host/drain",
        "/admin/host/drain/status",
        "/admin/host/resume",
        "/admin/host/restart",
        "/admin/host/config",
        "/admin/host/state",
        "/admin/host/processes",
        "/admin/host/synctriggers",
        "/admin/warmup",
    ];
    let path = path.trim_end_matches('/');
    if let Some(route) = ROUTES.into_iter().find(|route| route.eq_ignore_ascii_case(path)) {
        return Some(route.to_owned());
    }
    let of_a_function = path.get(..FUNCTIONS.len()).filter(|start| start.eq_ignore_ascii_case(FUNCTIONS))?;
    match path[of_a_function.len()..].split_once('/') {
        None => Some(format!("{FUNCTIONS}{}", &path[of_a_function.len()..])),
        Some((name, status)) if status.eq_ignore_ascii_case("status") => Some(format!("{FUNCTIONS}{name}/status")),
        Some(_) => None,
    }
}

pub(super) fn routes(web: &Arc<WebHost>) -> Router<Arc<WebHost>> {
    Router::new()
        .route("/functions", get(list))
        .route("/functions/{name}", get(describe).post(invoke))
        .route("/functions/{name}/status", get(function_status))
        .route("/host/status", get(host::status))
        .route(PING, get(ping).post(ping))
        .route("/host/drain", post(host::drain))
        .route("/host/drain/status", get(host::drain_status))
        .route("/host/resume", post(host::resume))
        .route("/host/restart", post(host::restart))
        .route("/host/config", get(host::config))
        .route("/host/state", put(host::set_state))
        .route("/host/processes", get(host::processes))
        .route("/host/synctriggers", post(host::sync_triggers))
        .route("/warmup", any(ping))
        // Functions may have other paths and other methods.
        .method_not_allowed_fallback(call_function)
        .route_layer(from_fn_with_state(Arc::clone(web), admit))
}

/// Requires the master key. Refuses requests that a page of another site makes a browser send, unless CORS names its
/// origin.
async fn admit(State(web): State<Arc<WebHost>>, request: Request<Body>, next: Next) -> Response {
    let is_listed = |origin: &HeaderValue| web.cors.as_ref().is_some_and(|cors| cors.names(origin));
    match Foreign::check(request.headers()) {
        Err(Foreign::Origin(_)) if request.headers().get(header::ORIGIN).is_some_and(is_listed) => {}
        Err(foreign) => {
            web.setup.log.warning(format!("403 for a call of the admin API: {foreign}"));
            return (StatusCode::FORBIDDEN, foreign.to_string()).into_response();
        }
        Ok(()) => {}
    }
    let access = web.keys.as_ref().map_or(Access::Admin, |keys| keys.access(request.headers(), request.uri(), None));
    if access != Access::Admin && request.uri().path() != PING {
        web.setup.log.warning("401 for a call of the admin API: send the master key as x-functions-key or ?code=");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    next.run(request).await
}

async fn list(State(web): State<Arc<WebHost>>) -> Response {
    match web.core() {
        Some(core) => {
            let functions = core.script.functions.iter();
            Json(functions.map(|function| description(&core, function)).collect::<Vec<_>>()).into_response()
        }
        None => StatusCode::SERVICE_UNAVAILABLE.into_response(),
    }
}

async fn describe(State(web): State<Arc<WebHost>>, Path(name): Path<String>) -> Response {
    let Some(core) = web.core() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    match core.function(&name) {
        Some(function) => Json(description(&core, function)).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn function_status(State(web): State<Arc<WebHost>>, Path(name): Path<String>) -> Response {
    let Some(core) = web.core() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let error = core.script.errors.iter().find(|error| error.name.eq_ignore_ascii_case(&name));
    match (error, core.function(&name)) {
        (Some(error), _) => Json(json!({ "errors": [error.problem] })).into_response(),
        (None, Some(_)) => Json(json!({})).into_response(),
        (None, None) => StatusCode::NOT_FOUND.into_response(),
    }
}

async fn ping() -> StatusCode {
    StatusCode::OK
}

/// Runs a function by hand. The answer is 202 in every case, also for a function that cannot be run by hand.
async fn invoke(
    State(web): State<Arc<WebHost>>,
    Path(name): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let input = match read_input(&headers, &body) {
        Ok(input) => input,
        Err(refusal) => return refusal.into_response(),
    };
    let Some(core) = web.core() else { return StatusCode::SERVICE_UNAVAILABLE.into_response() };
    let wait = prefers_to_wait(&headers);
    let Some(function) = core.function(&name) else {
        return match core.script.errors.iter().find(|error| error.name.eq_ignore_ascii_case(&name)) {
            Some(error) => {
                cannot_run(&web, wait, format!("The '{}' function is in error: {}", error.name, error.problem))
            }
            None => StatusCode::NOT_FOUND.into_response(),
        };
    };
    if let Some(url) = core.invoke_url(function) {
        return cannot_run(&web, wait, format!("this host does not run an HTTP function by hand: call {url}"));
    }
    let name = function.name.clone();
    let background = Arc::clone(&core);
    // The invocation continues if the caller hangs up.
    let invocation = tokio::spawn(async move {
        match background.function(&name).map(|function| (function, &function.trigger)) {
            Some((function, Trigger::Timer(timer))) => {
                Some(timers::invoke_by_hand(&background, function, timer, input.as_deref()).await)
            }
            _ => None,
        }
    });
    if !wait {
        return StatusCode::ACCEPTED.into_response();
    }
    match invocation.await {
        Ok(Some(invocation)) => outcome(&invocation),
        Ok(None) | Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// Accepts the call, as Azure does, and logs the reason. A caller that waits for the outcome gets the reason.
fn cannot_run(web: &WebHost, wait: bool, problem: String) -> Response {
    web.setup.log.error(&problem);
    if wait {
        (StatusCode::BAD_REQUEST, Json(json!({ "error": problem }))).into_response()
    } else {
        StatusCode::ACCEPTED.into_response()
    }
}

/// Returns the text of `input`, if there is one.
fn read_input(headers: &HeaderMap, body: &[u8]) -> Result<Option<String>, StatusCode> {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    if media_type != "application/json" && media_type != "text/json" && !media_type.ends_with("+json") {
        return Err(StatusCode::UNSUPPORTED_MEDIA_TYPE);
    }
    let text = std::str::from_utf8(body).map_err(|_| StatusCode::BAD_REQUEST)?;
    let document = documents::read_whole(text).map_err(|_| StatusCode::BAD_REQUEST)?;
    match (&document, document.get_ignoring_case("input")) {
        (Document::Object(_), None | Some(Document::Null)) => Ok(None),
        (Document::Object(_), Some(input)) => input.scalar_text().map(Some).ok_or(StatusCode::BAD_REQUEST),
        _ => Err(StatusCode::BAD_REQUEST),
    }
}

fn prefers_to_wait(headers: &HeaderMap) -> bool {
    let preferences = headers.get_all(PREFER).iter().filter_map(|value| value.to_str().ok());
    preferences.flat_map(|value| value.split(',')).any(|preference| preference.trim().eq_ignore_ascii_case("wait"))
}

fn outcome(invocation: &Invocation) -> Response {
    let (id, succeeded) = (invocation.id, invocation.succeeded());
    let (status, body) = match &invocation.error {
        None => {
            let milliseconds = u64::try_from(invocation.duration.as_millis()).unwrap_or(u64::MAX);
            (StatusCode::OK, json!({ "id": id, "succeeded": succeeded, "durationMs": milliseconds }))
        }
        Some(error) => (StatusCode::INTERNAL_SERVER_ERROR, json!({ "id": id, "succeeded": succeeded, "error": error })),
    };
    (status, [(PREFERENCE_APPLIED, HeaderValue::from_static("wait"))], Json(body)).into_response()
}

fn description(core: &Core, function: &FunctionDefinition) -> Value {
    let name = &function.name;
    json!({
        "name": name,
        "script_root_path_href": null,
        "script_href": null,
        "config_href": null,
        "test_data_href": null,
        "href": format!("{}/admin/functions/{name}", core.base_url),
        "invoke_url_template": core.invoke_url(function),
        "language": null,
        "config": function.config,
        "files": null,
        "test_data": null,
        "isDisabled": function.disabled,
        "isDirect": false,
        "isProxy": false,
    })
}
