//! Pieces of a path, percent-encoded and decoded.

use std::borrow::Cow;

use percent_encoding::{NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};

/// Decodes a piece of a path. A piece that is not UTF-8 stays unchanged.
pub(super) fn decoded(raw: &str) -> Cow<'_, str> {
    percent_decode_str(raw).decode_utf8().unwrap_or(Cow::Borrowed(raw))
}

pub(super) fn encoded(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

/// Encodes a received piece of a path again, as [`encoded`] does.
pub(super) fn encoded_again(raw: &str) -> String {
    match percent_decode_str(raw).decode_utf8() {
        Ok(text) => encoded(&text),
        Err(_) => raw.replace('/', "%2F"),
    }
}
