//! Conditional and range requests for a blob: the answer is the whole blob, a range, or nothing if the caller already
//! has the blob.
//!
//! RFC 9110, sections 13 (conditions) and 14 (ranges). A request for several ranges gets the whole blob, as the RFC
//! allows.

use std::ops::Range;

use functions_handler::http::{
    HeaderMap, HeaderName,
    header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_RANGE, IF_UNMODIFIED_SINCE, RANGE},
};
use jiff::{Timestamp, fmt::rfc2822::DateTimeParser};

use crate::error::Error;

/// The stored blob.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stored<'a> {
    /// The `ETag`, with its quotes, as in the header.
    pub(crate) etag: &'a str,
    pub(crate) modified: Option<Timestamp>,
    /// The size in bytes.
    pub(crate) size: u64,
}

/// The part of the blob that a request wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum WantedPart {
    /// 304: the caller already has the blob.
    Nothing,
    All,
    /// 206: these bytes, at least one.
    Part(Range<u64>),
}

impl Stored<'_> {
    /// Reads the conditions and the range of a GET. Malformed ones count as absent, as in the RFC.
    ///
    /// # Errors
    /// A failed precondition when the caller wants another version; [`Error::OutOfRange`].
    pub(crate) fn wanted(&self, headers: &HeaderMap) -> Result<WantedPart, Error> {
        let unlike = match (text(headers, &IF_MATCH), date(headers, &IF_UNMODIFIED_SINCE)) {
            (Some(tags), _) => !self.is_one_of(tags, Self::is),
            (None, Some(since)) => self.modified.is_some_and(|modified| modified > since),
            (None, None) => false,
        };
        if unlike {
            return Err(keyless::Error::Precondition.into());
        }
        let known = match (text(headers, &IF_NONE_MATCH), date(headers, &IF_MODIFIED_SINCE)) {
            (Some(tags), _) => self.is_one_of(tags, |stored, tag| stored.is(tag.strip_prefix("W/").unwrap_or(tag))),
            (None, Some(since)) => self.modified.is_some_and(|modified| modified <= since),
            (None, None) => false,
        };
        if known {
            return Ok(WantedPart::Nothing);
        }
        match text(headers, &RANGE) {
            Some(range) if self.is_what_range_is_of(headers) => self.part(range),
            _ => Ok(WantedPart::All),
        }
    }

    fn is(&self, tag: &str) -> bool {
        !self.etag.is_empty() && tag == self.etag
    }

    fn is_one_of(&self, tags: &str, is: impl Fn(&Self, &str) -> bool) -> bool {
        tags.trim() == "*" || tags.split(',').any(|tag| is(self, tag.trim()))
    }

    /// Checks `If-Range`. The caller has a part of one version already, so a part of another version would be of no
    /// use.
    fn is_what_range_is_of(&self, headers: &HeaderMap) -> bool {
        match text(headers, &IF_RANGE) {
            None => true,
            Some(tag) if tag.starts_with('"') => self.is(tag),
            Some(_) => date(headers, &IF_RANGE).is_some_and(|date| self.modified == Some(date)),
        }
    }

    fn part(&self, range: &str) -> Result<WantedPart, Error> {
        let Some((first, last)) = range.trim().strip_prefix("bytes=").and_then(|range| range.split_once('-')) else {
            return Ok(WantedPart::All);
        };
        let (first, last) = (first.trim(), last.trim());
        let range = match (number(first), number(last)) {
            (Some(first), Some(last)) if first <= last => first..last.saturating_add(1).min(self.size),
            (Some(first), None) if last.is_empty() => first..self.size,
            (None, Some(length)) if first.is_empty() => self.size.saturating_sub(length)..self.size,
            _ => return Ok(WantedPart::All),
        };
        if range.is_empty() { Err(Error::OutOfRange(self.size)) } else { Ok(WantedPart::Part(range)) }
    }
}

