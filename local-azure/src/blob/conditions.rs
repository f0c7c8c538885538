//! Conditional headers: <https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations>.
//! The lease that a request names is one of them.

use http::{HeaderMap, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use uuid::Uuid;

use super::{error::BlobError, store::Blob};

/// Headers that [`Conditions`] reads, in lower case.
pub(super) const HEADERS: &[&str] =
    &["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "x-ms-lease-id"];

/// What must hold for a request to be carried out.
#[derive(Default)]
pub(super) struct Conditions {
    matches: Option<ETag>,
    matches_not: Option<ETag>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
    lease: Option<Uuid>,
}

#[derive(PartialEq, Eq)]
enum ETag {
    Any,
    Exactly(String),
}

impl ETag {
    fn is(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::Exactly(wanted) => wanted == etag,
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
            lease: uuid(headers, "x-ms-lease-id")?,
        })
    }

    /// Those that speak of a copy's source.
    pub(super) fn read_of_source(headers: &HeaderMap) -> Result<Self, BlobError> {
        let named = |name| header::HeaderName::from_static(name);
        Ok(Self {
            matches: etag(headers, named("x-ms-source-if-match"))?,
            matches_not: etag(headers, named("x-ms-source-if-none-match"))?,
            modified_since: date(headers, named("x-ms-source-if-modified-since"))?,
            unmodified_since: date(headers, named("x-ms-source-if-unmodified-since"))?,
            lease: None,
        })
    }

    /// The lease that the request names.
    pub(super) const fn lease(&self) -> Option<Uuid> {
        self.lease
    }

    /// For a request that makes or replaces a blob.
    pub(super) fn check_put(&self, existing: Option<&Blob>) -> Result<(), BlobError> {
        self.check_combination()?;
        match existing {
            None if self.matches.is_some() => Err(BlobError::ConditionNotMet),
            None if self.lease.is_some() => Err(BlobError::LeaseNotPresent("Blob")),
            None => Ok(()),
            Some(_) if self.matches_not == Some(ETag::Any) => Err(BlobError::BlobAlreadyExists),
            Some(blob) => self.check_update(blob),
        }
    }

    /// For a request that changes or deletes a blob.
    pub(super) fn check_update(&self, blob: &Blob) -> Result<(), BlobError> {
        self.check_state(&blob.etag, blob.last_modified)?;
        self.check_lease(blob)
    }

    /// For a request that changes something of which only its tag and time are looked at.
    pub(super) fn check_state(&self, etag: &str, last_modified: Timestamp) -> Result<(), BlobError> {
        self.check_combination()?;
        if self.wants_another(etag, last_modified) || self.has_already(etag, last_modified) {
            return Err(BlobError::ConditionNotMet);
        }
        Ok(())
    }

    /// The lease alone, for a request that writes.
    pub(super) fn check_lease(&self, blob: &Blob) -> Result<(), BlobError> {
        let check = blob.lease.check_write(self.lease, Timestamp::now());
        check.map_err(|refusal| BlobError::of_lease_use(refusal, "Blob"))
    }

    /// For a request that reads a blob.
    pub(super) fn check_read(&self, blob: &Blob) -> Result<(), BlobError> {
        if self.matches_not == Some(ETag::Any) {
            return Err(BlobError::UnsatisfiableCondition);
        }
        if self.wants_another(&blob.etag, blob.last_modified) {
            return Err(BlobError::ConditionNotMet);
        }
        if self.has_already(&blob.etag, blob.last_modified) {
            return Err(BlobError::NotModified);
        }
        let check = blob.lease.check_read(self.lease, Timestamp::now());
        check.map_err(|refusal| BlobError::of_lease_use(refusal, "Blob"))
    }

    /// For a copy, of its source.
    pub(super) fn check_source(&self, blob: &Blob) -> Result<(), BlobError> {
        self.check_state(&blob.etag, blob.last_modified).map_err(|_| BlobError::SourceConditionNotMet)
    }

    /// A write takes one condition, or one of the two pairs that belong together.
    fn check_combination(&self) -> Result<(), BlobError> {
        let wants = u8::from(self.matches.is_some()) + u8::from(self.unmodified_since.is_some());
        let has = u8::from(self.matches_not.is_some()) + u8::from(self.modified_since.is_some());
        if wants > 0 && has > 0 { Err(BlobError::MultipleConditionHeadersNotSupported) } else { Ok(()) }
    }

    /// The caller wants a version that this is not. A tag goes before a time.
    fn wants_another(&self, etag: &str, last_modified: Timestamp) -> bool {
        match &self.matches {
            Some(wanted) => !wanted.is(etag),
            None => self.unmodified_since.is_some_and(|time| last_modified.as_second() > time.as_second()),
        }
    }

    /// The caller wants a version newer than this one. A tag goes before a time.
    fn has_already(&self, etag: &str, last_modified: Timestamp) -> bool {
        match &self.matches_not {
            Some(known) => known.is(etag),
            None => self.modified_since.is_some_and(|time| last_modified.as_second() <= time.as_second()),
        }
    }
}

fn etag(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<ETag>, BlobError> {
    let Some(value) = text(headers, &name)? else { return Ok(None) };
    let quoted = value.len() >= 2 && value.starts_with('"') && value.ends_with('"');
    match value {
        "*" => Ok(Some(ETag::Any)),
        _ if value.contains(',') => Err(BlobError::MultipleConditionHeadersNotSupported),
        _ if quoted => Ok(Some(ETag::Exactly(value.to_owned()))),
        _ => Err(invalid(name.as_str(), value)),
    }
}

fn date(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<Timestamp>, BlobError> {
    let Some(value) = text(headers, &name)? else { return Ok(None) };
    DateTimeParser::new().parse_timestamp(value).map(Some).map_err(|_| invalid(name.as_str(), value))
}

/// An ID in a header, in any of the forms that .NET's `Guid` takes.
pub(super) fn uuid(headers: &HeaderMap, name: &'static str) -> Result<Option<Uuid>, BlobError> {
    let Some(value) = text(headers, &header::HeaderName::from_static(name))? else { return Ok(None) };
    Uuid::try_parse(value).map(Some).map_err(|_| invalid(name, value))
}

fn text<'a>(headers: &'a HeaderMap, name: &header::HeaderName) -> Result<Option<&'a str>, BlobError> {
    headers.get(name).map(|value| value.to_str().map_err(|_| invalid(name.as_str(), ""))).transpose()
}

fn invalid(name: &str, value: &str) -> BlobError {
    BlobError::InvalidHeaderValue { name: name.to_owned(), value: value.to_owned() }
}
