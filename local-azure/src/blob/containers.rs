//! Containers: creating one, and its properties.

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{
    Call,
    error::BlobError,
    properties::{read_metadata, write_metadata},
    read::{date, insert},
    store::ContainerState,
    write::run,
};

/// Names are 3 to 63 lower-case letters, digits and single hyphens
/// (<https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>).
/// The special containers `$root`, `$web` and `$logs` are not served.
pub(super) fn check_name(name: &str) -> Result<(), BlobError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    if !name.bytes().all(allowed) || name.starts_with('-') || name.ends_with('-') || name.contains("--") {
        return Err(BlobError::InvalidResourceName(name.to_owned()));
    }
    if (3..=63).contains(&name.len()) { Ok(()) } else { Err(BlobError::OutOfRangeInput(name.to_owned())) }
}

/// Create Container: <https://learn.microsoft.com/rest/api/storageservices/create-container>.
pub(super) async fn create(call: Call<'_>) -> Result<Response, BlobError> {
    let metadata = read_metadata(&call.parts.headers)?;
    let name = call.container.to_owned();
    let state = run(&call, move |store| store.create_container(&name, metadata)).await?;
    call.decision.wrote = Some(format!("https://{}.blob.core.windows.net/{}", call.account.name, call.container));
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::CREATED;
    describe(&state, response.headers_mut());
    Ok(response)
}

/// Get Container Properties: <https://learn.microsoft.com/rest/api/storageservices/get-container-properties>.
pub(super) fn properties(call: &Call<'_>) -> Result<Response, BlobError> {
    let state = call.account.store.container(call.container)?;
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    describe(&state, headers);
    write_metadata(&state.metadata, headers);
    headers.insert("x-ms-lease-status", HeaderValue::from_static("unlocked"));
    headers.insert("x-ms-lease-state", HeaderValue::from_static("available"));
    headers.insert("x-ms-has-immutability-policy", HeaderValue::from_static("false"));
    headers.insert("x-ms-has-legal-hold", HeaderValue::from_static("false"));
    Ok(response)
}

fn describe(state: &ContainerState, headers: &mut HeaderMap) {
    insert(headers, "etag", &state.etag);
    insert(headers, "last-modified", &date(state.last_modified));
}
