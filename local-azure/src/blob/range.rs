//! The range of a blob in a request.

use http::HeaderMap;

use super::{error::BlobError, request_headers::invalid};

/// First and last byte; without a last byte, the range goes to the end.
#[derive(Clone, Copy, Debug)]
pub(super) struct Range {
    pub(super) first: u64,
    pub(super) last: Option<u64>,
}

/// Returns the range of a request. `x-ms-range` takes precedence over `Range`. Azure accepts only the forms
/// `bytes=first-` and `bytes=first-last`.
pub(super) fn asked(headers: &HeaderMap) -> Result<Option<Range>, BlobError> {
    ["x-ms-range", "range"].into_iter().find_map(|name| Some(parse(name, headers.get(name)?))).transpose()
}

/// Parses a range in a header.
pub(super) fn parse(name: &str, value: &http::HeaderValue) -> Result<Range, BlobError> {
    let refused = || invalid(name, value);
    let text = value.to_str().map_err(|_| refused())?;
    let (first, last) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')).ok_or_else(refused)?;
    let first = first.parse().map_err(|_| refused())?;
    let last = if last.is_empty() { None } else { Some(last.parse().map_err(|_| refused())?) };
    if last.is_some_and(|last: u64| last < first || last == u64::MAX) {
        Err(refused())
    } else {
        Ok(Range { first, last })
    }
}

impl Range {
    /// Returns the first byte and the byte after the last, for content of this length.
    pub(super) fn within(self, length: u64) -> Result<(u64, u64), BlobError> {
        if self.first >= length {
            return Err(BlobError::InvalidRange(length));
        }
        Ok((self.first, self.last.map_or(length, |last| last + 1).min(length)))
    }
}
