//! Index tags: <https://learn.microsoft.com/rest/api/storageservices/set-blob-tags>.

use std::collections::BTreeMap;

use http::HeaderMap;
use quick_xml::escape::escape;
use url::form_urlencoded;

use super::error::BlobError;

/// The most tags of a blob, and the most characters of a key and of a value.
const TAGS: usize = 10;
const KEY: usize = 128;
const VALUE: usize = 256;

/// Keys and values of a blob.
pub(super) type Tags = BTreeMap<String, String>;

/// Reads the tags that a write gives in `x-ms-tags`, as a query string.
pub(super) fn of_headers(headers: &HeaderMap) -> Result<Tags, BlobError> {
    let Some(value) = headers.get("x-ms-tags") else { return Ok(Tags::new()) };
    let pairs = form_urlencoded::parse(value.as_bytes()).into_owned();
    checked(pairs.filter(|(key, value)| !(key.is_empty() && value.is_empty())).collect())
}

/// Writes tags as `TagSet`, in lists and `Tags` documents.
pub(super) fn xml_of(tags: &Tags) -> String {
    let mut xml = "<Tags><TagSet>".to_owned();
    for (key, value) in tags {
        xml.push_str(&format!("<Tag><Key>{}</Key><Value>{}</Value></Tag>", escape(key), escape(value)));
    }
    xml.push_str("</TagSet></Tags>");
    xml
}

/// Checks tags as the service does.
pub(super) fn checked(pairs: Vec<(String, String)>) -> Result<Tags, BlobError> {
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
