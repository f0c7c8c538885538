//! App Service's endpoint: in the variable `IDENTITY_ENDPOINT`, and in `MSI_ENDPOINT` for clients of the older version.

use std::sync::Arc;

use axum::{
    Json, Router,
    extract::{Request, State},
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::{
    Platform,
    query::{Dialect, IdentityId, Query},
};
use crate::{
    issuer::Entra,
    journal::{Decision, Demand, DemandKind},
    run_secret::RunSecret,
    seed::Identity,
};

const PATH: &str = "/msi/token";

/// A version of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Version {
    /// 2017-09-01: it has another header, another parameter name, and a date as text in the answer.
    V2017,
    /// 2019-08-01.
    V2019,
}

const PRINCIPAL_ID: &[&str] = &["principal_id", "object_id"];

impl Version {
    const ALL: [Self; 2] = [Self::V2017, Self::V2019];

    const fn name(self) -> &'static str {
        match self {
            Self::V2017 => "2017-09-01",
            Self::V2019 => "2019-08-01",
        }
    }

    /// Returns the name of the header that holds the value of `IDENTITY_HEADER`, which is also the value of
    /// `MSI_SECRET`.
    const fn header(self) -> &'static str {
        match self {
            Self::V2017 => "secret",
            Self::V2019 => "x-identity-header",
        }
    }

    const fn dialect(self) -> Dialect {
        let client_id = match self {
            Self::V2017 => "clientid",
            Self::V2019 => "client_id",
        };
        Dialect { client_id, resource_id: "mi_res_id", principal_id: PRINCIPAL_ID }
    }

    /// Returns the version that a query asks for.
    fn from_query(query: &str) -> Result<Self, AppServiceRefusal> {
        let known = || Self::ALL.map(Self::name).join(" or ");
        let mut asked = form_urlencoded::parse(query.as_bytes()).filter(|(name, _)| name == "api-version");
        match asked.next().filter(|(_, value)| !value.is_empty()) {
            None => Err(AppServiceRefusal::BadQuery(format!("api-version is missing; it is {}", known()))),
            Some((_, value)) => Self::ALL.into_iter().find(|version| version.name() == value).ok_or_else(|| {
                AppServiceRefusal::BadQuery(format!("api-version {value} is not supported; it is {}", known()))
            }),
        }
    }
}

/// Returns the endpoint's routes. It is plain HTTP, as in Azure: bind it to loopback. `header` is the value that
/// callers must send.
pub(crate) fn routes(entra: Arc<Entra>, header: RunSecret) -> Router {
    Router::new().fallback(answer).with_state(Arc::new(Endpoint { platform: Platform::new(entra), header }))
}

struct Endpoint {
    platform: Platform,
    header: RunSecret,
}

/// Why a request gets no token. The first three texts are Azure's; the others are ours, because Azure's are not
/// documented.
#[derive(Debug, thiserror::Error)]
enum AppServiceRefusal {
    #[error("No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")]
    UnknownIdentity,
    #[error("Unable to load the proper Managed Identity.")]
    NoSystemAssignedIdentity,
    // Azure's spelling, which clients compare.
    #[error("An unexpected error occured while fetching the AAD Token.")]
    NoToken,
    #[error("the header X-IDENTITY-HEADER is missing or is not the value of IDENTITY_HEADER")]
    WrongHeader,
    #[error("the header secret is missing or is not the value of MSI_SECRET, which is that of IDENTITY_HEADER")]
    WrongSecret,
    #[error("local-azure serves GET {PATH} here, not {0}")]
    UnknownPath(String),
    #[error("{0}")]
    BadQuery(String),
}

impl AppServiceRefusal {
    const fn status(&self) -> StatusCode {
        match self {
            Self::UnknownIdentity | Self::NoSystemAssignedIdentity | Self::BadQuery(_) => StatusCode::BAD_REQUEST,
            Self::NoToken => StatusCode::INTERNAL_SERVER_ERROR,
            // Azure's status for a wrong header is not documented; a user reported 403.
            Self::WrongHeader | Self::WrongSecret => StatusCode::FORBIDDEN,
            Self::UnknownPath(_) => StatusCode::NOT_FOUND,
        }
    }

    fn into_response(self, decision: Decision) -> Response {
        let (status, message, correlation) = (self.status(), self.to_string(), Uuid::new_v4().to_string());
        let mut response = if matches!(self, Self::WrongHeader | Self::WrongSecret) {
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
    fn token(&self, request: &Request, decision: &mut Decision) -> Result<Response, AppServiceRefusal> {
        let path = request.uri().path();
        if request.method() != Method::GET || !path.strip_suffix('/').unwrap_or(path).eq_ignore_ascii_case(PATH) {
            return Err(AppServiceRefusal::UnknownPath(format!("{} {path}", request.method())));
        }
        let query = request.uri().query().unwrap_or_default();
        // Each version has its own header. A request without a known version must have the newer version's header.
        let version = Version::from_query(query);
        let known = version.as_ref().copied().unwrap_or(Version::V2019);
        let is_shown = self.shows_header(request.headers(), known);
        let (header, refusal) = match known {
            Version::V2017 => ("the value of MSI_SECRET", AppServiceRefusal::WrongSecret),
            Version::V2019 => ("the value of IDENTITY_HEADER", AppServiceRefusal::WrongHeader),
        };
        decision.demanded.push(Demand::new(DemandKind::IdentityHeader, [header]).met(is_shown));
        if !is_shown {
            return Err(refusal);
        }
        let version = version?;
        let query = Query::parse(query, &version.dialect()).map_err(AppServiceRefusal::BadQuery)?;
        let resource = query.resource.ok_or_else(|| AppServiceRefusal::BadQuery("resource is missing".to_owned()))?;
        decision.audience = Some(resource.clone());
        let identity = self.identity(query.identity.as_ref());
        let carried = Demand::new(DemandKind::Identity, self.platform.carried().map(|one| one.name.as_str()));
        decision
            .demanded
            .push(carried.found(identity.as_ref().ok().map(|identity| identity.name.as_str())).met(identity.is_ok()));
        let identity = identity?;
        decision.identity = Some(identity.name.clone());
        let token = self.platform.token(identity, &resource).map_err(|_| AppServiceRefusal::NoToken)?;
        if version == Version::V2017 {
            let expires = jiff::Timestamp::from_second(token.expires_on).unwrap_or_default();
            return Ok(Json(json!({
                "access_token": token.jwt,
                "expires_on": expires.strftime("%m/%d/%Y %H:%M:%S +00:00").to_string(),
                "resource": resource,
                "token_type": "Bearer",
            }))
            .into_response());
        }
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

    fn shows_header(&self, headers: &HeaderMap, version: Version) -> bool {
        let mut shown = headers.get_all(version.header()).iter();
        shown.next().is_some_and(|value| self.header.is(value.as_bytes())) && shown.next().is_none()
    }

    /// Returns the requested identity, if the function app has it. Without a name, this is the system-assigned
    /// identity, even if there is a single user-assigned identity.
    fn identity(&self, named: Option<&IdentityId>) -> Result<&Identity, AppServiceRefusal> {
        match named {
            None => self.platform.system_assigned().ok_or(AppServiceRefusal::NoSystemAssignedIdentity),
            Some(id) => self.platform.named(id).ok_or(AppServiceRefusal::UnknownIdentity),
        }
    }
}
