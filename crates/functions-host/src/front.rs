//! The host's HTTP side: the admin API first, then the functions, then the home page.
//!
//! Source: `FunctionInvocationMiddleware.cs` and `HostAvailabilityCheckMiddleware.cs` of `Azure/azure-functions-host`.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    extract::State,
    middleware::{Next, from_fn, from_fn_with_state},
    response::{IntoResponse as _, Response},
};
use http::{HeaderName, Request, StatusCode};

use super::{admin, cors, http_call::call_function, server::refuse_malformed, web::WebHost};

/// Tells Azure's front end that another instance is needed.
const SCALE_OUT: HeaderName = HeaderName::from_static("x-function-scaleout");

/// Routes all requests to the host.
pub(super) fn router(web: &Arc<WebHost>) -> Router {
    let answers = Router::new().nest("/admin", admin::routes(web)).fallback(call_function).with_state(Arc::clone(web));
    Router::new()
        .fallback_service(answers)
        .layer(from_fn(spell_admin_path))
        .layer(from_fn_with_state(Arc::clone(web), throttle))
        .layer(from_fn_with_state(Arc::clone(web), add_custom_headers))
        .layer(from_fn_with_state(Arc::clone(web), cors::answer))
        .layer(from_fn(refuse_malformed))
}

/// Rewrites a path of the host's own routes, which match in any letter case.
async fn spell_admin_path(mut request: Request<Body>, next: Next) -> Response {
    if let Some(spelt) = admin::spelt(request.uri().path()) {
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        if let Ok(uri) = format!("{spelt}{query}").parse() {
            *request.uri_mut() = uri;
        }
    }
    next.run(request).await
}

/// Limits requests as `extensions.http` says: requests beyond its limits wait or are refused. Requests to the admin API
/// are not counted.
async fn throttle(State(web): State<Arc<WebHost>>, request: Request<Body>, next: Next) -> Response {
    let is_admin = request.uri().path().get(..7).is_some_and(|start| start.eq_ignore_ascii_case("/admin/"));
    let Some(core) = web.core().filter(|_| !is_admin) else { return next.run(request).await };
    match core.throttle.admit().await {
        Some(admitted) => admitted.until_the_end_of(next.run(request).await),
        None => {
            web.setup
                .log
                .warning("429: extensions.http.maxOutstandingRequests requests are waiting or running already");
            (StatusCode::TOO_MANY_REQUESTS, [(SCALE_OUT, "1")]).into_response()
        }
    }
}

/// Adds the headers of `extensions.http.customHeaders` that the answer does not have.
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
