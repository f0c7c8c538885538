//! The token endpoint in both versions: `grant_type=client_credentials`.
//!
//! Protocol: <https://learn.microsoft.com/entra/identity-platform/v2-oauth2-client-creds-grant-flow>. No other grant is
//! served; the on-behalf-of grant is refused with Entra's reason. Entra ignores unknown fields and query parameters.

use std::sync::Arc;

use axum::{
    Json,
    body::to_bytes,
    extract::{Path, Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header, request::Parts};
use jiff::Timestamp;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use super::{
    Token,
    authentication::{authenticate, basic_credentials},
    claims_request,
    discovery::TenantPath,
    form::Form,
    on_behalf_of,
    refusal::EntraRefusal,
    token::issue_to,
};
use crate::{issuer::Entra, journal::Decision};

/// The most bytes of a body: more than any form with an assertion needs.
const BODY_LIMIT: usize = 64 * 1024;
/// The end of a scope in this grant.
const DEFAULT: &str = "/.default";

/// The version of the endpoint. It decides how a request names the resource and the form of the answer, but not the
/// token.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Version {
    V1,
    V2,
}

/// `POST /{tenant}/oauth2/token`, with `resource`.
pub(super) async fn v1(state: State<Arc<Entra>>, tenant: Path<String>, request: Request) -> Response {
    answer(Version::V1, state, tenant, request).await
}

/// `POST /{tenant}/oauth2/v2.0/token`, with `scope`.
pub(super) async fn v2(state: State<Arc<Entra>>, tenant: Path<String>, request: Request) -> Response {
    answer(Version::V2, state, tenant, request).await
}

async fn answer(
    version: Version,
    State(entra): State<Arc<Entra>>,
    Path(tenant): Path<String>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let correlation = correlation(&parts);
    let mut decision = Decision::default();
    let Ok(body) = to_bytes(body, BODY_LIMIT).await else {
        return EntraRefusal::not_understood("the request body is too long").respond(correlation, decision);
    };
    match token(version, &entra, &tenant, &parts, &body, &mut decision) {
        Ok(body) => {
            let mut response = Json(body).into_response();
            let no_store = HeaderValue::from_static("no-store, no-cache");
            response.headers_mut().insert(header::CACHE_CONTROL, no_store);
            response.headers_mut().insert(header::PRAGMA, HeaderValue::from_static("no-cache"));
            response.extensions_mut().insert(decision);
            response
        }
        Err(refusal) => refusal.respond(correlation, decision),
    }
}

fn token(
    version: Version,
    entra: &Entra,
    tenant: &str,
    parts: &Parts,
    body: &[u8],
    decision: &mut Decision,
) -> Result<Value, EntraRefusal> {
    let tenant = TenantPath::find(entra, tenant)?;
    let mut form = Form::parse(&parts.headers, body)?;
    if let Some((id, secret)) = basic_credentials(&parts.headers)? {
        form.add("client_id", id)?;
        form.add("client_secret", secret)?;
    }
    let grant = form.required("grant_type")?;
    if !["client_credentials", on_behalf_of::GRANT].contains(&grant) {
        let text = format!("The app requested an unsupported grant type '{grant}'.");
        return Err(EntraRefusal::new(StatusCode::BAD_REQUEST, "unsupported_grant_type", 70_003, text));
    }
    if matches!(tenant, TenantPath::Any(_)) {
        let text =
            "No tenant-identifying information found in either the request or implied by any provided credentials.";
        return Err(EntraRefusal::invalid_request(50_059, text));
    }
    if let Some(claims) = form.get("claims") {
        claims_request::check(claims)?;
    }
    let now = Timestamp::now();
    let client = authenticate(entra, &form, now)?;
    decision.identity = Some(client.name().to_owned());
    if grant == on_behalf_of::GRANT {
        return Err(on_behalf_of::refuse(entra, client.kind, &form, now));
    }
    let resource = match version {
        Version::V1 => form.required("resource")?,
        Version::V2 => resource_of(form.required("scope")?)?,
    };
    decision.audience = Some(resource.to_owned());
    let token = issue_to(entra, &client, resource, now)?;
    Ok(success(version, &token, resource, now))
}

/// Scopes of OpenID Connect, which have no effect in this grant. MSAL for Go sends them in every request.
const RESERVED: [&str; 3] = ["openid", "offline_access", "profile"];

/// Returns the resource that a scope names: `{resource}/.default`, with no other resource beside it.
fn resource_of(scope: &str) -> Result<&str, EntraRefusal> {
    let mut scopes = scope.split(' ').filter(|scope| !scope.is_empty() && !RESERVED.contains(scope));
    let invalid = |code, text| EntraRefusal::new(StatusCode::BAD_REQUEST, "invalid_scope", code, text);
    match (scopes.next(), scopes.next()) {
        (Some(one), None) => one.strip_suffix(DEFAULT).filter(|resource| !resource.is_empty()).ok_or_else(|| {
            invalid(
                1_002_012,
                format!("The provided value for scope {one} is not valid. Client credential flows must have a scope value with {DEFAULT} suffixed to the resource identifier."),
            )
        }),
        _ => Err(invalid(70_011, format!("The provided value for the input parameter 'scope' is not valid: {scope}."))),
    }
}

/// Returns the answer: version 2 writes numbers, version 1 writes them as text.
fn success(version: Version, token: &Token, resource: &str, now: Timestamp) -> Value {
    let lasts = token.expires_on - now.as_second() - 1;
    match version {
        Version::V2 => json!({
            "token_type": "Bearer",
            "expires_in": lasts,
            "ext_expires_in": lasts,
            "access_token": token.jwt,
        }),
        Version::V1 => json!({
            "token_type": "Bearer",
            "expires_in": lasts.to_string(),
            "ext_expires_in": lasts.to_string(),
            "expires_on": token.expires_on.to_string(),
            "not_before": token.not_before.to_string(),
            "resource": resource,
            "access_token": token.jwt,
        }),
    }
}

/// Returns the client's ID of its request, from a header or, from JavaScript, from the query.
fn correlation(parts: &Parts) -> Uuid {
    let header = |headers: &HeaderMap| headers.get("client-request-id")?.to_str().ok()?.parse().ok();
    let query = || {
        form_urlencoded::parse(parts.uri.query()?.as_bytes())
            .find(|(name, _)| name == "client-request-id")
            .and_then(|(_, value)| value.parse().ok())
    };
    header(&parts.headers).or_else(query).unwrap_or_else(Uuid::new_v4)
}
