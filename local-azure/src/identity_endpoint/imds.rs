//! The endpoint of virtual machines (IMDS), for clients without `IDENTITY_ENDPOINT`.
//!
//! Protocol: <https://learn.microsoft.com/entra/identity/managed-identities-azure-resources/how-to-use-vm-token>.
//! Python, JavaScript, .NET and Java find it here with `AZURE_POD_IDENTITY_AUTHORITY_HOST=http://127.0.0.1:PORT`; Rust
//! and Go have no such setting. Throttling and the 410 during an update are not simulated.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
    routing::get,
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::json;
use uuid::Uuid;

use super::{
    Platform,
    query::{Dialect, IdentityId, Query},
};
use crate::{
    issuer::Entra,
    issuer::{self, TokenError},
    journal::{Decision, Demand, DemandKind},
    seed::Identity,
};

const PATH: &str = "/metadata/identity/oauth2/token";
/// Versions of the metadata service that support identities.
const API_VERSIONS: [&str; 24] = [
    "2018-02-01",
    "2018-04-02",
    "2018-10-01",
    "2019-02-01",
    "2019-03-11",
    "2019-04-30",
    "2019-06-01",
    "2019-06-04",
    "2019-08-01",
    "2019-08-15",
    "2019-11-01",
    "2020-06-01",
    "2020-07-15",
    "2020-09-01",
    "2020-10-01",
    "2020-12-01",
    "2021-01-01",
    "2021-02-01",
    "2021-03-01",
    "2021-05-01",
    "2021-10-01",
    "2021-11-01",
    "2021-12-13",
    "2023-07-01",
];
const DIALECT: Dialect = Dialect { client_id: "client_id", resource_id: "msi_res_id", principal_id: &["object_id"] };

/// Returns the endpoint's routes: `/metadata/identity/oauth2/token`, with or without a trailing slash.
///
/// The endpoint is plain HTTP without any credential, as in Azure: bind it to loopback.
pub(crate) fn imds_routes(entra: Arc<Entra>) -> Router {
    Router::new()
        .route(PATH, get(answer))
        .route(&format!("{PATH}/"), get(answer))
        .with_state(Arc::new(Platform::new(entra)))
}

/// Why a request gets no token.
#[derive(Debug, thiserror::Error)]
enum ImdsRefusal {
    #[error("Required metadata header not specified")]
    NoHeader,
    /// The text is ours.
    #[error("the request has an X-Forwarded-For header: it came through a proxy")]
    Forwarded,
    #[error("Identity not found")]
    UnknownIdentity,
    #[error(
        "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"
    )]
    Ambiguous,
    #[error("Required query variable '{0}' is missing")]
    Missing(&'static str),
    /// The text is ours.
    #[error("{0}")]
    BadQuery(String),
    /// The answer is Entra's own error object.
    #[error(transparent)]
    NoToken(#[from] TokenError),
}

impl ImdsRefusal {
    fn into_response(self, decision: Decision) -> Response {
        let (error, reason) =
            (if matches!(self, Self::NoHeader) { "bad_request_102" } else { "invalid_request" }, self.to_string());
        let (status, body) = match self {
            Self::NoToken(TokenError::Signing) => {
                (StatusCode::INTERNAL_SERVER_ERROR, json!({ "error": "unknown", "error_description": reason }))
            }
            Self::NoToken(refused) => {
                (StatusCode::BAD_REQUEST, issuer::EntraRefusal::from(refused).body(Uuid::new_v4()))
            }
            _ => (StatusCode::BAD_REQUEST, json!({ "error": error, "error_description": reason })),
        };
        let mut response = (status, Json(body)).into_response();
        response.extensions_mut().insert(Decision { reason: Some(reason), ..decision });
        response
    }
}

async fn answer(State(platform): State<Arc<Platform>>, request: Request) -> Response {
    let mut decision = Decision::default();
    let mut response = match token(&platform, &request, &mut decision) {
        Ok(mut response) => {
            response.extensions_mut().insert(decision);
            response
        }
        Err(refusal) => refusal.into_response(decision),
    };
    response.headers_mut().insert(header::SERVER, HeaderValue::from_static("IMDS/150.870.65"));
    response
}

fn token(platform: &Platform, request: &Request, decision: &mut Decision) -> Result<Response, ImdsRefusal> {
    let is_shown = shows_header(request.headers());
    decision.demanded.push(Demand::new(DemandKind::IdentityHeader, ["Metadata: true"]).met(is_shown));
    if !is_shown {
        return Err(ImdsRefusal::NoHeader);
    }
    if request.headers().contains_key("x-forwarded-for") {
        return Err(ImdsRefusal::Forwarded);
    }
    let query = Query::parse(request.uri().query().unwrap_or_default(), &DIALECT).map_err(ImdsRefusal::BadQuery)?;
    let version = query.version.ok_or(ImdsRefusal::Missing("api-version"))?;
    if !API_VERSIONS.contains(&version.as_str()) {
        return Err(ImdsRefusal::BadQuery(format!("api-version {version} is not supported")));
    }
    let resource = query.resource.ok_or(ImdsRefusal::Missing("resource"))?;
    decision.audience = Some(resource.clone());
    let identity = identity(platform, query.identity.as_ref());
    let carried = Demand::new(DemandKind::Identity, platform.carried().map(|one| one.name.as_str()));
    decision
        .demanded
        .push(carried.found(identity.as_ref().ok().map(|identity| identity.name.as_str())).met(identity.is_ok()));
    let identity = identity?;
    decision.identity = Some(identity.name.clone());
    let token = platform.token(identity, &resource)?;
    let lasts = (token.expires_on - Timestamp::now().as_second()).to_string();
    Ok(Json(json!({
        "access_token": token.jwt,
        "refresh_token": "",
        "client_id": identity.client_id,
        "expires_in": lasts,
        "ext_expires_in": lasts,
        "expires_on": token.expires_on.to_string(),
        "not_before": token.not_before.to_string(),
        "resource": resource,
        "token_type": "Bearer",
    }))
    .into_response())
}

/// Reports whether the request has the required header. A browser that is tricked into a request cannot set it.
fn shows_header(headers: &HeaderMap) -> bool {
    headers.get("metadata").is_some_and(|value| value == "true")
}

/// Returns the requested identity. Without a name, this is the system-assigned identity, or else the only user-assigned
/// one.
fn identity<'p>(platform: &'p Platform, named: Option<&IdentityId>) -> Result<&'p Identity, ImdsRefusal> {
    if let Some(id) = named {
        return platform.named(id).ok_or(ImdsRefusal::UnknownIdentity);
    }
    if let Some(identity) = platform.system_assigned() {
        return Ok(identity);
    }
    let mut user_assigned = platform.user_assigned();
    match (user_assigned.next(), user_assigned.next()) {
        (Some(only), None) => Ok(only),
        (Some(_), Some(_)) => Err(ImdsRefusal::Ambiguous),
        (None, _) => Err(ImdsRefusal::UnknownIdentity),
    }
}
