//! Get and Set Blob Tags.

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{StatusCode, header};

use super::{
    call::BlobCall,
    error::BlobError,
    name::BlobName,
    receive,
    store::EtagChange,
    tags::{checked, xml_of},
    xml::{self, Element},
};

/// The most bytes of the document; ten tags need much less.
const BODY_LIMIT: u64 = 64 * 1024;

/// Get Blob Tags: <https://learn.microsoft.com/rest/api/storageservices/get-blob-tags>.
pub(super) fn get(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let blob = call.account.store.readable(call.container, name, &call.which()?, &call.conditions()?)?;
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", xml_of(&blob.tags));
    Ok(([(header::CONTENT_TYPE, "application/xml")], body).into_response())
}

/// Set Blob Tags. The blob's `ETag` and time do not change.
pub(super) async fn set(call: &BlobCall<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let conditions = call.conditions()?;
    let document = receive::document(call, body, BODY_LIMIT).await?;
    let tags = checked(read_document(&document)?)?;
    let (container, blob) = (call.container.to_owned(), name.0.to_owned());
    call.run(move |store| {
        store.update(&container, BlobName(&blob), &conditions, EtagChange::No, |blob, conditions| {
            conditions.check_update(blob)?;
            blob.tags = tags;
            Ok(())
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

fn read_document(document: &[u8]) -> Result<Vec<(String, String)>, BlobError> {
    let root = xml::parse(document, "Tags")?;
    let set = root.only("TagSet")?;
    let tag = |tag: &Element| Ok((tag.only("Key")?.text.clone(), tag.only("Value")?.text.clone()));
    set.all("Tag")?.map(tag).collect()
}
