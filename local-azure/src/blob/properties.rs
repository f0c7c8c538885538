//! A blob's content properties and metadata, as request and response headers.

use std::collections::BTreeMap;

use axum::response::Response;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde::{Deserialize, Serialize};

use super::error::BlobError;
use crate::header_names::HeaderNames;

/// The prefix of the names of metadata headers.
pub(super) const METADATA_PREFIX: &str = "x-ms-meta-";
/// The most bytes of metadata, names included
/// (<https://learn.microsoft.com/azure/storage/blobs/scalability-targets>).
const METADATA_LIMIT: usize = 8 * 1024;

/// Headers that set how a blob is served.
pub(super) const HEADERS: &[&str] = &[
    "x-ms-blob-content-type",
    "x-ms-blob-content-encoding",
    "x-ms-blob-content-language",
    "x-ms-blob-content-disposition",
    "x-ms-blob-cache-control",
    "x-ms-blob-content-md5",
];

/// Name and value pairs of a blob or container. Names keep their letter case.
pub(super) type Metadata = BTreeMap<String, String>;

/// Headers with which a blob is served.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct ContentProperties {
    pub(super) content_type: Option<String>,
    pub(super) content_encoding: Option<String>,
    pub(super) content_language: Option<String>,
    pub(super) content_disposition: Option<String>,
    pub(super) cache_control: Option<String>,
    /// The MD5 in base64.
    pub(super) content_md5: Option<String>,
}

impl ContentProperties {
    /// Reads the `x-ms-blob-…` headers of a write. If the body is the content, the ordinary headers count too.
    pub(super) fn read(headers: &HeaderMap, body_is_content: bool) -> Result<Self, BlobError> {
        let property = |own: &'static str, ordinary: HeaderName| -> Result<Option<String>, BlobError> {
            let ordinary = headers.get(&ordinary).filter(|_| body_is_content);
            headers.get(own).or(ordinary).map(|value| text(own, value)).transpose()
        };
        let content_md5 = headers.get("x-ms-blob-content-md5").map(|value| text("x-ms-blob-content-md5", value));
        Ok(Self {
            content_type: property("x-ms-blob-content-type", header::CONTENT_TYPE)?
                .or_else(|| Some("application/octet-stream".to_owned())),
            content_encoding: property("x-ms-blob-content-encoding", header::CONTENT_ENCODING)?,
            content_language: property("x-ms-blob-content-language", header::CONTENT_LANGUAGE)?,
            content_disposition: property("x-ms-blob-content-disposition", header::CONTENT_DISPOSITION)?,
            cache_control: property("x-ms-blob-cache-control", header::CACHE_CONTROL)?,
            content_md5: content_md5.transpose()?.map(checked_md5).transpose()?,
        })
    }

    /// Reads the properties that a request gives, without defaults for the others.
    pub(super) fn given(headers: &HeaderMap) -> Result<Self, BlobError> {
        let mut properties = Self::read(headers, false)?;
        if !headers.contains_key("x-ms-blob-content-type") {
            properties.content_type = None;
        }
        Ok(properties)
    }

    /// Returns these properties, with values from `others` where these have none.
    pub(super) fn or(self, others: Self) -> Self {
        Self {
            content_type: self.content_type.or(others.content_type),
            content_encoding: self.content_encoding.or(others.content_encoding),
            content_language: self.content_language.or(others.content_language),
            content_disposition: self.content_disposition.or(others.content_disposition),
            cache_control: self.cache_control.or(others.cache_control),
            content_md5: self.content_md5.or(others.content_md5),
        }
    }

    /// Puts the properties into the headers of an answer, except the MD5: its header depends on the bytes that are
    /// read.
    pub(super) fn write(&self, headers: &mut HeaderMap) {
        for (name, value) in [
            (header::CONTENT_TYPE, &self.content_type),
            (header::CONTENT_ENCODING, &self.content_encoding),
            (header::CONTENT_LANGUAGE, &self.content_language),
            (header::CONTENT_DISPOSITION, &self.content_disposition),
            (header::CACHE_CONTROL, &self.cache_control),
        ] {
            headers
                .extend(value.as_ref().and_then(|value| HeaderValue::from_str(value).ok()).map(|value| (name, value)));
        }
    }
}

/// Checks that a text is an MD5 in base64.
pub(super) fn checked_md5(value: String) -> Result<String, BlobError> {
    match STANDARD.decode(&value) {
        Ok(digest) if digest.len() == 16 => Ok(value),
        _ => Err(BlobError::InvalidMd5),
    }
}

/// Reads the metadata of a request. Names must be identifiers, because they become XML elements.
pub(super) fn read_metadata(headers: &HeaderMap, names: Option<&HeaderNames>) -> Result<Metadata, BlobError> {
    let mut metadata = Metadata::new();
    for (header, value) in headers {
        let header = header.as_str();
        let Some(lower_case) = header.strip_prefix(METADATA_PREFIX) else { continue };
        if lower_case.is_empty() {
            return Err(BlobError::EmptyMetadataKey);
        }
        let written = names.and_then(|names| names.written(header).get(METADATA_PREFIX.len()..));
        let name = written.unwrap_or(lower_case);
        let mut characters = name.bytes();
        let starts_well = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == b'_');
        let value = value.to_str().ok();
        match value {
            Some(value) if starts_well && characters.all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') => {
                metadata.insert(name.to_owned(), value.to_owned());
            }
            _ => return Err(BlobError::InvalidMetadata(name.to_owned())),
        }
    }
    let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > METADATA_LIMIT { Err(BlobError::MetadataTooLarge) } else { Ok(metadata) }
}

/// Puts metadata into an answer, with names as the client wrote them.
pub(super) fn write_metadata(metadata: &Metadata, response: &mut Response) {
    let names: HeaderNames = metadata.keys().map(|name| format!("{METADATA_PREFIX}{name}")).collect();
    if !names.is_empty() {
        response.extensions_mut().insert(names);
    }
    let headers = response.headers_mut();
    for (name, value) in metadata {
        let name = HeaderName::from_bytes(format!("{METADATA_PREFIX}{name}").as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value)) {
            headers.insert(name, value);
        }
    }
}

fn text(name: &'static str, value: &HeaderValue) -> Result<String, BlobError> {
    value
        .to_str()
        .map(str::to_owned)
        .map_err(|_| BlobError::InvalidHeaderValue { name: name.to_owned(), value: String::new() })
}
