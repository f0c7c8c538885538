//! Header lines as .NET's HTTP client sends and passes them on, and the lines that .NET's web server refuses to write.

use http::{HeaderMap, HeaderName, HeaderValue, Response, StatusCode, header};

/// The longest head of an answer that the client reads.
const LONGEST_HEAD: usize = 64 * 1024;

/// Headers that .NET keeps with a request's content rather than with the request.
pub(crate) const CONTENT_HEADERS: [&str; 11] = [
    "allow",
    "content-disposition",
    "content-encoding",
    "content-language",
    "content-length",
    "content-location",
    "content-md5",
    "content-range",
    "content-type",
    "expires",
    "last-modified",
];

/// Headers that proxying drops in both directions (`RequestUtilities.cs` of `dotnet/yarp`).
const NOT_PROXIED: [&str; 17] = [
    "alpn",
    "alt-svc",
    "close",
    "connection",
    "http2-settings",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authentication-info",
    "proxy-authorization",
    "proxy-connection",
    "proxy-features",
    "proxy-instruction",
    "security-scheme",
    "te",
    "transfer-encoding",
    "upgrade",
    "upgrade-insecure-requests",
];

/// Headers of an answer that forwarding splits into one line for each item.
const LISTS: [HeaderName; 7] = [
    header::ALLOW,
    header::CONTENT_ENCODING,
    header::CONTENT_LANGUAGE,
    header::PRAGMA,
    header::VARY,
    header::VIA,
    header::WWW_AUTHENTICATE,
];

/// Removes the headers that proxying drops.
pub(crate) fn drop_not_proxied(headers: &mut HeaderMap) {
    for name in NOT_PROXIED {
        headers.remove(name);
    }
}

/// Joins the lines of the same name into one: with `, ` in general, with `; ` for cookies, and with a blank for user
/// agents.
pub(crate) fn join_repeated(headers: &mut HeaderMap) {
    let repeated: Vec<HeaderName> =
        headers.keys().filter(|name| headers.get_all(*name).iter().nth(1).is_some()).cloned().collect();
    for name in repeated {
        let separator: &[u8] = match name {
            header::COOKIE => b"; ",
            header::USER_AGENT => b" ",
            _ => b", ",
        };
        let lines: Vec<&[u8]> = headers.get_all(&name).iter().map(HeaderValue::as_bytes).collect();
        if let Ok(line) = HeaderValue::from_bytes(&lines.join(separator)) {
            headers.insert(name, line);
        }
    }
}

/// Returns the first header whose value is not ASCII.
pub(crate) fn not_ascii(headers: &HeaderMap) -> Option<&HeaderName> {
    headers.iter().find(|(_, value)| !value.as_bytes().is_ascii()).map(|(name, _)| name)
}

/// Returns the reason if .NET's HTTP client does not read this answer. Such an answer counts as none.
pub(crate) fn too_long<B>(response: &Response<B>) -> Option<String> {
    let length: usize = response.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    (length > LONGEST_HEAD).then(|| format!("its headers are longer than {LONGEST_HEAD} bytes"))
}

/// Returns the reason if the host cannot pass this answer on. The host then answers 500.
pub(crate) fn unwritable<B>(response: &Response<B>) -> Option<String> {
    let headers = response.headers();
    let lengths = headers.get_all(header::CONTENT_LENGTH);
    let announces_body = lengths.iter().any(|length| length != "0");
    if let Some(problem) = too_long(response) {
        Some(problem)
    } else if let Some(name) = not_ascii(headers) {
        Some(format!("its header \"{name}\" has a value that is not ASCII"))
    } else if lengths.iter().nth(1).is_some() {
        Some("it has more than one Content-Length".to_owned())
    } else if response.status() == StatusCode::NO_CONTENT && announces_body {
        Some("its status is 204, and it announces a body".to_owned())
    } else {
        None
    }
}

/// Returns a media type with its parameters after `; `, or nothing if the value is not a media type.
pub(crate) fn media_type(text: &str) -> Option<String> {
    let is_token = |text: &str| {
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"()<>@,;:\\\"/[]?={}".contains(&byte))
    };
    let mut pieces = split_outside_quotes(text, b';').into_iter().map(str::trim);
    let essence = pieces.next()?;
    let (kind, subkind) = essence.split_once('/')?;
    if !is_token(kind) || !is_token(subkind) {
        return None;
    }
    let mut normalised = essence.to_owned();
    for parameter in pieces.filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        let (name, value) = (name.trim(), value.trim());
        let quoted = value.len() > 1 && value.starts_with('"') && value.ends_with('"');
        if !is_token(name) || !(value.is_empty() || quoted || is_token(value)) {
            return None;
        }
        normalised.push_str("; ");
        normalised.push_str(name);
        if !value.is_empty() {
            normalised.push('=');
            normalised.push_str(value);
        }
    }
    Some(normalised)
}

/// Rewrites an answer's headers as forwarding does.
pub(crate) fn rewrite_forwarded_answer(headers: &mut HeaderMap) {
    headers.remove(header::TRANSFER_ENCODING);
    let empty: Vec<HeaderName> =
        headers.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| name.clone()).collect();
    for name in empty {
        headers.remove(name);
    }
    for name in LISTS {
        split_lines(headers, &name, |line| {
            let items = split_outside_quotes(line, b',').into_iter().map(str::trim).filter(|item| !item.is_empty());
            if name == header::WWW_AUTHENTICATE { challenges(items) } else { items.map(str::to_owned).collect() }
        });
    }
    split_lines(headers, &header::SERVER, |line| line.split(' ').map(str::to_owned).collect());
    rewrite(headers, header::LOCATION, |location| Some(escape_location(location)));
    rewrite(headers, header::CONTENT_TYPE, media_type);
}

