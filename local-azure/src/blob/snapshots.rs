//! Snapshots of blobs, and undeletion of soft-deleted blobs.

use axum::response::Response;
use http::StatusCode;

use super::{
    answer::{self, insert},
    call::BlobCall,
    error::BlobError,
    name::BlobName,
    store::Which,
};

impl BlobCall<'_> {
    /// Returns the state of a blob that the request's `snapshot` or `versionid` names.
    pub(super) fn which(&self) -> Result<Which, BlobError> {
        match (self.query.get("snapshot"), self.query.get("versionid")) {
            (None, None) => Ok(Which::Current),
            (Some(id), None) => {
                is_id(id).then(|| Which::Snapshot(id.to_owned())).ok_or_else(|| invalid("snapshot", id))
            }
            (None, Some(id)) => {
                is_id(id).then(|| Which::Version(id.to_owned())).ok_or_else(|| invalid("versionid", id))
            }
            (Some(_), Some(id)) => Err(invalid("versionid", id)),
        }
    }
}

/// Reports whether a text is an ID: both kinds of ID are times.
fn is_id(text: &str) -> bool {
    text.ends_with('Z') && text.parse::<jiff::Timestamp>().is_ok()
}

fn invalid(name: &str, value: &str) -> BlobError {
    BlobError::query_value(name, value)
}

/// Snapshot Blob: <https://learn.microsoft.com/rest/api/storageservices/snapshot-blob>.
pub(super) async fn take(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let conditions = call.conditions()?;
    let metadata = call.metadata()?;
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let snapshot = call.run(move |store| store.snapshot(&container, BlobName(&owned), &conditions, metadata)).await?;
    let mut response = answer::written(StatusCode::CREATED, &snapshot);
    let headers = response.headers_mut();
    // For a snapshot, this header tells whether its metadata was encrypted with the caller's own key.
    insert(headers, "x-ms-request-server-encrypted", "false");
    insert(headers, "x-ms-snapshot", snapshot.snapshot.as_deref().unwrap_or_default());
    Ok(response)
}

/// Undelete Blob: <https://learn.microsoft.com/rest/api/storageservices/undelete-blob>.
pub(super) async fn undelete(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    call.run(move |store| store.undelete(&container, BlobName(&owned))).await?;
    Ok(answer::empty(StatusCode::OK))
}
