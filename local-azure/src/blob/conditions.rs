//! Conditional headers: <https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations>.

use http::{HeaderMap, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

use super::{error::BlobError, store::Blob};

/// Headers that [`Conditions`] reads, in lower case.
pub(super) const HEADERS: [&str; 4] = ["if-match", "if-none-match", "if-modified-since", "if-unmodified-since"];

/// What must hold for a request to be carried out.
#[derive(Default)]
pub(super) struct Conditions {
    matches: Option<ETag>,
    matches_not: Option<ETag>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
}

enum ETag {
    Any,
    Exactly(String),
}

impl ETag {
    fn is_of(&self, blob: &Blob) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(etag) => *etag == blob.etag,
        }
    }
}

impl Conditions {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, BlobError> {
        Ok(Self {
            matches: etag(headers, header::IF_MATCH)?,
            matches_not: etag(headers, header::IF_NONE_MATCH)?,
            modified_since: date(headers, header::IF_MODIFIED_SINCE)?,
            unmodified_since: date(headers, header::IF_UNMODIFIED_SINCE)?,
        })
    }

    /// For a request that writes the blob, which may not exist yet.
    pub(super) fn check_write(&self, existing: Option<&Blob>) -> Result<(), BlobError> {
        let Some(blob) = existing else {
            return if self.matches.is_some() { Err(BlobError::ConditionNotMet) } else { Ok(()) };
        };
        match self.matches_not {
            Some(ETag::Any) => Err(BlobError::BlobAlreadyExists),
            _ if self.is_other_version(blob) || self.is_unchanged(blob) => Err(BlobError::ConditionNotMet),
            _ => Ok(()),
        }
    }

    /// For a request that deletes the blob.
    pub(super) fn check_delete(&self, blob: &Blob) -> Result<(), BlobError> {
        if self.is_other_version(blob) || self.is_unchanged(blob) { Err(BlobError::ConditionNotMet) } else { Ok(()) }
    }

    /// For a request that reads the blob.
    pub(super) fn check_read(&self, blob: &Blob) -> Result<(), BlobError> {
        if self.is_other_version(blob) {
            Err(BlobError::ConditionNotMet)
        } else if self.is_unchanged(blob) {
            Err(BlobError::NotModified)
        } else {
            Ok(())
        }
    }

    /// The caller wants a version that this is not.
    fn is_other_version(&self, blob: &Blob) -> bool {
        self.matches.as_ref().is_some_and(|etag| !etag.is_of(blob))
            || self.unmodified_since.is_some_and(|time| blob.last_modified.as_second() > time.as_second())
    }

    /// The caller wants a version newer than this one.
    fn is_unchanged(&self, blob: &Blob) -> bool {
        self.matches_not.as_ref().is_some_and(|etag| etag.is_of(blob))
            || self.modified_since.is_some_and(|time| blob.last_modified.as_second() <= time.as_second())
    }
}

fn etag(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<ETag>, BlobError> {
    let Some(value) = text(headers, &name)? else { return Ok(None) };
    let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    match value {
        "*" => Ok(Some(ETag::Any)),
        _ if quoted && !value.contains(',') => Ok(Some(ETag::Exactly(value.to_owned()))),
        _ => Err(invalid(&name, value)),
    }
}

fn date(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<Timestamp>, BlobError> {
    let Some(value) = text(headers, &name)? else { return Ok(None) };
    DateTimeParser::new().parse_timestamp(value).map(Some).map_err(|_| invalid(&name, value))
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Result<Option<&'a str>, BlobError> {
    headers.get(name).map(|value| value.to_str().map_err(|_| invalid(name, ""))).transpose()
}

fn invalid(name: &header::HeaderName, value: &str) -> BlobError {
    BlobError::InvalidHeaderValue { name: name.to_string(), value: value.to_owned() }
}
