//! Reads request headers, or refuses their values.

use http::{HeaderMap, HeaderValue};

use super::error::BlobError;

/// Reads a header as text.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &'static str) -> Result<Option<&'a str>, BlobError> {
    let text = |value: &'a HeaderValue| value.to_str().map_err(|_| invalid(name, value));
    headers.get(name).map(text).transpose()
}

/// Reads a header that is a whole number.
pub(super) fn number(headers: &HeaderMap, name: &'static str) -> Result<Option<u64>, BlobError> {
    let number = |value: &HeaderValue| {
        value.to_str().ok().and_then(|text| text.parse().ok()).ok_or_else(|| invalid(name, value))
    };
    headers.get(name).map(number).transpose()
}

/// Returns the refusal of a header's value.
pub(super) fn invalid(name: &str, value: &HeaderValue) -> BlobError {
    BlobError::InvalidHeaderValue {
        name: name.to_owned(),
        value: String::from_utf8_lossy(value.as_bytes()).into_owned(),
    }
}

/// Reports whether a header is `true`, in any letter case: Python's client writes a capital letter.
pub(super) fn says_true(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}
