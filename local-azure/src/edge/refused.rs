//! The answer for a host that the seed does not name.
//!
//! The answer comes inside the tunnel, because a client shows the body of an answer there. If CONNECT is refused, a
//! client shows at most the status, and tries again. The status 403 is final for every client, and the body has the
//! error format of the host's clients.

use axum::{
    Json, Router,
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, Request, StatusCode, header};
use hyper::ext::ReasonPhrase;
use quick_xml::escape::partial_escape;
use serde_json::json;
use uuid::Uuid;

/// The code of the error, for the bodies that have a code.
const CODE: &str = "HostNotInSeed";
/// The header that tells this refusal from one of Azure's own.
pub(super) const HEADER: &str = "x-local-azure-refused";

/// The error format that a host's clients read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    /// Blobs, queues, files: XML.
    Storage,
    /// Tables.
    Tables,
    /// OAuth's error object.
    Entra,
    /// The gateway of API Management.
    Gateway,
    /// Vaults, models, resource management, data lakes.
    ErrorObject,
    Text,
}

impl Shape {
    fn from_host(host: &str) -> Self {
        let ends = |suffixes: &[&str]| suffixes.iter().any(|suffix| host.ends_with(suffix));
        if ends(&[".table.core.windows.net"]) {
            Self::Tables
        } else if ends(&[".dfs.core.windows.net"]) {
            Self::ErrorObject
        } else if ends(&[".core.windows.net"]) {
            Self::Storage
        } else if host.starts_with("login.") || ends(&[".microsoftonline.com", ".login.microsoft.com"]) {
            Self::Entra
        } else if ends(&[".azure-api.net"]) {
            Self::Gateway
        } else if ends(&[".azure.com", ".azure.net", ".windows.net", ".microsoft.com"]) {
            Self::ErrorObject
        } else {
            Self::Text
        }
    }
}

/// Returns a service that refuses every request to `host` with `reason`.
pub(super) fn routes(host: String, reason: String) -> Router {
    Router::new().fallback(move |request: Request<Body>| {
        let response = answer(&host, &reason, request.method());
        async { response }
    })
}

fn answer(host: &str, reason: &str, method: &Method) -> Response {
    const STATUS: StatusCode = StatusCode::FORBIDDEN;
    let mut response = match Shape::from_host(host) {
        // Clients would parse the body that an answer to HEAD does not have.
        _ if method == Method::HEAD => STATUS.into_response(),
        Shape::Storage => {
            let body = format!(
                "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{CODE}</Code><Message>{}</Message></Error>",
                partial_escape(reason)
            );
            (STATUS, [(header::CONTENT_TYPE, "application/xml")], body).into_response()
        }
        Shape::Tables => {
            let message = json!({ "lang": "en-US", "value": reason });
            (STATUS, Json(json!({ "odata.error": { "code": CODE, "message": message } }))).into_response()
        }
        Shape::Entra => {
            let body = json!({
                "error": "invalid_request",
                "error_description": reason,
                "error_codes": [],
                "correlation_id": Uuid::new_v4(),
            });
            (STATUS, Json(body)).into_response()
        }
        Shape::Gateway => (STATUS, Json(json!({ "statusCode": 403, "message": reason }))).into_response(),
        Shape::ErrorObject => (STATUS, Json(json!({ "error": { "code": CODE, "message": reason } }))).into_response(),
        Shape::Text => (STATUS, format!("{reason}\n")).into_response(),
    };
    let headers = response.headers_mut();
    if host.ends_with(".core.windows.net") {
        headers.insert("x-ms-error-code", HeaderValue::from_static(CODE));
    }
    headers.extend(HeaderValue::from_str(reason).ok().map(|value| (http::HeaderName::from_static(HEADER), value)));
    // For HEAD, the phrase is all that a client can show.
    if let Ok(phrase) = ReasonPhrase::try_from(reason.as_bytes()) {
        response.extensions_mut().insert(phrase);
    }
    response
}

/// The answer to plain HTTP if an account of Blob Storage takes HTTPS alone.
pub(super) fn requires_https() -> Response {
    const CODE: &str = "AccountRequiresHttps";
    let body = format!(
        "\u{feff}<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{CODE}</Code>\
         <Message>The account being accessed does not support http.</Message></Error>"
    );
    let mut response = (StatusCode::BAD_REQUEST, [(header::CONTENT_TYPE, "application/xml")], body).into_response();
    response.headers_mut().insert("x-ms-error-code", HeaderValue::from_static(CODE));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_host_has_the_shape_that_its_clients_read() {
        for (host, shape) in [
            ("other.vault.azure.net", Shape::ErrorObject),
            ("other.blob.core.windows.net", Shape::Storage),
            ("other.queue.core.windows.net", Shape::Storage),
            ("other.table.core.windows.net", Shape::Tables),
            ("other.dfs.core.windows.net", Shape::ErrorObject),
            ("login.chinacloudapi.cn", Shape::Entra),
            ("other.azure-api.net", Shape::Gateway),
            ("other.openai.azure.com", Shape::ErrorObject),
            ("other.services.ai.azure.com", Shape::ErrorObject),
            ("management.azure.com", Shape::ErrorObject),
            ("example.com", Shape::Text),
        ] {
            assert_eq!(Shape::from_host(host), shape, "{host}");
        }
    }
}