fn rewrite(headers: &mut HeaderMap, name: HeaderName, with: impl FnOnce(&str) -> Option<String>) {
    let rewritten = headers.get(&name).and_then(|value| with(value.to_str().ok()?));
    if let Some(value) = rewritten.and_then(|text| HeaderValue::from_str(&text).ok()) {
        headers.insert(name, value);
    }
}

fn split_lines(headers: &mut HeaderMap, name: &HeaderName, split: impl Fn(&str) -> Vec<String>) {
    let lines: Vec<String> =
        headers.get_all(name).iter().filter_map(|line| line.to_str().ok()).flat_map(split).collect();
    if headers.remove(name).is_some() {
        for value in lines.iter().filter_map(|line| HeaderValue::from_str(line).ok()) {
            headers.append(name, value);
        }
    }
}

/// Joins items to challenges: a parameter (`name=value`) belongs to the challenge before it.
fn challenges<'a>(items: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut challenges: Vec<String> = Vec::new();
    for item in items {
        let is_parameter = item.split_once('=').is_some_and(|(name, _)| !name.trim().contains(' '));
        match challenges.last_mut().filter(|_| is_parameter) {
            Some(challenge) => {
                challenge.push_str(", ");
                challenge.push_str(item);
            }
            None => challenges.push(item.to_owned()),
        }
    }
    challenges
}

fn escape_location(location: &str) -> String {
    location.chars().fold(String::new(), |mut escaped, character| {
        if " \"<>\\^`{|}".contains(character) {
            escaped.push_str(&format!("%{:02X}", u32::from(character)));
        } else {
            escaped.push(character);
        }
        escaped
    })
}

fn split_outside_quotes(text: &str, separator: u8) -> Vec<&str> {
    let (mut pieces, mut start, mut quoted, mut escaped) = (Vec::new(), 0, false, false);
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'"' if !escaped => quoted = !quoted,
            byte if byte == separator && !quoted => {
                pieces.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
        escaped = quoted && byte == b'\\' && !escaped;
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use http::{HeaderMap, HeaderName, Response};

    use super::{join_repeated, media_type, rewrite_forwarded_answer, unwritable};

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines.iter().map(|(name, value)| (HeaderName::from_static(name), value.parse().unwrap())).collect()
    }

    fn lines(headers: &HeaderMap) -> Vec<String> {
        let mut lines: Vec<String> =
            headers.iter().map(|(name, value)| format!("{name}: {}", value.to_str().unwrap())).collect();
        lines.sort();
        lines
    }

    #[test]
    fn section_4_3_repeated_headers_become_one_line() {
        let mut repeated = headers(&[("x-a", "1"), ("x-a", "2"), ("cookie", "a=1"), ("cookie", "b=2"), ("x-b", "3")]);
        join_repeated(&mut repeated);
        assert_eq!(lines(&repeated), ["cookie: a=1; b=2", "x-a: 1, 2", "x-b: 3"]);
    }

    #[test]
    fn section_4_3_a_content_type_is_a_media_type_or_nothing() {
        let cases = [
            ("a/b;c=d", Some("a/b; c=d")),
            ("text/plain; charset=\"utf-8;\"", Some("text/plain; charset=\"utf-8;\"")),
            ("foo", None),
            ("a/b, c/d", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(media_type(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn section_4_4_lists_of_a_forwarded_answer_are_one_line_an_item() {
        let mut answer = headers(&[
            ("vary", "A, B"),
            ("server", "a b"),
            ("x-empty", ""),
            ("location", "http://x/y z"),
            ("content-type", "a/b;c=d"),
            ("www-authenticate", "Digest a=\"1, 2\", b=2, Basic realm=x"),
            ("transfer-encoding", "chunked"),
            ("connection", "x"),
        ]);
        rewrite_forwarded_answer(&mut answer);
        let expected = [
            "connection: x",
            "content-type: a/b; c=d",
            "location: http://x/y%20z",
            "server: a",
            "server: b",
            "vary: A",
            "vary: B",
            "www-authenticate: Basic realm=x",
            "www-authenticate: Digest a=\"1, 2\", b=2",
        ];
        assert_eq!(lines(&answer), expected);
    }

    #[test]
    fn section_4_4_an_answer_that_the_web_server_refuses_to_write_says_why() {
        let response = |status: u16, name: &str, value: &[u8]| {
            let response = Response::builder().status(status).header(name, value);
            unwritable(&response.body(()).unwrap())
        };
        let long = "x".repeat(70_000);
        assert!(response(200, "x-a", b"plain").is_none());
        assert!(response(200, "x-a", "é".as_bytes()).unwrap().contains("not ASCII"));
        assert!(response(200, "x-a", long.as_bytes()).unwrap().contains("longer"));
        assert!(response(204, "content-length", b"4").unwrap().contains("204"));
        assert!(response(204, "content-length", b"0").is_none());
    }
}
