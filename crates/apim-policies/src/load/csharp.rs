//! Finds the end of a policy expression: it skips the C# text by C#'s lexical rules, without parsing it.
//!
//! Strings (regular, verbatim, interpolated, and holes within them), character literals and comments may hold
//! brackets that do not count. In files that write `&quot;` for `"`, the entity counts as a quote.

/// The innermost construct that the scanner is in.
enum Inside {
    /// Code in a bracket that this character closes.
    Code { close: u8 },
    /// A string literal.
    Text { interpolated: bool, verbatim: bool, quote: &'static str },
}

const QUOTES: [&str; 3] = ["\"", "&quot;", "&#34;"];
const APOSTROPHES: [&str; 3] = ["'", "&apos;", "&#39;"];

/// Returns the offset after the bracket that closes the one at `open` (`(` or `{`). Returns `None` if the text ends
/// first or the brackets do not pair.
pub(super) fn end_of_expression(text: &str, open: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut stack = vec![Inside::Code { close: closing(*bytes.get(open)?)? }];
    let mut at = open + 1;
    while at < bytes.len() {
        let (next, change) = match stack.last()? {
            Inside::Code { close } => in_code(text, at, *close)?,
            Inside::Text { interpolated, verbatim, quote } => in_text(bytes, at, *interpolated, *verbatim, quote),
        };
        at = next;
        match change {
            Change::None => {}
            Change::Enter(inside) => stack.push(inside),
            Change::Leave => {
                stack.pop();
                if stack.is_empty() {
                    return Some(at);
                }
            }
        }
    }
    None
}

enum Change {
    None,
    Enter(Inside),
    Leave,
}

fn in_code(text: &str, at: usize, close: u8) -> Option<(usize, Change)> {
    let rest = &text.as_bytes()[at..];
    if rest.starts_with(b"//") {
        return Some((at + find(rest, b"\n")?, Change::None));
    }
    if rest.starts_with(b"/*") {
        return Some((at + 2 + find(&rest[2..], b"*/")? + 2, Change::None));
    }
    if let Some((length, inside)) = string_start(rest) {
        return Some((at + length, Change::Enter(inside)));
    }
    if let Some(apostrophe) = APOSTROPHES.iter().find(|a| rest.starts_with(a.as_bytes())) {
        return Some((end_of_character(text.as_bytes(), at + apostrophe.len(), apostrophe)?, Change::None));
    }
    let byte = rest[0];
    if byte == close {
        Some((at + 1, Change::Leave))
    } else if let Some(close) = closing(byte) {
        Some((at + 1, Change::Enter(Inside::Code { close })))
    } else if matches!(byte, b')' | b']' | b'}') {
        None
    } else {
        Some((at + 1, Change::None))
    }
}

fn in_text(bytes: &[u8], at: usize, interpolated: bool, verbatim: bool, quote: &str) -> (usize, Change) {
    let rest = &bytes[at..];
    let quote = quote.as_bytes();
    if rest.starts_with(quote) {
        // A doubled quote in a verbatim string stands for one quote.
        if verbatim && rest[quote.len()..].starts_with(quote) {
            (at + 2 * quote.len(), Change::None)
        } else {
            (at + quote.len(), Change::Leave)
        }
    } else if !verbatim && rest[0] == b'\\' {
        (skip_escape(bytes, at), Change::None)
    } else if interpolated && (rest.starts_with(b"{{") || rest.starts_with(b"}}")) {
        (at + 2, Change::None)
    } else if interpolated && rest[0] == b'{' {
        (at + 1, Change::Enter(Inside::Code { close: b'}' }))
    } else {
        (at + 1, Change::None)
    }
}

/// Reads a string literal's prefix and opening quote.
fn string_start(rest: &[u8]) -> Option<(usize, Inside)> {
    let prefix: &[u8] = [&b"$@"[..], b"@$", b"$", b"@", b""].into_iter().find(|prefix| rest.starts_with(prefix))?;
    let quote = QUOTES.into_iter().find(|quote| rest[prefix.len()..].starts_with(quote.as_bytes()))?;
    let inside = Inside::Text { interpolated: prefix.contains(&b'$'), verbatim: prefix.contains(&b'@'), quote };
    Some((prefix.len() + quote.len(), inside))
}

fn end_of_character(bytes: &[u8], mut at: usize, apostrophe: &str) -> Option<usize> {
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at = skip_escape(bytes, at);
        } else if bytes[at..].starts_with(apostrophe.as_bytes()) {
            return Some(at + apostrophe.len());
        } else {
            at += 1;
        }
    }
    None
}

/// Skips a backslash and the character that it escapes, which may be a quote or an apostrophe written as an entity.
fn skip_escape(bytes: &[u8], at: usize) -> usize {
    let escaped = bytes.get(at + 1..).unwrap_or_default();
    let entity = QUOTES.iter().chain(&APOSTROPHES).find(|entity| escaped.starts_with(entity.as_bytes()));
    at + 1 + entity.map_or(1, |entity| entity.len())
}

fn closing(open: u8) -> Option<u8> {
    match open {
        b'(' => Some(b')'),
        b'[' => Some(b']'),
        b'{' => Some(b'}'),
        _ => None,
    }
}

fn find(bytes: &[u8], pattern: &[u8]) -> Option<usize> {
    bytes.windows(pattern.len()).position(|window| window == pattern)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn brackets_in_literals_and_comments_do_not_count() {
        let whole = [
            r#"(a == ")")"#,
            r#"(a == "\")")"#,
            r#"(a == @"\")"#,
            r#"(a == @"""()")"#,
            r#"(a == @"""\" + ")")"#,
            r#"(a == ')')"#,
            r"(a == '\'' || b == ')')",
            r#"($"{(x == ")" ? "}" : "{{")}")"#,
            r#"($@"{x}\")"#,
            r#"(@$"{{)")"#,
            r#"($"{$"{f(")")}"}")"#,
            "{ // )}\n return 1; }",
            "{ /* } ) */ return x[0]; }",
            r#"(h.GetValueOrDefault<string>("a") == "b" && x < 3)"#,
            "(a == &quot;)&quot;)",
            r"(a == &quot;\&quot;)&quot;)",
            "(a == @&quot;\\&quot;)",
            "(a == &apos;)&apos;)",
            "('é' + \"\\é)\")",
            "($\"{now:ddd, dd HH':'mm 'GMT)'}\")",
        ];
        for expression in whole {
            assert_eq!(end_of_expression(&format!("{expression}) }} \""), 0), Some(expression.len()), "{expression}");
        }
    }

    #[test]
    fn an_expression_that_never_ends_has_no_end() {
        for open in ["(", "(\"", "('", "(/*", "{ // }", "(]", "{)", "($\"{", "(@\"\"\")", "(\"\\"] {
            assert_eq!(end_of_expression(open, 0), None, "{open}");
        }
    }
}
