//! The routes of `login.microsoftonline.com`.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::Request,
    response::{IntoResponse as _, Response},
    routing::{get, post},
};
use http::StatusCode;
use serde_json::json;

use super::{discovery, instance, token_endpoint};
use crate::{issuer::Entra, journal::Decision};

/// Returns the routes of the service at `login.microsoftonline.com`.
pub(crate) fn routes(entra: Arc<Entra>) -> Router {
    Router::new()
        .route("/common/discovery/instance", get(instance::instance))
        .route("/{tenant}/.well-known/openid-configuration", get(discovery::v1_configuration))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(discovery::v2_configuration))
        .route("/{tenant}/discovery/keys", get(discovery::v1_keys))
        .route("/{tenant}/discovery/v2.0/keys", get(discovery::v2_keys))
        .route("/{tenant}/oauth2/token", post(token_endpoint::v1))
        .route("/{tenant}/oauth2/v2.0/token", post(token_endpoint::v2))
        .method_not_allowed_fallback(unknown)
        .fallback(unknown)
        .with_state(entra)
}

async fn unknown(request: Request) -> Response {
    let (method, path) = (request.method(), request.uri().path());
    let reason = format!("local-azure does not serve {method} {path} at login.microsoftonline.com");
    let body = json!({ "error": "not_found", "error_description": reason });
    let mut response = (StatusCode::NOT_FOUND, Json(body)).into_response();
    response.extensions_mut().insert(Decision { reason: Some(reason), ..Decision::default() });
    response
}
