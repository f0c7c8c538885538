//! The host's HTTP side: the admin API first, then the functions, then the home page.
//!
//! Every authorization level is open, as under `func start` without `--enableAuth`; keys are not checked.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    middleware::{Next, from_fn_with_state},
    response::{Html, IntoResponse as _, Response},
    routing::any,
};
use http::{Method, Request, StatusCode};

use super::{
    admin,
    core::Core,
    forward, http_payload,
    invocation::{BY_CALL, Run},
    proxy, routes,
    script::HttpMode,
};

const HOME_PAGE: &str = "<!doctype html><title>local-azure</title><p>The Functions host of local-azure is running.</p>";

/// Everything the host answers.
pub(super) fn router(core: Arc<Core>) -> Router {
    Router::new()
        .nest("/admin", admin::routes())
        .route("/runtime/webhooks/{*path}", any(|| async { StatusCode::NOT_FOUND }))
        .fallback(call_function)
        .layer(from_fn_with_state(Arc::clone(&core), add_custom_headers))
        .with_state(core)
}

async fn call_function(State(core): State<Arc<Core>>, request: Request<Body>) -> Response {
    let Some(found) = routes::find(&core.script.functions, request.method(), request.uri().path()) else {
        return not_found(&core, &request);
    };
    let name = &found.function.name;
    let path = match found.trigger.mode {
        HttpMode::Payload => format!("/{name}"),
        HttpMode::Proxy | HttpMode::Forward => request.uri().path().to_owned(),
    };
    let method = if found.trigger.mode == HttpMode::Payload { &Method::POST } else { request.method() };
    let run = Run::begin(&core, name, BY_CALL, method, &path);
    if let Err(failure) = run.handler_ready().await {
        run.failed(None, &failure);
        return not_running(&core);
    }
    match found.trigger.mode {
        HttpMode::Proxy => proxy::serve(&core, run, request).await,
        HttpMode::Forward => forward::serve(&core, run, request).await,
        HttpMode::Payload => http_payload::serve(&core, run, &found, request).await,
    }
}

fn not_running(core: &Core) -> Response {
    match core.handler.gave_up() {
        Some(_) => (StatusCode::SERVICE_UNAVAILABLE, "Function host is not running.").into_response(),
        None => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

fn not_found(core: &Core, request: &Request<Body>) -> Response {
    if request.uri().path() != "/" || request.method() != Method::GET {
        return StatusCode::NOT_FOUND.into_response();
    }
    if core.no_homepage { StatusCode::NO_CONTENT.into_response() } else { Html(HOME_PAGE).into_response() }
}

/// `extensions.http.customHeaders`: only where the answer has no such header.
async fn add_custom_headers(State(core): State<Arc<Core>>, request: Request<Body>, next: Next) -> Response {
    let mut response = next.run(request).await;
    for (name, value) in &core.script.host.custom_headers {
        if !response.headers().contains_key(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    response
}
