//! Changes a blob's properties and metadata, and deletes blobs. Content does not change, except a page blob's length.

use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;

use super::{
    answer,
    block_blobs::tier,
    call::BlobCall,
    conditions::Conditions,
    error::BlobError,
    name::BlobName,
    page_blobs::{PageChange, insert_sequence_number},
    properties::ContentProperties,
    request_headers::text,
    store::{Blob, BlobKind, Deletes, EtagChange, Rehydrating, Tier, Which},
};

/// Set Blob Properties: <https://learn.microsoft.com/rest/api/storageservices/set-blob-properties>.
/// A property that is not given is cleared, unless the request changes only a page blob's length or sequence number.
pub(super) async fn properties(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    let pages = PageChange::read(headers)?;
    let given = headers.keys().any(|name| super::properties::HEADERS.contains(&name.as_str()));
    let new = ContentProperties::given(headers)?;
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_update(blob)?;
        blob.check_online()?;
        if given || !pages.is_some() {
            blob.properties = new;
        }
        pages.apply(blob)
    };
    let blob = update(call, name, conditions, EtagChange::Yes, work).await?;
    let mut response = answer::changed(StatusCode::OK, &blob.etag, blob.last_modified);
    insert_sequence_number(&blob, response.headers_mut());
    Ok(response)
}

/// Set Blob Metadata: <https://learn.microsoft.com/rest/api/storageservices/set-blob-metadata>.
pub(super) async fn metadata(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let conditions = call.conditions()?;
    let metadata = call.metadata()?;
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_update(blob)?;
        blob.check_online()?;
        blob.metadata = metadata;
        Ok(())
    };
    Ok(answer::written(StatusCode::OK, &*update(call, name, conditions, EtagChange::AsVersion, work).await?))
}

/// Set Blob Tier: <https://learn.microsoft.com/rest/api/storageservices/set-blob-tier>. A blob that leaves the archive
/// stays pending.
pub(super) async fn set_tier(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    let tier = tier(headers)?.ok_or(BlobError::MissingRequiredHeader("x-ms-access-tier"))?;
    let priority = rehydrate_priority(headers)?;
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_blob(blob)?;
        conditions.check_lease(blob)?;
        if blob.kind != BlobKind::Block {
            return Err(BlobError::AccessTierNotSupportedForBlobType);
        }
        let is_archived = blob.tier == Some(Tier::Archive);
        match (&blob.rehydrating, is_archived && tier != Tier::Archive) {
            (Some(under_way), _) if under_way.to != tier => return Err(BlobError::BlobBeingRehydrated),
            (_, true) => blob.rehydrating = Some(Rehydrating { to: tier, priority }),
            (_, false) => blob.tier = Some(tier),
        }
        blob.tier_changed = Some(Timestamp::now());
        Ok(())
    };
    let blob = update(call, name, conditions, EtagChange::No, work).await?;
    Ok(answer::empty(if blob.rehydrating.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK }))
}

/// The priority with which a blob leaves the archive.
pub(super) fn rehydrate_priority(headers: &HeaderMap) -> Result<String, BlobError> {
    const NAME: &str = "x-ms-rehydrate-priority";
    match text(headers, NAME)? {
        None => Ok("Standard".to_owned()),
        Some(known @ ("Standard" | "High")) => Ok(known.to_owned()),
        Some(other) => Err(BlobError::header_value(NAME, other)),
    }
}

/// Delete Blob: <https://learn.microsoft.com/rest/api/storageservices/delete-blob>.
pub(super) async fn delete(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    const NAME: &str = "x-ms-delete-snapshots";
    let which = call.which()?;
    let deletes = match text(&call.parts.headers, NAME)?.map(str::to_ascii_lowercase).as_deref() {
        None => Deletes::BlobAlone,
        Some("include") if which == Which::Current => Deletes::BlobAndSnapshots,
        Some("only") if which == Which::Current => Deletes::SnapshotsAlone,
        Some(other) => return Err(BlobError::header_value(NAME, other)),
    };
    let conditions = call.conditions()?;
    let (container, blob) = (call.container.to_owned(), name.0.to_owned());
    call.run(move |store| store.delete(&container, BlobName(&blob), &which, deletes, &conditions)).await?;
    let mut response = answer::empty(StatusCode::ACCEPTED);
    let is_gone = call.account.store.retention.delete_days.is_none();
    let permanent = HeaderValue::from_static(if is_gone { "true" } else { "false" });
    response.headers_mut().insert("x-ms-delete-type-permanent", permanent);
    Ok(response)
}

async fn update(
    call: &BlobCall<'_>,
    name: BlobName<'_>,
    conditions: Conditions,
    shows: EtagChange,
    change: impl FnOnce(&mut Blob, &Conditions) -> Result<(), BlobError> + Send + 'static,
) -> Result<std::sync::Arc<Blob>, BlobError> {
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let (blob, ()) =
        call.run(move |store| store.update(&container, BlobName(&owned), &conditions, shows, change)).await?;
    Ok(blob)
}
