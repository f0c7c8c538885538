//! `login.microsoftonline.com`: the discovery documents and key sets of the one tenant.
//!
//! A validator must read the document of the token's own version: the issuers differ.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Path, Request, State},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use http::{HeaderValue, Method, StatusCode, Uri, header};
use jiff::Timestamp;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{AUTHORITY, v1_issuer, v2_issuer};
use crate::{journal::Decision, world::World};

/// The service at `login.microsoftonline.com`.
pub fn routes(world: Arc<World>) -> Router {
    Router::new()
        .route("/{tenant}/.well-known/openid-configuration", get(v1_configuration))
        .route("/{tenant}/v2.0/.well-known/openid-configuration", get(v2_configuration))
        .route("/{tenant}/discovery/keys", get(v1_keys))
        .route("/{tenant}/discovery/v2.0/keys", get(v2_keys))
        .route("/common/discovery/keys", get(common_keys))
        .route("/{tenant}/oauth2/token", post(no_token_endpoint))
        .route("/{tenant}/oauth2/v2.0/token", post(no_token_endpoint))
        .method_not_allowed_fallback(unknown)
        .fallback(unknown)
        .with_state(world)
}

/// What is asked for, when it is asked of the seed's tenant.
type Answer = Result<Response, UnknownTenant>;

/// The tenant that was asked for, which does not exist.
struct UnknownTenant(String);

async fn v1_configuration(State(world): State<Arc<World>>, Path(tenant): Path<String>) -> Answer {
    let tenant = known_tenant(&world, &tenant)?;
    Ok(cached(json!({
        "token_endpoint": format!("{AUTHORITY}/{tenant}/oauth2/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{AUTHORITY}/common/discovery/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "token id_token", "token"],
        "scopes_supported": ["openid"],
        "issuer": v1_issuer(tenant),
        "authorization_endpoint": format!("{AUTHORITY}/{tenant}/oauth2/authorize"),
        "end_session_endpoint": format!("{AUTHORITY}/{tenant}/oauth2/logout"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    })))
}

async fn v2_configuration(State(world): State<Arc<World>>, Path(tenant): Path<String>) -> Answer {
    let tenant = known_tenant(&world, &tenant)?;
    Ok(cached(json!({
        "token_endpoint": format!("{AUTHORITY}/{tenant}/oauth2/v2.0/token"),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": format!("{AUTHORITY}/{tenant}/discovery/v2.0/keys"),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "issuer": v2_issuer(tenant),
        "request_uri_parameter_supported": false,
        "authorization_endpoint": format!("{AUTHORITY}/{tenant}/oauth2/v2.0/authorize"),
        "end_session_endpoint": format!("{AUTHORITY}/{tenant}/oauth2/v2.0/logout"),
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    })))
}

async fn v1_keys(State(world): State<Arc<World>>, Path(tenant): Path<String>) -> Answer {
    known_tenant(&world, &tenant)?;
    Ok(cached(world.signing_keys.key_set(None)))
}

async fn v2_keys(State(world): State<Arc<World>>, Path(tenant): Path<String>) -> Answer {
    let tenant = known_tenant(&world, &tenant)?;
    Ok(cached(world.signing_keys.key_set(Some(&v2_issuer(tenant)))))
}

async fn common_keys(State(world): State<Arc<World>>) -> Response {
    cached(world.signing_keys.key_set(None))
}

async fn no_token_endpoint(uri: Uri) -> Response {
    let reason = format!(
        "local-azure does not serve the token endpoint {}; a managed identity gets its tokens from IDENTITY_ENDPOINT",
        uri.path()
    );
    refuse(StatusCode::BAD_REQUEST, json!({ "error": "invalid_request", "error_description": reason }), &reason)
}

async fn unknown(method: Method, request: Request) -> Response {
    let reason = format!("local-azure does not serve {method} {} at login.microsoftonline.com", request.uri().path());
    refuse(StatusCode::NOT_FOUND, json!({ "error": "not_found", "error_description": reason }), &reason)
}

fn known_tenant(world: &World, asked: &str) -> Result<Uuid, UnknownTenant> {
    let tenant = world.seed.tenant.id;
    let known = Uuid::parse_str(asked).is_ok_and(|asked| asked == tenant);
    if known { Ok(tenant) } else { Err(UnknownTenant(asked.to_owned())) }
}

impl IntoResponse for UnknownTenant {
    /// Entra's error object (<https://learn.microsoft.com/entra/identity-platform/reference-error-codes>).
    fn into_response(self) -> Response {
        let reason = format!(
            "AADSTS90002: Tenant '{}' not found. Check to make sure you have the correct tenant ID and are signing into the correct cloud.",
            self.0
        );
        let (trace, correlation) = (Uuid::new_v4(), Uuid::new_v4());
        let timestamp = Timestamp::now().strftime("%Y-%m-%d %H:%M:%SZ").to_string();
        let body = json!({
            "error": "invalid_request",
            "error_description":
                format!("{reason} Trace ID: {trace} Correlation ID: {correlation} Timestamp: {timestamp}"),
            "error_codes": [90002],
            "timestamp": timestamp,
            "trace_id": trace,
            "correlation_id": correlation,
            "error_uri": "https://login.microsoftonline.com/error?code=90002",
        });
        refuse(StatusCode::BAD_REQUEST, body, &reason)
    }
}

fn cached(document: Value) -> Response {
    let mut response = Json(document).into_response();
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("max-age=86400, private"));
    response
}

fn refuse(status: StatusCode, body: Value, reason: &str) -> Response {
    let mut response = (status, Json(body)).into_response();
    response.extensions_mut().insert(Decision { reason: Some(reason.to_owned()), ..Decision::default() });
    response
}
