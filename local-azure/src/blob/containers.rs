//! Containers: creating, deleting and listing them, their properties and metadata.

use axum::response::Response;
use http::{HeaderValue, StatusCode};
use jiff::Timestamp;

use super::{
    answer::{self, date, describe_lease, empty},
    call::BlobCall,
    conditions::Conditions,
    error::BlobError,
    lease::Leased,
    paging::{Page, Paging},
    properties::write_metadata,
    store::{ContainerState, EtagChange},
    xml::element,
};

/// From this version on, answers have a header for immutable storage with versions.
const IMMUTABLE_STORAGE_FROM: &str = "2020-06-12";
/// From this version on, the properties contain encryption scopes.
const ENCRYPTION_SCOPES_FROM: &str = "2019-02-02";
/// From this version on, lists of containers contain both: seen at 2020-10-02, and not at 2020-02-10.
const LISTED_FROM: &str = "2020-10-02";

/// Checks a container's name. Names are 3 to 63 lower-case letters, digits and single hyphens
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
pub(super) async fn create(call: BlobCall<'_>) -> Result<Response, BlobError> {
    let metadata = call.metadata()?;
    let name = call.container.to_owned();
    let state = call.run(move |store| store.create_container(&name, metadata)).await?;
    call.decision.wrote = Some(format!("https://{}.blob.core.windows.net/{}", call.account.name, call.container));
    Ok(answer::changed(StatusCode::CREATED, &state.etag, state.last_modified))
}

/// Get Container Properties: <https://learn.microsoft.com/rest/api/storageservices/get-container-properties>.
pub(super) fn properties(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    let state = readable(call)?;
    let mut response = described(&state);
    let headers = response.headers_mut();
    describe_lease(&state.lease, headers);
    for (name, value, from) in [
        ("x-ms-has-immutability-policy", "false", ""),
        ("x-ms-has-legal-hold", "false", ""),
        ("x-ms-default-encryption-scope", "$account-encryption-key", ENCRYPTION_SCOPES_FROM),
        ("x-ms-deny-encryption-scope-override", "false", ENCRYPTION_SCOPES_FROM),
        ("x-ms-immutable-storage-with-versioning-enabled", "false", IMMUTABLE_STORAGE_FROM),
    ] {
        if call.version() >= from {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    Ok(response)
}

/// Get Container Metadata: <https://learn.microsoft.com/rest/api/storageservices/get-container-metadata>.
pub(super) fn metadata(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    Ok(described(&readable(call)?))
}

/// Set Container Metadata: <https://learn.microsoft.com/rest/api/storageservices/set-container-metadata>.
pub(super) async fn set_metadata(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    let metadata = call.metadata()?;
    let conditions = call.conditions()?;
    let name = call.container.to_owned();
    let work = move |state: &mut ContainerState| {
        conditions.check_state(&state.etag, state.last_modified)?;
        check_named_lease(state, &conditions)?;
        state.metadata = metadata;
        Ok(())
    };
    let state = call.run(move |store| store.change_container(&name, EtagChange::Yes, work)).await?;
    Ok(answer::changed(StatusCode::OK, &state.etag, state.last_modified))
}

/// Delete Container: <https://learn.microsoft.com/rest/api/storageservices/delete-container>. Here the name is free at
/// once; Azure refuses a new container with the same name for half a minute.
pub(super) async fn delete(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    let conditions = call.conditions()?;
    let name = call.container.to_owned();
    let check = move |state: &ContainerState| {
        conditions.check_state(&state.etag, state.last_modified)?;
        let lease = state.lease.check_write(conditions.lease(), Timestamp::now());
        lease.map_err(|refusal| BlobError::from_lease_use(refusal, Leased::Container))
    };
    call.run(move |store| store.delete_container(&name, check)).await?;
    Ok(empty(StatusCode::ACCEPTED))
}

/// List Containers: <https://learn.microsoft.com/rest/api/storageservices/list-containers2>.
pub(super) fn list(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    let paging = Paging::read(call.query, &["metadata", "deleted", "system"])?;
    let mut page = Page::default();
    for (name, state) in call.account.store.containers() {
        if name >= paging.from && name.starts_with(paging.prefix) && !page.push(&paging, &name, state) {
            break;
        }
    }
    let mut xml = format!("<EnumerationResults ServiceEndpoint=\"{}\">", call.account.endpoint());
    paging.echo(&mut xml);
    xml.push_str("<Containers>");
    for (name, state) in &page.items {
        container_xml(name, state, paging.includes("metadata"), call.version(), &mut xml);
    }
    xml.push_str("</Containers>");
    page.next_marker(&mut xml);
    xml.push_str("</EnumerationResults>");
    Ok(answer::document(&xml))
}

fn container_xml(name: &str, state: &ContainerState, with_metadata: bool, version: &str, xml: &mut String) {
    xml.push_str("<Container>");
    element(xml, "Name", name);
    xml.push_str("<Properties>");
    let now = Timestamp::now();
    element(xml, "Last-Modified", &date(state.last_modified));
    element(xml, "Etag", &state.etag);
    element(xml, "LeaseStatus", state.lease.status(now));
    element(xml, "LeaseState", state.lease.state(now).name());
    if let Some(duration) = state.lease.duration(now) {
        element(xml, "LeaseDuration", duration);
    }
    for (name, value, from) in [
        ("DefaultEncryptionScope", "$account-encryption-key", LISTED_FROM),
        ("DenyEncryptionScopeOverride", "false", LISTED_FROM),
        ("HasImmutabilityPolicy", "false", ""),
        ("HasLegalHold", "false", ""),
        ("ImmutableStorageWithVersioningEnabled", "false", LISTED_FROM),
    ] {
        if version >= from {
            element(xml, name, value);
        }
    }
    xml.push_str("</Properties>");
    if with_metadata && !state.metadata.is_empty() {
        xml.push_str("<Metadata>");
        state.metadata.iter().for_each(|(name, value)| element(xml, name, value));
        xml.push_str("</Metadata>");
    }
    xml.push_str("</Container>");
}

fn readable(call: &BlobCall<'_>) -> Result<ContainerState, BlobError> {
    let conditions = call.conditions()?;
    let state = call.account.store.container(call.container)?;
    check_named_lease(&state, &conditions)?;
    Ok(state)
}

/// Checks the lease of a request: it need not name the container's lease, but it must not name another lease.
fn check_named_lease(state: &ContainerState, conditions: &Conditions) -> Result<(), BlobError> {
    let lease = state.lease.check_read(conditions.lease(), Timestamp::now());
    lease.map_err(|refusal| BlobError::from_lease_use(refusal, Leased::Container))
}

fn described(state: &ContainerState) -> Response {
    let mut response = answer::changed(StatusCode::OK, &state.etag, state.last_modified);
    write_metadata(&state.metadata, &mut response);
    response
}
