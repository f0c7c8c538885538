//! The host's HTTP side: the admin API first, then the functions, then the home page.
//!
//! Source: `FunctionInvocationMiddleware.cs` and `HostAvailabilityCheckMiddleware.cs` of `Azure/azure-functions-host`.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::State,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{Html, IntoResponse as _, Response},
    routing::any,
};
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};

use super::{
    admin,
    core::Core,
    cors, forward, http_payload,
    invocation::{BY_CALL, Run},
    keys::Access,
    proxy,
    request_path::request_path,
    routes::{self, Found},
    script::HttpMode,
    server::{WholeUri, refuse_malformed},
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
        .layer(from_fn(refuse_malformed))
        .with_state(Arc::clone(web))
}

/// Finds the function of a request and runs it.
pub(super) async fn call_function(
    State(web): State<Arc<WebHost>>,
    Extension(WholeUri(uri)): Extension<WholeUri>,
    mut request: Request<Body>,
) -> Response {
    let Some(core) = web.settled_core().await else { return host_not_running() };
    // Within the nested router of the admin API the path is shorter.
    *request.uri_mut() = uri;
    let Some(path) = request_path(request.uri().path()) else { return StatusCode::BAD_REQUEST.into_response() };
    let method = known_in_upper_case(request.method());
    let Some(found) = routes::find(&core.script.functions, &method, &path) else {
        return not_found(&web, &method, &path);
    };
    if let Err(status) = admit(&web, &found, request.headers(), request.uri()) {
        return status.into_response();
    }
    let name = &found.function.name;
    let run = match found.trigger.mode {
        HttpMode::Payload => Run::begin(&core, name, BY_CALL, &Method::POST, &format!("/{name}")),
        HttpMode::Proxy | HttpMode::Forward => Run::begin(&core, name, BY_CALL, &method, request.uri().path()),
    };
    let run = run.called_by(&request);
    if let Err(failure) = run.handler_ready().await {
        run.failed(None, &failure);
        return not_running(&core);
    }
    let mut request = match core.body_limit.admit(request) {
        Ok(request) => request,
        Err(failure) => {
            run.failed(None, &failure);
            return (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONNECTION, "close")]).into_response();
        }
    };
    match found.trigger.mode {
        HttpMode::Payload => return http_payload::serve(&core, run, &found, request, &path).await,
        HttpMode::Proxy | HttpMode::Forward => *request.method_mut() = method,
    }
    match found.trigger.mode {
        HttpMode::Proxy => proxy::serve(&core, run, request, &path).await,
        HttpMode::Forward | HttpMode::Payload => forward::serve(&core, run, request, &path).await,
    }
}

/// A known method is one in any letter case.
fn known_in_upper_case(method: &Method) -> Method {
    const KNOWN: [Method; 9] = [
        Method::GET,
        Method::HEAD,
        Method::POST,
        Method::PUT,
        Method::DELETE,
        Method::OPTIONS,
        Method::PATCH,
        Method::TRACE,
        Method::CONNECT,
    ];
    let known = KNOWN.into_iter().find(|known| known.as_str().eq_ignore_ascii_case(method.as_str()));
    known.unwrap_or_else(|| method.clone())
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

/// The home page, whatever the method, or nothing.
fn not_found(web: &WebHost, method: &Method, path: &str) -> Response {
    if path != "/" {
        web.log.information(format!("404: no function has a route for {method} {path}"));
        return StatusCode::NOT_FOUND.into_response();
    }
    let disabled = web.settings.get("AzureWebJobsDisableHomepage");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
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