fn number(text: &str) -> Option<u64> {
    text.parse().ok().filter(|_| text.bytes().all(|byte| byte.is_ascii_digit()))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    DateTimeParser::new().parse_timestamp(text(headers, name)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODIFIED: &str = "Sat, 21 Nov 2026 09:30:00 GMT";
    const LATER: &str = "Sat, 21 Nov 2026 09:30:01 GMT";
    const EARLIER: &str = "Sat, 21 Nov 2026 09:29:59 GMT";

    /// Returns the answer to a request with these headers, for ten bytes: a status, and the range.
    fn wanted(headers: &[(&'static str, &str)]) -> (u16, Range<u64>) {
        let modified = "2026-11-21T09:30:00Z".parse().ok();
        let stored = Stored { etag: "\"a\"", modified, size: 10 };
        let headers = headers.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap()));
        match stored.wanted(&headers.collect()) {
            Ok(WantedPart::Nothing) => (304, 0..0),
            Ok(WantedPart::All) => (200, 0..10),
            Ok(WantedPart::Part(range)) => (206, range),
            Err(error) => (error.status().as_u16(), 0..0),
        }
    }

    #[test]
    fn a_range_is_cut_to_what_is_there() {
        for (range, status, expected) in [
            ("bytes=0-0", 206, 0..1),
            ("bytes=2-5", 206, 2..6),
            ("bytes=2-", 206, 2..10),
            ("bytes=-3", 206, 7..10),
            ("bytes=-30", 206, 0..10),
            ("bytes=5-999", 206, 5..10),
            ("bytes=9-18446744073709551615", 206, 9..10),
            ("bytes=10-", 416, 0..0),
            ("bytes=10-12", 416, 0..0),
            ("bytes=-0", 416, 0..0),
        ] {
            assert_eq!(wanted(&[("range", range)]), (status, expected), "{range}");
        }
    }

    #[test]
    fn what_is_no_single_range_gets_all() {
        for range in ["bytes=5-2", "bytes=", "bytes=-", "bytes=a-b", "items=0-1", "bytes=0-1,4-5", "bytes=+1-2"] {
            assert_eq!(wanted(&[("range", range)]), (200, 0..10), "{range}");
        }
    }

    #[test]
    fn nothing_of_nothing_is_not_a_range() {
        let empty = Stored { etag: "\"a\"", modified: None, size: 0 };
        let headers = HeaderMap::from_iter([(RANGE, "bytes=0-".parse().unwrap())]);
        assert!(matches!(empty.wanted(&headers), Err(Error::OutOfRange(0))));
        assert_eq!(empty.wanted(&HeaderMap::new()).unwrap(), WantedPart::All);
    }

    #[test]
    fn the_version_at_hand_is_not_sent_again() {
        for tags in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert_eq!(wanted(&[("if-none-match", tags), ("range", "bytes=0-1")]).0, 304, "{tags}");
        }
        assert_eq!(wanted(&[("if-none-match", "\"b\"")]).0, 200);
        assert_eq!(wanted(&[("if-modified-since", MODIFIED)]).0, 304);
        assert_eq!(wanted(&[("if-modified-since", EARLIER)]).0, 200);
        assert_eq!(wanted(&[("if-modified-since", MODIFIED), ("if-none-match", "\"b\"")]).0, 200, "the tag decides");
    }

    #[test]
    fn another_version_than_the_one_wanted_is_refused() {
        assert_eq!(wanted(&[("if-match", "\"b\"")]).0, 412);
        assert_eq!(wanted(&[("if-match", "W/\"a\"")]).0, 412, "a weak tag names no bytes");
        assert_eq!(wanted(&[("if-match", "\"b\", \"a\"")]).0, 200);
        assert_eq!(wanted(&[("if-match", "*")]).0, 200);
        assert_eq!(wanted(&[("if-unmodified-since", EARLIER)]).0, 412);
        assert_eq!(wanted(&[("if-unmodified-since", LATER)]).0, 200);
    }

    #[test]
    fn a_range_of_another_version_gets_all() {
        let part = ("range", "bytes=2-5");
        assert_eq!(wanted(&[part, ("if-range", "\"a\"")]), (206, 2..6));
        assert_eq!(wanted(&[part, ("if-range", MODIFIED)]), (206, 2..6));
        for other in ["\"b\"", "W/\"a\"", EARLIER, "yesterday"] {
            assert_eq!(wanted(&[part, ("if-range", other)]), (200, 0..10), "{other}");
        }
    }
}
