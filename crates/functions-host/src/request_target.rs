//! The path and the query as the host passes them on.
//!
//! Both modes start from the decoded path. Source: `HttpRequestExtensions.cs` of `Azure/azure-functions-host`
//! (forwarding), `RequestUtilities.cs` of `dotnet/yarp` 2.1 (proxying, which escapes every `%` anew), and .NET's `Uri`.

use std::fmt::Write as _;

use crate::request_path::unescape;

/// Returns the target for forwarding. Remaining escapes in the path stay, a decoded `?` or `#` ends the path, and the
/// query is rebuilt.
pub(crate) fn forwarded(path: &str, query: Option<&str>) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default().replace('\\', "/");
    let mut target = escape(&path, true, |byte| in_path(byte) || b"[]".contains(&byte));
    for (at, (name, value)) in parse_query(query).iter().enumerate() {
        target.push(if at == 0 { '?' } else { '&' });
        target.push_str(&escape(name, false, in_query));
        target.push('=');
        target.push_str(&escape(&joined(value), false, in_query));
    }
    target
}

/// Returns the target for proxying. Every `%` of the decoded path is escaped. The query stays the same, except for the
/// normalisations of .NET's `Uri`.
pub(crate) fn proxied(path: &str, query: Option<&str>) -> String {
    let path = escape(path, false, in_path);
    match query {
        Some(query) => format!("{path}?{}", normalised(query)),
        None => path,
    }
}

/// Returns the path for `Url` of a payload.
pub(crate) fn in_url(path: &str) -> String {
    escape(path, true, in_path)
}

/// Reads the parameters of a query and decodes them. Names are equal in any letter case. Each name appears once, in its
/// last spelling, with all its values.
pub(crate) fn parse_query(query: Option<&str>) -> Vec<(String, Vec<String>)> {
    let mut parameters: Vec<(String, Vec<String>)> = Vec::new();
    for piece in query.unwrap_or_default().split('&').filter(|piece| !piece.is_empty()) {
        let (name, value) = piece.split_once('=').unwrap_or((piece, ""));
        let decode = |text: &str| unescape(&text.replace('+', " "));
        let (name, value) = (decode(name), decode(value));
        match parameters.iter_mut().find(|(known, _)| known.to_lowercase() == name.to_lowercase()) {
            Some((known, values)) => {
                *known = name;
                values.push(value);
            }
            None => parameters.push((name, vec![value])),
        }
    }
    parameters
}

/// Joins values with commas. An empty value is left out.
pub(crate) fn joined(values: &[String]) -> String {
    values.iter().filter(|value| !value.is_empty()).cloned().collect::<Vec<_>>().join(",")
}

fn in_path(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~/!$&'()*+,;=:@".contains(&byte)
}

fn in_query(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~!*()$@,;".contains(&byte)
}

