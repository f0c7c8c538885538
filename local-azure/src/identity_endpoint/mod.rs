//! App Service's managed-identity endpoint, protocol version 2019-08-01: what `IDENTITY_ENDPOINT` points at.
//!
//! Protocol: <https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>.
//! Azure keeps each token for about 24 hours; here every request gets a new one, so a changed seed shows at once.

use std::{borrow::Cow, sync::Arc};

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, Method, StatusCode};
use jiff::Timestamp;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use crate::{
    issuer,
    journal::Decision,
    seed::{Identity, IdentityKind},
    world::World,
};

const PATH: &str = "/msi/token";
const HEADER: &str = "x-identity-header";
const API_VERSION: &str = "2019-08-01";

/// The endpoint. It is plain HTTP, as in Azure: bind it to loopback. `header` is the value that callers must show.
pub fn routes(world: Arc<World>, header: String) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Endpoint { world, header }))
}

struct Endpoint {
    world: Arc<World>,
    header: String,
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
    #[error("local-azure serves GET {PATH} here, not {0}")]
    UnknownPath(String),
    #[error("{0}")]
    BadQuery(String),
}

impl Refusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::UnknownIdentity | Self::NoSystemAssignedIdentity | Self::BadQuery(_) => StatusCode::BAD_REQUEST,
            Self::NoToken => StatusCode::INTERNAL_SERVER_ERROR,
            // Azure's status for a wrong header is not documented; 403 is what a user saw.
            Self::WrongHeader => StatusCode::FORBIDDEN,
            Self::UnknownPath(_) => StatusCode::NOT_FOUND,
        }
    }

    fn into_response(self, decision: Decision) -> Response {
        let (status, message) = (self.status(), self.to_string());
        let mut response = if matches!(self, Self::WrongHeader) {
            (status, message.clone()).into_response()
        } else {
            let body = json!({ "statusCode": status.as_u16(), "message": message, "correlationId": Uuid::new_v4() });
            (status, Json(body)).into_response()
        };
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
        if !self.shows_header(request.headers()) {
            return Err(Refusal::WrongHeader);
        }
        let query = Query::parse(request.uri().query().unwrap_or_default())?;
        decision.audience = Some(query.resource.clone());
        let identity = self.identity(query.identity.as_ref())?;
        decision.identity = Some(identity.name.clone());
        let token =
            issuer::issue(&self.world, identity, &query.resource, Timestamp::now()).map_err(|_| Refusal::NoToken)?;
        Ok(Json(json!({
            "access_token": token.jwt,
            "client_id": identity.client_id,
            "expires_on": token.expires_on.to_string(),
            "not_before": token.not_before.to_string(),
            "resource": query.resource,
            "token_type": "Bearer",
        }))
        .into_response())
    }

    fn shows_header(&self, headers: &HeaderMap) -> bool {
        let mut shown = headers.get_all(HEADER).iter();
        shown.next().is_some_and(|value| value == self.header.as_str()) && shown.next().is_none()
    }

    /// The identity asked for, if the function app carries it. Without a name it is the system-assigned one,
    /// also when there is a single user-assigned identity.
    fn identity(&self, named: Option<&IdentityId>) -> Result<&Identity, Refusal> {
        let seed = &self.world.seed;
        let mut carried =
            seed.identities.iter().filter(|identity| seed.function_app.identities.contains(&identity.name));
        match named {
            None => carried
                .find(|identity| identity.kind == IdentityKind::SystemAssigned)
                .ok_or(Refusal::NoSystemAssignedIdentity),
            Some(id) => carried
                .find(|identity| identity.kind == IdentityKind::UserAssigned && id.is(identity, &self.world))
                .ok_or(Refusal::UnknownIdentity),
        }
    }
}

/// How a request names a user-assigned identity.
enum IdentityId {
    Client(String),
    Principal(String),
    Resource(String),
}

impl IdentityId {
    fn is(&self, identity: &Identity, world: &World) -> bool {
        match self {
            Self::Client(id) => Uuid::parse_str(id).is_ok_and(|id| id == identity.client_id),
            Self::Principal(id) => Uuid::parse_str(id).is_ok_and(|id| id == identity.principal_id),
            Self::Resource(id) => world.identity_resource_id(identity).eq_ignore_ascii_case(id),
        }
    }
}

struct Query {
    resource: String,
    identity: Option<IdentityId>,
}

impl Query {
    /// Reads a query in which values may be percent-encoded or not: some clients send the resource as it is.
    fn parse(text: &str) -> Result<Self, Refusal> {
        const ONE_NAME: &str = "one name too many: a request names one identity at most";
        let (mut resource, mut identity, mut version) = (None, None, None);
        for (name, value) in form_urlencoded::parse(text.as_bytes()).map(|(name, value)| (name, value.into_owned())) {
            let (repeated, problem) = match name.as_ref() {
                "api-version" => (version.replace(value).is_some(), "given twice"),
                "resource" => (resource.replace(value).is_some(), "given twice"),
                "client_id" => (identity.replace(IdentityId::Client(value)).is_some(), ONE_NAME),
                "object_id" | "principal_id" => (identity.replace(IdentityId::Principal(value)).is_some(), ONE_NAME),
                "mi_res_id" => (identity.replace(IdentityId::Resource(value)).is_some(), ONE_NAME),
                unknown => return Err(bad(format!("the query parameter {unknown} is not known"))),
            };
            if repeated {
                return Err(bad(format!("{name} is {problem}")));
            }
        }
        match version.as_deref() {
            Some(API_VERSION) => {}
            Some(other) => return Err(bad(format!("api-version {other} is not supported; it is {API_VERSION}"))),
            None => return Err(bad(format!("api-version is missing; it is {API_VERSION}"))),
        }
        let resource = resource.filter(|resource| !resource.is_empty());
        Ok(Self { resource: resource.ok_or_else(|| bad("resource is missing"))?, identity })
    }
}

fn bad(reason: impl Into<Cow<'static, str>>) -> Refusal {
    Refusal::BadQuery(reason.into().into_owned())
}

#[cfg(test)]
mod tests;
