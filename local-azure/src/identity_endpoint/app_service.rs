//! App Service's endpoint, protocol version 2019-08-01: what `IDENTITY_ENDPOINT` points at.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::json;
use uuid::Uuid;

use super::{
    Platform,
    query::{Dialect, IdentityId, Query},
};
use crate::{issuer::Entra, journal::Decision, run_secret::RunSecret, seed::Identity};

const PATH: &str = "/msi/token";
const HEADER: &str = "x-identity-header";
const API_VERSION: &str = "2019-08-01";
const LEGACY_VERSION: &str = "2017-09-01";
const DIALECT: Dialect = Dialect { resource_id: "mi_res_id", principal_id: &["principal_id", "object_id"] };

/// The endpoint. It is plain HTTP, as in Azure: bind it to loopback. `header` is the value that callers must show.
pub(crate) fn routes(entra: Arc<Entra>, header: RunSecret) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Endpoint { platform: Platform::new(entra), header }))
}

struct Endpoint {
    platform: Platform,
    header: RunSecret,
}

/// Why no token is handed out. The first three texts are Azure's; the others are ours, because Azure's are not documented.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")]
    UnknownIdentity,
    #[error("Unable to load the proper Managed Identity.")]
    NoSystemAssignedIdentity,
    // Azure spells it so, and clients compare it.
    #[error("An unexpected error occured while fetching the AAD Token.")]
    NoToken,
    #[error("the header X-IDENTITY-HEADER is missing or is not the value of IDENTITY_HEADER")]
    WrongHeader,
    #[error(
        "api-version {LEGACY_VERSION} (MSI_ENDPOINT, header secret, parameter clientid) is not supported; it is {API_VERSION}"
    )]
    Legacy,
    #[error("local-azure serves GET {PATH} here, not {0}")]
    UnknownPath(String),
    #[error("{0}")]
    BadQuery(String),
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::UnknownIdentity | Self::NoSystemAssignedIdentity | Self::Legacy | Self::BadQuery(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::NoToken => StatusCode::INTERNAL_SERVER_ERROR,
            // Azure's status for a wrong header is not documented; 403 is what a user saw.
            Self::WrongHeader => StatusCode::FORBIDDEN,
            Self::UnknownPath(_) => StatusCode::NOT_FOUND,
        }
    }

    fn into_response(self, decision: Decision) -> Response {
        let (status, message, correlation) = (self.status(), self.to_string(), Uuid::new_v4().to_string());
        let mut response = if matches!(self, Self::WrongHeader) {
            (status, message.clone()).into_response()
        } else {
            let body = json!({ "statusCode": status.as_u16(), "message": message, "correlationId": correlation });
            (status, Json(body)).into_response()
        };
        response.headers_mut().insert(header::SERVER, HeaderValue::from_static("Kestrel"));
        if let Ok(correlation) = HeaderValue::from_str(&correlation) {
            response.headers_mut().insert(HeaderName::from_static("x-correlation-id"), correlation);
        }
        response.extensions_mut().insert(Decision { reason: Some(message), ..decision });
        response
    }
}

async fn answer(State(endpoint): State<Arc<Endpoint>>, request: Request) -> Response {
    let mut decision = Decision::default();
    match endpoint.token(&request, &mut decision) {
        Ok(mut response) => {
            response.extensions_mut().insert(decision);
            response
        }
        Err(refusal) => refusal.into_response(decision),
    }
}

impl Endpoint {
    fn token(&self, request: &Request, decision: &mut Decision) -> Result<Response, Refusal> {
        let path = request.uri().path();
        if request.method() != Method::GET || !path.strip_suffix('/').unwrap_or(path).eq_ignore_ascii_case(PATH) {
            return Err(Refusal::UnknownPath(format!("{} {path}", request.method())));
        }
        let query = request.uri().query().unwrap_or_default();
        // A client of the old protocol cannot show the new one's header, so it is told first.
        if request.headers().contains_key("secret") || query.split('&').any(is_legacy) {
            return Err(Refusal::Legacy);
        }
        if !self.shows_header(request.headers()) {
            return Err(Refusal::WrongHeader);
        }
        let query = Query::parse(query, &DIALECT).map_err(Refusal::BadQuery)?;
        check_version(query.version.as_deref())?;
        let resource = query.resource.ok_or_else(|| Refusal::BadQuery("resource is missing".to_owned()))?;
        decision.audience = Some(resource.clone());
        let identity = self.identity(query.identity.as_ref())?;
        decision.identity = Some(identity.name.clone());
        let token = self.platform.token(identity, &resource).map_err(|_| Refusal::NoToken)?;
        Ok(Json(json!({
            "access_token": token.jwt,
            "client_id": identity.client_id,
            "expires_on": token.expires_on.to_string(),
            "not_before": token.not_before.to_string(),
            "resource": resource,
            "token_type": "Bearer",
        }))
        .into_response())
    }

    fn shows_header(&self, headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(HEADER).iter();
        shown.next().is_some_and(|value| self.header.is(value.as_bytes())) && shown.next().is_none()
    }

    /// The identity asked for, if the function app carries it. Without a name it is the system-assigned one,
    /// also when there is a single user-assigned identity.
    fn identity(&self, named: Option<&IdentityId>) -> Result<&Identity, Refusal> {
        match named {
            None => self.platform.system_assigned().ok_or(Refusal::NoSystemAssignedIdentity),
            Some(id) => self.platform.named(id).ok_or(Refusal::UnknownIdentity),
        }
    }
}

fn is_legacy(parameter: &str) -> bool {
    parameter.split_once('=') == Some(("api-version", LEGACY_VERSION))
}

fn check_version(version: Option<&str>) -> Result<(), Refusal> {
    match version {
        Some(API_VERSION) => Ok(()),
        Some(other) => Err(Refusal::BadQuery(format!("api-version {other} is not supported; it is {API_VERSION}"))),
        None => Err(Refusal::BadQuery(format!("api-version is missing; it is {API_VERSION}"))),
    }
}
