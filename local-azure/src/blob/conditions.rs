//! Conditional headers:
//! <https://learn.microsoft.com/rest/api/storageservices/specifying-conditional-headers-for-blob-service-operations>.
//! The lease ID in a request is one of them.

use http::{HeaderMap, header};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};
use uuid::Uuid;

use super::{error::BlobError, lease::Leased, store::Blob, tag_query::TagQuery};

/// Headers that [`Conditions`] reads, in lower case.
pub(super) const HEADERS: &[&str] =
    &["if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "x-ms-if-tags", "x-ms-lease-id"];

/// The conditions under which a request is carried out.
#[derive(Default)]
pub(super) struct Conditions {
    matches: Option<ETags>,
    matches_not: Option<ETags>,
    modified_since: Option<Timestamp>,
    unmodified_since: Option<Timestamp>,
    tags: Option<TagQuery>,
    lease: Option<Uuid>,
    /// The caller may make blobs, but not overwrite a blob.
    only_new: bool,
}

/// How a copy's source fails the conditions on it.
pub(super) enum SourceRefusal {
    /// The source is not the version that the client wants.
    Another,
    /// The source has not changed.
    Unchanged,
}

#[derive(PartialEq, Eq)]
enum ETags {
    Any,
    /// Tags with their quotes.
    OneOf(Vec<String>),
}

impl ETags {
    fn cover(&self, etag: &str) -> bool {
        match self {
            Self::Any => true,
            Self::OneOf(etags) => etags.iter().any(|one| one == etag),
        }
    }

    fn are_several(&self) -> bool {
        matches!(self, Self::OneOf(etags) if etags.len() > 1)
    }
}

impl Conditions {
    /// Reads a request's conditions. `only_new` comes from the request's signature.
    pub(super) fn read(headers: &HeaderMap, only_new: bool) -> Result<Self, BlobError> {
        Ok(Self {
            matches: etag(headers, header::IF_MATCH)?,
            matches_not: etag(headers, header::IF_NONE_MATCH)?,
            modified_since: date(headers, header::IF_MODIFIED_SINCE)?,
            unmodified_since: date(headers, header::IF_UNMODIFIED_SINCE)?,
            tags: tags(headers, "x-ms-if-tags")?,
            lease: uuid(headers, "x-ms-lease-id")?,
            only_new,
        })
    }

    /// Reads the conditions on a copy's source.
    pub(super) fn read_of_source(headers: &HeaderMap) -> Result<Self, BlobError> {
        let named = |name| header::HeaderName::from_static(name);
        Ok(Self {
            matches: etag(headers, named("x-ms-source-if-match"))?,
            matches_not: etag(headers, named("x-ms-source-if-none-match"))?,
            modified_since: date(headers, named("x-ms-source-if-modified-since"))?,
            unmodified_since: date(headers, named("x-ms-source-if-unmodified-since"))?,
            tags: tags(headers, "x-ms-source-if-tags")?,
            lease: None,
            only_new: false,
        })
    }

    /// Returns the lease ID in the request.
    pub(super) const fn lease(&self) -> Option<Uuid> {
        self.lease
    }

    /// Checks a request that makes or replaces a blob.
    pub(super) fn check_put(&self, existing: Option<&Blob>) -> Result<(), BlobError> {
        self.check_combination()?;
        match existing {
            None if self.matches.is_some() || self.tags.is_some() => Err(BlobError::ConditionNotMet),
            None if self.lease.is_some() => Err(BlobError::LeaseNotPresent(Leased::Blob)),
            None => Ok(()),
            Some(_) if self.only_new => Err(BlobError::UnauthorizedBlobOverwrite),
            Some(_) if self.matches_not == Some(ETags::Any) => Err(BlobError::BlobAlreadyExists),
            Some(blob) => self.check_update(blob),
        }
    }

    /// Checks a request that changes or deletes a blob.
    pub(super) fn check_update(&self, blob: &Blob) -> Result<(), BlobError> {
        self.check_blob(blob)?;
        self.check_lease(blob)
    }

    /// Checks all conditions but the lease.
    pub(super) fn check_blob(&self, blob: &Blob) -> Result<(), BlobError> {
        self.check_state(&blob.etag, blob.last_modified)?;
        self.check_tags(blob)
    }

    /// Checks the condition on index tags alone. A read with a failed condition is refused like a write.
    fn check_tags(&self, blob: &Blob) -> Result<(), BlobError> {
        match &self.tags {
            Some(wanted) if !wanted.matches(&blob.tags) => Err(BlobError::ConditionNotMet),
            _ => Ok(()),
        }
    }

    /// Checks a request whose conditions are only about an `ETag` and a time.
    pub(super) fn check_state(&self, etag: &str, last_modified: Timestamp) -> Result<(), BlobError> {
        self.check_combination()?;
        if self.wants_another(etag, last_modified) || self.has_already(etag, last_modified) {
            return Err(BlobError::ConditionNotMet);
        }
        Ok(())
    }

    /// Checks the lease alone, for a request that writes.
    pub(super) fn check_lease(&self, blob: &Blob) -> Result<(), BlobError> {
        let check = blob.lease.check_write(self.lease, Timestamp::now());
        check.map_err(|refusal| BlobError::from_lease_use(refusal, Leased::Blob))
    }

    /// Checks the lease of a request that does not change the blob: if the request names a lease, it must be the
    /// blob's.
    pub(super) fn check_named_lease(&self, blob: &Blob) -> Result<(), BlobError> {
        let check = blob.lease.check_read(self.lease, Timestamp::now());
        check.map_err(|refusal| BlobError::from_lease_use(refusal, Leased::Blob))
    }

    /// Checks a request that reads a blob: all conditions together count, and several `ETag`s are allowed.
    pub(super) fn check_read(&self, blob: &Blob) -> Result<(), BlobError> {
        if self.matches_not == Some(ETags::Any) {
            return Err(BlobError::UnsatisfiableCondition);
        }
        let is_another = self.matches.as_ref().is_some_and(|wanted| !wanted.cover(&blob.etag));
        if is_another || self.was_modified(blob.last_modified) == Some(true) {
            return Err(BlobError::ConditionNotMet);
        }
        self.check_tags(blob)?;
        let is_new = [
            self.matches_not.as_ref().map(|known| !known.cover(&blob.etag)),
            self.modified_since.map(|time| blob.last_modified.as_second() > time.as_second()),
        ];
        if is_new.contains(&Some(false)) && !is_new.contains(&Some(true)) {
            return Err(BlobError::NotModified);
        }
        let check = blob.lease.check_read(self.lease, Timestamp::now());
        check.map_err(|refusal| BlobError::from_lease_use(refusal, Leased::Blob))
    }

    /// Returns the refusal of a request that reads a missing blob. `If-Match` does not make it a 412, as people saw in
    /// Azure: <https://github.com/Azure/Azurite/issues/2751>.
    pub(super) fn of_missing_read(&self) -> BlobError {
        match (&self.matches, &self.matches_not) {
            (None, Some(ETags::Any)) => BlobError::UnsatisfiableCondition,
            _ => BlobError::BlobNotFound,
        }
    }

    /// Returns the refusal of a request that changes a missing blob.
    pub(super) fn of_missing(&self) -> BlobError {
        match self.check_combination() {
            Ok(()) if self.matches.is_some() => BlobError::ConditionNotMet,
            Ok(()) => BlobError::BlobNotFound,
            Err(refusal) => refusal,
        }
    }

    /// Checks the source of a copy.
    pub(super) fn check_source(&self, blob: &Blob) -> Result<(), SourceRefusal> {
        let (etag, last_modified) = (&blob.etag, blob.last_modified);
        if self.wants_another(etag, last_modified) || self.check_tags(blob).is_err() {
            return Err(SourceRefusal::Another);
        }
        if self.has_already(etag, last_modified) { Err(SourceRefusal::Unchanged) } else { Ok(()) }
    }

    /// Checks that a write has one condition, or one of the two allowed pairs of conditions, with one `ETag`.
    fn check_combination(&self) -> Result<(), BlobError> {
        let wants = self.matches.is_some() || self.unmodified_since.is_some();
        let has = self.matches_not.is_some() || self.modified_since.is_some();
        let several = [&self.matches, &self.matches_not].into_iter().flatten().any(ETags::are_several);
        if wants && has || several { Err(BlobError::MultipleConditionHeadersNotSupported) } else { Ok(()) }
    }

    /// Reports whether the caller wants another version than this one. An `ETag` takes precedence over a time.
    fn wants_another(&self, etag: &str, last_modified: Timestamp) -> bool {
        match &self.matches {
            Some(wanted) => !wanted.cover(etag),
            None => self.was_modified(last_modified) == Some(true),
        }
    }

    /// Reports whether the caller wants a version newer than this one. An `ETag` takes precedence over a time.
    fn has_already(&self, etag: &str, last_modified: Timestamp) -> bool {
        match &self.matches_not {
            Some(known) => known.cover(etag),
            None => self.modified_since.is_some_and(|time| last_modified.as_second() <= time.as_second()),
        }
    }

    fn was_modified(&self, last_modified: Timestamp) -> Option<bool> {
        self.unmodified_since.map(|time| last_modified.as_second() > time.as_second())
    }
}

/// Reads one `ETag` or several, with quotes or without.
fn etag(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<ETags>, BlobError> {
    let Some(value) = text(headers, &name)? else { return Ok(None) };
    if value == "*" {
        return Ok(Some(ETags::Any));
    }
    let etags = value.split(',').map(str::trim).map(|etag| {
        let bare = etag.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(etag);
        let is_one = !bare.is_empty() && !bare.contains('"');
        is_one.then(|| format!("\"{bare}\"")).ok_or_else(|| invalid(name.as_str(), value))
    });
    Ok(Some(ETags::OneOf(etags.collect::<Result<_, _>>()?)))
}

fn tags(headers: &HeaderMap, name: &'static str) -> Result<Option<TagQuery>, BlobError> {
    let Some(value) = text(headers, &header::HeaderName::from_static(name))? else { return Ok(None) };
    TagQuery::condition(value).map(Some).map_err(|_| invalid(name, value))
}

fn date(headers: &HeaderMap, name: header::HeaderName) -> Result<Option<Timestamp>, BlobError> {
    let Some(value) = text(headers, &name)? else { return Ok(None) };
    DateTimeParser::new().parse_timestamp(value).map(Some).map_err(|_| invalid(name.as_str(), value))
}

/// Reads an ID in a header, in any of the forms that .NET's `Guid` accepts.
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
