//! The headers that answers have in common.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use uuid::Uuid;

use super::{lease::Lease, store::Blob};

/// Returns an answer without a body.
pub(super) fn empty(status: StatusCode) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = status;
    response
}

/// Returns an answer with the new `ETag` and time of a blob or container.
pub(super) fn changed(status: StatusCode, etag: &str, last_modified: Timestamp) -> Response {
    let mut response = empty(status);
    state(etag, last_modified, response.headers_mut());
    response
}

/// Returns an answer to a request that wrote a blob.
pub(super) fn written(status: StatusCode, blob: &Blob) -> Response {
    let mut response = changed(status, &blob.etag, blob.last_modified);
    encrypted(response.headers_mut());
    if let Some(version) = &blob.version {
        insert(response.headers_mut(), "x-ms-version-id", version);
    }
    response
}

/// Returns an answer with an XML document. `xml` has no XML declaration; this function adds it.
pub(super) fn document(xml: &str) -> Response {
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{xml}");
    ([(header::CONTENT_TYPE, "application/xml")], body).into_response()
}

/// Adds `ETag` and `Last-Modified`.
pub(super) fn state(etag: &str, last_modified: Timestamp, headers: &mut HeaderMap) {
    insert(headers, "etag", etag);
    insert(headers, "last-modified", &date(last_modified));
}

/// Adds the header that says the content is encrypted: Azure encrypts everything that it stores.
pub(super) fn encrypted(headers: &mut HeaderMap) {
    headers.insert("x-ms-request-server-encrypted", HeaderValue::from_static("true"));
}

/// Adds the state of a lease to an answer to a read.
pub(super) fn describe_lease(lease: &Lease, headers: &mut HeaderMap) {
    let now = Timestamp::now();
    insert(headers, "x-ms-lease-status", lease.status(now));
    insert(headers, "x-ms-lease-state", lease.state(now).name());
    if let Some(duration) = lease.duration(now) {
        insert(headers, "x-ms-lease-duration", duration);
    }
}

/// Returns a date in the format of HTTP.
pub(super) fn date(time: Timestamp) -> String {
    // Only years after 9999 have no such form.
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

/// Inserts a header whose value came from a request header or consists of digits.
pub(super) fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.extend(HeaderValue::from_str(value).ok().map(|value| (HeaderName::from_static(name), value)));
}

/// Adds the headers of every answer.
pub(super) fn add_headers(request: &HeaderMap, request_id: Uuid, response: &mut HeaderMap) {
    for echoed in ["x-ms-version", "x-ms-client-request-id"] {
        response.extend(request.get(echoed).map(|value| (HeaderName::from_static(echoed), value.clone())));
    }
    response.insert(header::SERVER, HeaderValue::from_static("Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"));
    let request_id = HeaderValue::from_str(&request_id.to_string());
    response.extend(request_id.ok().map(|id| (HeaderName::from_static("x-ms-request-id"), id)));
}
