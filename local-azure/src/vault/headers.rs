//! Headers that real vaults send with every answer, as recorded in the test suites of the SDKs.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use uuid::Uuid;

pub(super) const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";

const FIXED: [(HeaderName, &str); 7] = [
    (header::CACHE_CONTROL, "no-cache"),
    (header::PRAGMA, "no-cache"),
    (header::EXPIRES, "-1"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000;includeSubDomains"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("x-ms-keyvault-service-version"), "1.9.0"),
    (HeaderName::from_static("x-ms-keyvault-network-info"), "conn_type=Ipv4;addr=127.0.0.1;act_addr_fam=InterNetwork;"),
];

pub(super) fn add(response: &mut HeaderMap, client_request_id: Option<HeaderValue>, location: &str) {
    for (name, value) in FIXED {
        response.insert(name, HeaderValue::from_static(value));
    }
    if response.contains_key(header::CONTENT_TYPE) {
        response.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8"));
    }
    if let Ok(region) = HeaderValue::from_str(location) {
        response.insert("x-ms-keyvault-region", region);
    }
    if let Ok(id) = HeaderValue::from_str(&Uuid::new_v4().to_string()) {
        response.insert(CLIENT_REQUEST_ID, client_request_id.unwrap_or_else(|| id.clone()));
        response.insert("x-ms-request-id", id);
    }
}
