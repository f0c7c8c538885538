//! A call of an HTTP function. It finds the function by its route, checks the key, and calls the handler in its mode.
//!
//! Source: `FunctionInvocationMiddleware.cs` of `Azure/azure-functions-host`.

use std::sync::Arc;

use axum::{
    Extension,
    body::Body,
    extract::State,
    response::{Html, IntoResponse as _, Response},
};
use http::{HeaderMap, Method, Request, StatusCode, Uri, header};

use super::{
    core::Core,
    forward, http_payload,
    keys::Access,
    proxy,
    request_path::{Target, is_reserved},
    routes::{self, MatchedRoute},
    run::{BY_CALL, Run},
    script::HttpMode,
    server::WholeUri,
    web::WebHost,
};

const HOME_PAGE: &str = "<!doctype html><title>Functions host</title><p>The Functions host is running.</p>";

/// Finds the function of a request and runs it.
pub(super) async fn call_function(
    State(web): State<Arc<WebHost>>,
    Extension(WholeUri(uri)): Extension<WholeUri>,
    mut request: Request<Body>,
) -> Response {
    let Some(core) = web.settled_core().await else { return host_not_running() };
    // The nested router of the admin API has shortened the path.
    *request.uri_mut() = uri;
    let Some(target) = Target::from_request(&request) else { return StatusCode::BAD_REQUEST.into_response() };
    let method = known_in_upper_case(request.method());
    warn_of_encoded_slash(&web, &request);
    if is_reserved(&target.path) {
        return not_for_functions(&web, &core, &method, &target.path);
    }
    let Some(found) = routes::find(&core.script.functions, &method, &target.path) else {
        return not_found(&web, &method, &target.path);
    };
    if let Err(status) = admit(&web, &found, request.headers(), request.uri()) {
        return status.into_response();
    }
    if found.trigger.mode == HttpMode::Proxy {
        return invoke(&core, &found, request, method, &target).await;
    }
    // A caller that leaves ends a proxied request, but no other request.
    drop(found);
    let invocation = tokio::spawn(async move {
        match routes::find(&core.script.functions, &method, &target.path) {
            Some(found) => invoke(&core, &found, request, method.clone(), &target).await,
            None => StatusCode::NOT_FOUND.into_response(),
        }
    });
    invocation.await.unwrap_or_else(|_| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

async fn invoke(
    core: &Arc<Core>,
    found: &MatchedRoute<'_>,
    request: Request<Body>,
    method: Method,
    target: &Target,
) -> Response {
    let name = &found.function.name;
    let to_function = format!("/{name}");
    let run = match found.trigger.mode {
        HttpMode::Payload => Run::begin(core, name, BY_CALL, &Method::POST, &to_function),
        HttpMode::ForwardToName => Run::begin(core, name, BY_CALL, &method, &to_function),
        HttpMode::Proxy | HttpMode::Forward => Run::begin(core, name, BY_CALL, &method, request.uri().path()),
    };
    let run = run.called_by(&request);
    if let Err(failure) = run.handler_ready().await {
        run.failed(None, &failure);
        return not_running(core);
    }
    let mut request = match core.body_limit.admit(request) {
        Ok(request) => request,
        Err(failure) => {
            run.failed(None, &failure);
            return (StatusCode::INTERNAL_SERVER_ERROR, [(header::CONNECTION, "close")]).into_response();
        }
    };
    if found.trigger.mode == HttpMode::Payload {
        return http_payload::serve(core, run, found, request, target).await;
    }
    *request.method_mut() = method;
    match found.trigger.mode {
        HttpMode::Proxy => proxy::serve(core, run, request, target).await,
        HttpMode::ForwardToName => {
            let target = Target { path: to_function, query: target.query.clone() };
            forward::serve(core, run, request, &target).await
        }
        HttpMode::Forward | HttpMode::Payload => forward::serve(core, run, request, target).await,
    }
}

/// Answers 404, even if a route matches (azure-functions-host#11888 of July 2026). Older hosts ran the function.
fn not_for_functions(web: &WebHost, core: &Core, method: &Method, path: &str) -> Response {
    match routes::find(&core.script.functions, method, path) {
        Some(found) => web.setup.log.error(format!(
            "404 for {method} {path}: the route of '{}' matches, but the host keeps paths below /admin and /runtime to itself \
             and gives them to no function: choose another path",
            found.function.name
        )),
        None => web.setup.log.information(format!("404: no function has a route for {method} {path}")),
    }
    StatusCode::NOT_FOUND.into_response()
}

/// Warns of an encoded slash. Such a path works here but may be 404 in Azure. A path that is split at the slash is easy
/// to overlook.
fn warn_of_encoded_slash(web: &WebHost, request: &Request<Body>) {
    if request.uri().path().to_ascii_lowercase().contains("%2f") {
        web.setup.log.warning(format!(
            "The path {} holds an encoded slash. The host keeps it encoded; Azure's front end has been seen to decode it \
             before the host, so that a parameter of one segment is 404 (azure-functions-host#9290)",
            request.uri().path()
        ));
    }
}

/// Returns a known method in upper case. It is recognised in any letter case.
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

/// Checks the key. The answer is 401 without the right key. For a disabled function it is then 404 without the master
/// key. Both have an empty body.
fn admit(web: &WebHost, found: &MatchedRoute<'_>, headers: &HeaderMap, uri: &Uri) -> Result<(), StatusCode> {
    let name = &found.function.name;
    let access = web.keys.as_ref().map_or(Access::Admin, |keys| keys.access(headers, uri, Some(name)));
    let level = found.trigger.level;
    if !access.suffices(level) {
        web.setup.log.warning(format!(
            "401 for a call of '{name}', whose authLevel is \"{level}\": send its key as x-functions-key or ?code="
        ));
        return Err(StatusCode::UNAUTHORIZED);
    }
    if found.function.disabled && access != Access::Admin {
        web.setup.log.warning(format!("404 for a call of '{name}', which is disabled: only the master key opens it"));
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

/// Answers a request that matches no route. The path `/` gets the home page for any method, or 204 if the home page is
/// disabled. Other paths get 404.
fn not_found(web: &WebHost, method: &Method, path: &str) -> Response {
    if path != "/" {
        web.setup.log.information(format!("404: no function has a route for {method} {path}"));
        return StatusCode::NOT_FOUND.into_response();
    }
    let disabled = web.setup.settings.get("AzureWebJobsDisableHomepage");
    if disabled.is_some_and(|value| value.eq_ignore_ascii_case("true")) {
        StatusCode::NO_CONTENT.into_response()
    } else {
        Html(HOME_PAGE).into_response()
    }
}
