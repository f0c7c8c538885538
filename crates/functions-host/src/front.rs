//! The host's HTTP side: the admin API first, then the functions, then the home page.
//!
//! Source: `FunctionInvocationMiddleware.cs` and `HostAvailabilityCheckMiddleware.cs` of `Azure/azure-functions-host`.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse as _, Response},
    routing::any,
};
use http::{HeaderMap, Method, Request, StatusCode, Uri};

use super::{
    admin,
    core::Core,
    cors, forward, http_payload,
    invocation::{BY_CALL, Run},
    keys::Access,
    proxy,
    routes::{self, Found},
    script::HttpMode,
    web::WebHost,
};

const HOME_PAGE: &str = "<!doctype html><title>Functions host</title><p>The Functions host is running.</p>";

/// Everything the host answers.
pub(super) fn router(web: &Arc<WebHost>) -> Router {
    Router::new()
        .nest("/admin", admin::routes(web))
        .route("/runtime/webhooks/{*path}", any(|| async { StatusCode::NOT_FOUND }))
        .fallback(call_function)
        .layer(from_fn_with_state(Arc::clone(web), add_custom_headers))
        .layer(from_fn_with_state(Arc::clone(web), cors::answer))
        .with_state(Arc::clone(web))
}

async fn call_function(State(web): State<Arc<WebHost>>, request: Request<Body>) -> Response {
    let Some(core) = web.settled_core().await else { return host_not_running() };
    let Some(found) = routes::find(&core.script.functions, request.method(), request.uri().path()) else {
        return not_found(&web, &request);
    };
    if let Err(status) = admit(&web, &found, request.headers(), request.uri()) {
        return status.into_response();
    }
    let name = &found.function.name;
    let path = match found.trigger.mode {
        HttpMode::Payload => format!("/{name}"),
        HttpMode::Proxy | HttpMode::Forward => request.uri().path().to_owned(),
    };
    let method = if found.trigger.mode == HttpMode::Payload { &Method::POST } else { request.method() };
    let run = Run::begin(&core, name, BY_CALL, method, &path).traced_by(request.headers());
    if let Err(failure) = run.handler_ready().await {
        run.failed(None, &failure);
        return not_running(&core);
    }
    let request = match core.body_limit.admit(request) {
        Ok(request) => request,
        Err(failure) => {
            run.failed(None, &failure);
            return StatusCode::PAYLOAD_TOO_LARGE.into_response();
        }
    };
    match found.trigger.mode {
        HttpMode::Proxy => proxy::serve(&core, run, request).await,
        HttpMode::Forward => forward::serve(&core, run, request).await,
        HttpMode::Payload => http_payload::serve(&core, run, &found, request).await,
    }
}

/// 401 without the right key; then, for a disabled function, 404 without the master key. Both with an empty body.
fn admit(web: &WebHost, found: &Found<'_>, headers: &HeaderMap, uri: &Uri) -> Result<(), StatusCode> {
    let name = &found.function.name;
    let access = web.keys.as_ref().map_or(Access::Admin, |keys| keys.access(headers, uri, Some(name)));
    let level = found.trigger.level;
    if !access.suffices(level) {
        web.log.warning(format!(
            "401 for a call of '{name}', whose authLevel is \"{level}\": send its key as x-functions-key or ?code="
        ));
        return Err(StatusCode::UNAUTHORIZED);
    }
    if found.function.disabled && access != Access::Admin {
        web.log.warning(format!("404 for a call of '{name}', which is disabled: only the master key opens it"));
        return Err(StatusCode::NOT_FOUND);
    }
    Ok(())
}

fn not_running(core: &Core) -> Response {
    match core.handler.gave_up() {
        Some(_) => host_not_running(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn host_not_running() -> Response {
    (StatusCode::SERVICE_UNAVAILABLE, "Function host is not running.").into_response()
}

fn not_found(web: &WebHost, request: &Request<Body>) -> Response {
    if request.uri().path() != "/" || request.method() != Method::GET {
        return StatusCode::NOT_FOUND.into_response();
    }
    if web.settings.is_on("AzureWebJobsDisableHomepage") {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Html(HOME_PAGE).into_response()
    }
}

/// `extensions.http.customHeaders`: only where the answer has no such header.
async fn add_custom_headers(State(web): State<Arc<WebHost>>, request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    let core = web.core();
    for (name, value) in core.iter().flat_map(|core| &core.script.host.custom_headers) {
        if !response.headers().contains_key(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
