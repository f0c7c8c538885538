//! Escapes and dot segments.

/// Characters that RFC 3986 reserves.
const RESERVED: &str = ":/?#[]@!$&'()*+,;=";
/// The characters whose escape stays at any place.
const STAYS_ESCAPED: &str = ":/?#[]@!$&'()*+,;=%\\";

fn is_unreserved(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '_' | '~')
}

/// Returns a part as it goes on the wire. Escapes characters that are not allowed there, and undoes unnecessary
/// escapes.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '%' => rest = escaped(rest, &mut out, |c, out| if is_unreserved(c) { out.push(c) } else { encode(c, out) }),
            c if is_unreserved(c) || RESERVED.contains(c) => out.push(c),
            c => encode(c, &mut out),
        }
    }
    out
}

/// Returns a part as `ToString()` writes it: without escapes, except where this would change its meaning.
pub(super) fn shown(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '%' => rest = escaped(rest, &mut out, |c, out| if c.is_control() { encode(c, out) } else { out.push(c) }),
            c => out.push(c),
        }
    }
    out
}

/// Undoes every escape, except those whose bytes are not UTF-8 (`Uri.UnescapeDataString`).
pub(crate) fn unescape(text: &str) -> String {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        let mut run = Vec::new();
        while let Some(byte) = rest.strip_prefix('%').and_then(byte_of) {
            run.push(byte);
            rest = &rest[3..];
        }
        if run.is_empty() {
            out.push(b'%');
            rest = &rest[1..];
        }
        for chunk in run.utf8_chunks() {
            out.extend_from_slice(chunk.valid().as_bytes());
            for byte in chunk.invalid() {
                out.extend_from_slice(format!("%{byte:02X}").as_bytes());
            }
        }
    }
    out.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&out).into_owned()
}

/// Reads the part after a `%`. A run of escapes whose bytes are one character goes to `write`, unless it stays
/// unchanged. Returns the text after the run.
fn escaped<'t>(rest: &'t str, out: &mut String, write: impl Fn(char, &mut String)) -> &'t str {
    let Some(first) = byte_of(rest) else {
        out.push_str("%25");
        return rest;
    };
    let length = match first {
        0..=0x7F => 1,
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 0,
    };
    let mut bytes = vec![first];
    let mut after = &rest[2..];
    while bytes.len() < length {
        let Some(byte) = after.strip_prefix('%').and_then(byte_of) else { break };
        bytes.push(byte);
        after = &after[3..];
    }
    match std::str::from_utf8(&bytes).ok().and_then(|text| text.chars().next()) {
        Some(c) if length > 0 && !STAYS_ESCAPED.contains(c) => {
            write(c, out);
            after
        }
        _ => {
            out.push('%');
            out.push_str(&rest[..2]);
            &rest[2..]
        }
    }
}

fn byte_of(text: &str) -> Option<u8> {
    let digits = text.as_bytes().get(..2)?;
    let value = |digit: u8| char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
    Some(value(digits[0])? * 16 + value(digits[1])?)
}

fn encode(c: char, out: &mut String) {
    let mut buffer = [0; 4];
    for byte in c.encode_utf8(&mut buffer).bytes() {
        out.push_str(&format!("%{byte:02X}"));
    }
}

/// Returns a path without `.` and `..`.
pub(super) fn compress(path: &str) -> String {
    let Some(rest) = path.strip_prefix('/') else { return path.to_owned() };
    let mut kept: Vec<&str> = Vec::new();
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        match segment {
            "." | ".." => {
                if segment == ".." {
                    kept.pop();
                }
                if last {
                    kept.push("");
                }
            }
            segment => kept.push(segment),
        }
    }
    format!("/{}", kept.join("/"))
}
