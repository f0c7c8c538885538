//! The account's host for data lakes, `{account}.dfs.core.windows.net`. The account has no hierarchical namespace, so
//! every request is refused, as in Azure. Libraries read the refusal as "no hierarchical namespace"
//! (Azure/azure-sdk-for-python#22775, apache/hadoop#8410).

use std::sync::Arc;

use axum::{
    Json, Router,
    body::Body,
    extract::Request,
    response::{IntoResponse as _, Response},
};
use bytes::Bytes;
use futures_util::stream;
use http::{HeaderValue, Method, StatusCode, header};
use hyper::ext::ReasonPhrase;
use jiff::Timestamp;
use serde_json::json;
use url::form_urlencoded;
use uuid::Uuid;

use super::{answer::add_headers, authorization, error::BlobError};
use crate::{issuer::Entra, journal::Decision};

/// Refuses every request to an account's host for data lakes. A request without a valid token is refused for its token.
pub(crate) fn routes(entra: Arc<Entra>, account: &str) -> Router {
    let account = account.to_owned();
    Router::new().fallback(move |request: Request| {
        let response = answer(&entra, &account, &request);
        async { response }
    })
}

fn answer(entra: &Entra, account: &str, request: &Request) -> Response {
    let request_id = Uuid::new_v4();
    let mut decision = Decision::default();
    let (status, code, message) = match authorization::verify(entra, account, request.headers(), &mut decision) {
        Err(refusal) => {
            let (status, code) = refusal.status_and_code();
            let is_challenge = matches!(refusal, BlobError::NoAuthenticationInformation | BlobError::InvalidToken(_));
            if is_challenge {
                let mut response = refusal.into_response(request.method(), request_id, entra.seed.tenant.id);
                add_headers(request.headers(), request_id, response.headers_mut());
                decision.reason = Some(code.to_owned());
                response.extensions_mut().insert(decision);
                return response;
            }
            (status, code, refusal.to_string())
        }
        Ok(_) => no_hierarchy(request),
    };
    decision.reason = Some(format!("{code}: the account {account} has no hierarchical namespace"));
    let text = format!(
        "{message}\nThe account has no hierarchical namespace.\nRequestId:{request_id}\nTime:{:.7}",
        Timestamp::now()
    );
    let mut response = if request.method() == Method::HEAD {
        (status, Body::from_stream(stream::empty::<std::io::Result<Bytes>>())).into_response()
    } else {
        (status, Json(json!({ "error": { "code": code, "message": text } }))).into_response()
    };
    if let Ok(reason) = ReasonPhrase::try_from(message.into_bytes()) {
        response.extensions_mut().insert(reason);
    }
    let headers = response.headers_mut();
    if headers.contains_key(header::CONTENT_TYPE) {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json;charset=utf-8"));
    }
    headers.insert("x-ms-error-code", HeaderValue::from_static(code));
    add_headers(request.headers(), request_id, headers);
    headers.insert(header::SERVER, HeaderValue::from_static("Windows-Azure-HDFS/1.0 Microsoft-HTTPAPI/2.0"));
    response.extensions_mut().insert(decision);
    response
}

/// Returns the refusal for an account without a hierarchy. Access control lists exist only in hierarchies; for all
/// other requests, the endpoint is closed to such an account.
fn no_hierarchy(request: &Request) -> (StatusCode, &'static str, String) {
    let query = request.uri().query().unwrap_or_default();
    let is_access_control = form_urlencoded::parse(query.as_bytes())
        .any(|(name, value)| name == "action" && value.to_ascii_lowercase().contains("accesscontrol"));
    if is_access_control {
        let message = "This operation is only supported on a hierarchical namespace account.";
        return (StatusCode::BAD_REQUEST, "OperationNotSupportedOnFlatNamespaceAccount", message.to_owned());
    }
    let message = "This endpoint does not support BlobStorageEvents or SoftDelete. Please disable these account features \
        if you would like to use this endpoint.";
    (StatusCode::CONFLICT, "EndpointUnsupportedAccountFeatures", message.to_owned())
}