/// Escapes a text. With `keep_escapes`, a part that looks like an escape stays.
fn escape(text: &str, keep_escapes: bool, keep: impl Fn(u8) -> bool) -> String {
    let bytes = text.as_bytes();
    let mut escaped = String::with_capacity(text.len());
    for (at, byte) in bytes.iter().enumerate() {
        let is_escape = || bytes.get(at + 1..at + 3).is_some_and(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        if keep(*byte) || (keep_escapes && *byte == b'%' && is_escape()) {
            escaped.push(char::from(*byte));
        } else {
            push_escape(&mut escaped, *byte);
        }
    }
    escaped
}

fn push_escape(text: &mut String, byte: u8) {
    // Writing to a String cannot fail.
    let _ = write!(text, "%{byte:02X}");
}

/// Normalises a query. Escapes of plain characters are decoded, and other escapes are written in upper case. Characters
/// that a URI may not hold are escaped.
fn normalised(query: &str) -> String {
    let bytes = query.as_bytes();
    let mut text = String::with_capacity(query.len());
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        let escape = bytes.get(at + 1..at + 3).filter(|hex| hex.iter().all(u8::is_ascii_hexdigit));
        let escape = escape.and_then(|hex| u8::from_str_radix(std::str::from_utf8(hex).ok()?, 16).ok());
        match (byte, escape) {
            (b'%', Some(plain)) if plain.is_ascii_alphanumeric() || b"-._~".contains(&plain) => {
                text.push(char::from(plain));
                at += 2;
            }
            (b'%', Some(other)) => {
                push_escape(&mut text, other);
                at += 2;
            }
            (b'%' | b'{' | b'}' | b'|' | b'#' | b'"' | b'<' | b'>' | b'\\' | b'^' | b'`', _) => {
                push_escape(&mut text, byte)
            }
            (byte, _) if byte.is_ascii_graphic() => text.push(char::from(byte)),
            (byte, _) => push_escape(&mut text, byte),
        }
        at += 1;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{forwarded, in_url, proxied};
    use crate::request_path::request_path;

    fn split(target: &str) -> (String, Option<&str>) {
        let (path, query) = target.split_once('?').map_or((target, None), |(path, query)| (path, Some(query)));
        (request_path(path).unwrap(), query)
    }

    #[test]
    fn section_4_2_a_forwarded_path_and_query_are_rebuilt() {
        let cases = [
            ("/api/orders/7", "/api/orders/7"),
            ("/api/a%20b/%C3%A9", "/api/a%20b/%C3%A9"),
            ("/api/%61%2Fb%2fc", "/api/a%2Fb%2fc"),
            ("/api/a%3Fb/c", "/api/a"),
            ("/api/a%23b/c", "/api/a"),
            ("/api/100%25/x", "/api/100%25/x"),
            ("/api/%252F/%FF", "/api/%2F/%FF"),
            ("/api/a%5Cb", "/api/a/b"),
            ("/api/[a]/%5Ba%5D", "/api/[a]/[a]"),
            ("/api/x?code=K&b", "/api/x?code=K&b="),
            ("/api/x?a=1&A=2&b=x+y", "/api/x?A=1,2&b=x%20y"),
            ("/api/x?a&a", "/api/x?a="),
            ("/api/x?a=%FF&b=%zz", "/api/x?a=%25FF&b=%25zz"),
            ("/api/x?a=;~!*()$@,'\"/:", "/api/x?a=;~!*()$@,%27%22%2F%3A"),
            ("/api/x?&&", "/api/x"),
            ("/api/x?", "/api/x"),
        ];
        for (original, expected) in cases {
            let (path, query) = split(original);
            assert_eq!(forwarded(&path, query), expected, "{original}");
        }
    }

    #[test]
    fn section_4_2_a_proxied_path_is_escaped_anew_and_the_query_kept() {
        let cases = [
            ("/api/r/a%2Fb", "/api/r/a%252Fb"),
            ("/api/r/%FF", "/api/r/%25FF"),
            ("/api/r/%252F/%25", "/api/r/%252F/%25"),
            ("/api/r/%41%2C%3B%3A%40%26", "/api/r/A,;:@&"),
            ("/api/r/%3F%23%5b", "/api/r/%3F%23%5B"),
            ("/api/r/[\"|", "/api/r/%5B%22%7C"),
            ("/api/r?%61=1&a=%e2&b=%zz&c={b}|&a=2", "/api/r?a=1&a=%E2&b=%25zz&c=%7Bb%7D%7C&a=2"),
            ("/api/r?", "/api/r?"),
        ];
        for (original, expected) in cases {
            let (path, query) = split(original);
            assert_eq!(proxied(&path, query), expected, "{original}");
        }
    }

    #[test]
    fn section_3_3_the_url_of_a_payload_is_escaped() {
        let cases = [("/a%20b", "/a%20b"), ("/%3F%2F", "/%3F%2F"), ("/%2520", "/%20"), ("/[\\", "/%5B%5C")];
        for (original, expected) in cases {
            assert_eq!(in_url(&request_path(original).unwrap()), expected, "{original}");
        }
    }
}
