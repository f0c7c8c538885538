//! Index tags: <https://learn.microsoft.com/rest/api/storageservices/set-blob-tags>.

use std::collections::BTreeMap;

use axum::{
    body::Body,
    response::{IntoResponse as _, Response},
};
use http::{HeaderMap, StatusCode, header};
use quick_xml::escape::escape;
use url::form_urlencoded;

use super::{
    BlobName, Call,
    error::BlobError,
    receive,
    store::Shows,
    xml::{self, Element},
};

/// Most tags of a blob, and characters of a key and of a value.
const TAGS: usize = 10;
const KEY: usize = 128;
const VALUE: usize = 256;
/// Bytes of the document; ten tags fit many times.
const BODY_LIMIT: u64 = 64 * 1024;

/// Keys and values of a blob.
pub(super) type Tags = BTreeMap<String, String>;

/// Get Blob Tags: <https://learn.microsoft.com/rest/api/storageservices/get-blob-tags>.
pub(super) fn get(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let blob = call.account.store.readable(call.container, name, &call.which()?, &call.conditions()?)?;
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?>{}", xml_of(&blob.tags));
    Ok(([(header::CONTENT_TYPE, "application/xml")], body).into_response())
}

/// Set Blob Tags. The blob's `ETag` and time stay as they are.
pub(super) async fn set(call: &Call<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let conditions = call.conditions()?;
    let document = receive::document(call, body, BODY_LIMIT).await?;
    let tags = checked(read_document(&document)?)?;
    let (container, blob) = (call.container.to_owned(), name.0.to_owned());
    call.run(move |store| {
        store.update(&container, BlobName(&blob), &conditions, Shows::No, |blob, conditions| {
            conditions.check_update(blob)?;
            blob.tags = tags;
            Ok(())
        })
    })
    .await?;
    Ok(StatusCode::NO_CONTENT.into_response())
}

/// The tags that a write gives in `x-ms-tags`, as a query string.
pub(super) fn of_headers(headers: &HeaderMap) -> Result<Tags, BlobError> {
    let Some(value) = headers.get("x-ms-tags") else { return Ok(Tags::new()) };
    let pairs = form_urlencoded::parse(value.as_bytes()).into_owned();
    checked(pairs.filter(|(key, value)| !(key.is_empty() && value.is_empty())).collect())
}

/// Tags as `TagSet` in lists and `Tags` documents.
pub(super) fn xml_of(tags: &Tags) -> String {
    let mut xml = "<Tags><TagSet>".to_owned();
    for (key, value) in tags {
        xml.push_str(&format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape(key), escape(value)));
    }
    xml.push_str("</TagSet></Tags>");
    xml
}

fn read_document(document: &[u8]) -> Result<Vec<(String, String)>, BlobError> {
    let root = xml::parse(document, "Tags")?;
    let set = root.only("TagSet")?;
    let tag = |tag: &Element| Ok((tag.only("Key")?.text.clone(), tag.only("Value")?.text.clone()));
    set.all("Tag")?.map(tag).collect()
}

fn checked(pairs: Vec<(String, String)>) -> Result<Tags, BlobError> {
    let allowed = |text: &str| text.chars().all(|one| one.is_ascii_alphanumeric() || " +-./:=_".contains(one));
    let count = pairs.len();
    let too_long = |(key, value): &(String, String)| key.len() > KEY || value.len() > VALUE;
    if count > TAGS || pairs.iter().any(too_long) {
        return Err(BlobError::TagsTooLarge);
    }
    if pairs.iter().any(|(key, _)| key.is_empty()) {
        return Err(BlobError::EmptyTagName);
    }
    if let Some((key, value)) = pairs.iter().find(|(key, value)| !allowed(key) || !allowed(value)) {
        return Err(BlobError::InvalidTags { key: key.clone(), value: value.clone() });
    }
    let tags: Tags = pairs.into_iter().collect();
    if tags.len() == count { Ok(tags) } else { Err(BlobError::DuplicateTagNames) }
}
