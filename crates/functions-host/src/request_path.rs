//! The path of a request as the host's web server passes it on: escapes decoded once, dot segments resolved.
//!
//! Source: `UrlDecoder.cs` and `PathNormalizer.cs` of `dotnet/aspnetcore` (Kestrel).

use http::Request;
use loopback_server::WrittenHead;

use crate::head::readable;

/// The target of a request, as the host's web server passes it on.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// The decoded path.
    pub(crate) path: String,
    /// The query, as written.
    pub(crate) query: Option<String>,
}

impl Target {
    /// Reads the target, or returns nothing for a path that the web server answers with 400.
    pub(crate) fn from_request<B>(request: &Request<B>) -> Option<Self> {
        let written = request.extensions().get::<WrittenHead>().and_then(WrittenHead::target).map(readable);
        // A `#` has no meaning for the web server. The HTTP library ends the target there.
        if let Some(written) = written.as_deref().filter(|written| written.starts_with('/')) {
            let (path, query) = written.split_once('?').map_or((written, None), |(path, query)| (path, Some(query)));
            return Some(Self { path: request_path(path)?, query: query.map(str::to_owned) });
        }
        let query = request.uri().query().map(str::to_owned);
        Some(Self { path: request_path(request.uri().path())?, query })
    }
}

/// Decodes a path. Returns nothing for a path that the web server answers with 400. `%2F` stays encoded, and so does a
/// run of escapes that is not UTF-8.
pub(crate) fn request_path(raw: &str) -> Option<String> {
    let decoded = decode(raw)?;
    Some(if decoded.contains("/.") { resolve_dots(&decoded) } else { decoded })
}

/// Reports whether the host reserves a decoded path for itself: no function gets it.
pub(crate) fn is_reserved(path: &str) -> bool {
    let first = path.strip_prefix('/').and_then(|path| path.split('/').next()).unwrap_or_default();
    ["admin", "runtime"].iter().any(|kept| first.eq_ignore_ascii_case(kept))
}

/// Decodes every escape of a query's text, except for a run that is not UTF-8.
pub(crate) fn unescape(text: &str) -> String {
    let mut decoded = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        decoded.push_str(before);
        match escaped_character(&rest.as_bytes()[before.len()..]) {
            Some((character, length)) => {
                decoded.push(character);
                rest = &rest[before.len() + length..];
            }
            None => {
                decoded.push('%');
                rest = after;
            }
        }
    }
    decoded + rest
}

fn decode(raw: &str) -> Option<String> {
    let mut decoded = String::with_capacity(raw.len());
    let mut rest = raw.as_bytes();
    while let Some(&first) = rest.first() {
        if first != b'%' {
            let plain = rest.iter().position(|byte| *byte == b'%').unwrap_or(rest.len());
            decoded.push_str(&String::from_utf8_lossy(&rest[..plain]));
            rest = &rest[plain..];
            continue;
        }
        match escaped_character(rest) {
            Some(('\0', _)) => return None,
            Some(('/', _)) | None => {
                decoded.push('%');
                rest = &rest[1..];
            }
            Some((character, length)) => {
                decoded.push(character);
                rest = &rest[length..];
            }
        }
    }
    Some(decoded)
}

/// Reads the character that a run of escapes at the start of `bytes` encodes. Returns it with the number of its bytes
/// there.
fn escaped_character(bytes: &[u8]) -> Option<(char, usize)> {
    let mut encoded = Vec::with_capacity(4);
    for at in 0..4 {
        let escape = bytes.get(3 * at..3 * at + 3).filter(|escape| escape[0] == b'%')?;
        encoded.push(hex(escape[1])? << 4 | hex(escape[2])?);
        if let Ok(text) = std::str::from_utf8(&encoded) {
            return Some((text.chars().next()?, 3 * encoded.len()));
        }
    }
    None
}

fn hex(digit: u8) -> Option<u8> {
    u8::try_from(char::from(digit).to_digit(16)?).ok()
}

/// Removes `/.` and, with the segment before it, `/..`.
fn resolve_dots(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    let segments: Vec<&str> = path.split('/').skip(1).collect();
    for (at, segment) in segments.iter().enumerate() {
        let last = at + 1 == segments.len();
        match *segment {
            "." if last => kept.push(""),
            "." => {}
            ".." => {
                kept.pop();
                if last {
                    kept.push("");
                }
            }
            other => kept.push(other),
        }
    }
    format!("/{}", kept.join("/"))
}

#[cfg(test)]
mod tests {
    use super::request_path;

    #[test]
    fn section_5_4_escapes_are_decoded_once_and_dot_segments_resolved() {
        let cases = [
            ("/a%20b", Some("/a b")),
            ("/a%2Fb%2f", Some("/a%2Fb%2f")),
            ("/%252F", Some("/%2F")),
            ("/%C3%A9%FF%e9", Some("/é%FF%e9")),
            ("/100%25/%zz%", Some("/100%/%zz%")),
            ("/x/../y", Some("/y")),
            ("/x/%2e%2e/y/./z", Some("/y/z")),
            ("/../x/.", Some("/x/")),
            ("/x/..", Some("/")),
            ("/a/.b/..c", Some("/a/.b/..c")),
            ("/a%00", None),
        ];
        for (raw, expected) in cases {
            assert_eq!(request_path(raw).as_deref(), expected, "{raw}");
        }
    }
}
