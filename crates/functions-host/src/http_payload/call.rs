//! The parts of a request for the payload.

use axum::body::Bytes;
use base64::{Engine as _, prelude::BASE64_STANDARD};
use http::{HeaderMap, HeaderValue, header, request::Parts};

use crate::{request_path::Target, template::RouteValues};

/// The parts of a request that a payload is made of.
pub(super) struct PayloadSource<'a> {
    pub(super) parts: &'a Parts,
    pub(super) target: &'a Target,
    pub(super) query: Vec<(String, Vec<String>)>,
    /// Canonical header names with their lines.
    pub(super) headers: Vec<(String, Vec<String>)>,
    pub(super) values: &'a RouteValues,
    pub(super) body: Option<CallBody>,
}

pub(super) struct CallBody {
    pub(super) text: String,
    /// The body in base64, if it is sent in that form.
    pub(super) base64: Option<String>,
}

impl CallBody {
    pub(super) fn new(headers: &HeaderMap, body: &Bytes) -> Self {
        let content_type = headers.get(header::CONTENT_TYPE).map(text).unwrap_or_default().to_ascii_lowercase();
        let kind = content_type.split(';').next().unwrap_or_default().trim();
        let binary = kind == "application/octet-stream" || kind.starts_with("multipart/");
        Self { text: decode(body), base64: binary.then(|| BASE64_STANDARD.encode(body)) }
    }
}

/// Decodes the body by its byte order mark, which is removed, or else as UTF-8. `charset` has no meaning.
fn decode(body: &[u8]) -> String {
    let utf_16 = |bytes: &[u8], unit: fn([u8; 2]) -> u16| {
        let units: Vec<u16> = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
        String::from_utf16_lossy(&units)
    };
    match body {
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        [0xff, 0xfe, rest @ ..] => utf_16(rest, u16::from_le_bytes),
        [0xfe, 0xff, rest @ ..] => utf_16(rest, u16::from_be_bytes),
        _ => String::from_utf8_lossy(body).into_owned(),
    }
}

/// Returns a header's value. Bytes that are not UTF-8 become U+FFFD.
pub(super) fn text(value: &HeaderValue) -> String {
    String::from_utf8_lossy(value.as_bytes()).into_owned()
}

#[cfg(test)]
mod tests {
    use super::decode;

    #[test]
    fn section_3_3_a_body_is_decoded_by_its_byte_order_mark() {
        assert_eq!(decode(b"\xef\xbb\xbfa"), "a");
        assert_eq!(decode(b"\xff\xfea\0"), "a");
        assert_eq!(decode(b"\xfe\xff\0a"), "a");
        assert_eq!(decode(b"a\xff"), "a\u{fffd}");
    }
}
