//! Changing what is said about a blob, and deleting it. Its content stays as it is, except a page blob's length.

use axum::response::Response;
use http::{HeaderValue, StatusCode};

use super::{
    BlobName, Call, answer,
    block_blobs::tier,
    conditions::Conditions,
    error::BlobError,
    page_blobs::{PageChange, insert_sequence_number},
    properties::{ContentProperties, read_metadata},
    store::{Blob, Kind, Shows},
};

/// Set Blob Properties: <https://learn.microsoft.com/rest/api/storageservices/set-blob-properties>. A property that is not
/// given is cleared, unless the request changes a page blob's length or number and nothing else.
pub(super) async fn properties(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = Conditions::read(headers)?;
    let pages = PageChange::read(headers)?;
    let given = headers.keys().any(|name| super::properties::HEADERS.contains(&name.as_str()));
    let new = ContentProperties::given(headers)?;
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_update(blob)?;
        if given || !pages.is_some() {
            blob.properties = new;
        }
        pages.apply(blob)
    };
    let blob = update(call, name, conditions, Shows::Yes, work).await?;
    let mut response = answer::changed(StatusCode::OK, &blob.etag, blob.last_modified);
    insert_sequence_number(&blob, response.headers_mut());
    Ok(response)
}

/// Set Blob Metadata: <https://learn.microsoft.com/rest/api/storageservices/set-blob-metadata>.
pub(super) async fn metadata(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = Conditions::read(headers)?;
    let metadata = read_metadata(headers)?;
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_update(blob)?;
        blob.metadata = metadata;
        Ok(())
    };
    Ok(answer::written(StatusCode::OK, &*update(call, name, conditions, Shows::Yes, work).await?))
}

/// Set Blob Tier: <https://learn.microsoft.com/rest/api/storageservices/set-blob-tier>.
pub(super) async fn set_tier(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = Conditions::read(headers)?;
    let tier = tier(headers)?.ok_or(BlobError::MissingRequiredHeader("x-ms-access-tier"))?;
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_lease(blob)?;
        if blob.kind != Kind::Block {
            return Err(BlobError::AccessTierNotSupportedForBlobType);
        }
        blob.tier = Some(tier);
        Ok(())
    };
    update(call, name, conditions, Shows::No, work).await?;
    Ok(answer::empty(StatusCode::OK))
}

/// Delete Blob: <https://learn.microsoft.com/rest/api/storageservices/delete-blob>. There are no snapshots to delete with it.
pub(super) async fn delete(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    if let Some(value) = headers.get("x-ms-delete-snapshots").filter(|value| *value != "include") {
        return Err(answer::invalid("x-ms-delete-snapshots", value));
    }
    let conditions = Conditions::read(headers)?;
    let (container, blob) = (call.container.to_owned(), name.0.to_owned());
    call.run(move |store| store.delete(&container, BlobName(&blob), &conditions)).await?;
    let mut response = answer::empty(StatusCode::ACCEPTED);
    response.headers_mut().insert("x-ms-delete-type-permanent", HeaderValue::from_static("true"));
    Ok(response)
}

async fn update(
    call: &Call<'_>,
    name: BlobName<'_>,
    conditions: Conditions,
    shows: Shows,
    change: impl FnOnce(&mut Blob, &Conditions) -> Result<(), BlobError> + Send + 'static,
) -> Result<std::sync::Arc<Blob>, BlobError> {
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let (blob, ()) =
        call.run(move |store| store.update(&container, BlobName(&owned), &conditions, shows, change)).await?;
    Ok(blob)
}
