//! GUIDs in the five forms that .NET parses.

use uuid::Uuid;

/// Reports whether a text is a GUID: `7d9a…` with or without hyphens, in braces or parentheses, or
/// `{0x…,0x…,0x…,{0x…,…}}`.
pub(super) fn is_guid(text: &str) -> bool {
    let text = text.trim();
    let bare = |open: char, close: char| text.strip_prefix(open).and_then(|text| text.strip_suffix(close));
    match (bare('{', '}'), bare('(', ')')) {
        (Some(inner), _) => is_hyphenated(inner) || is_hexadecimal(inner),
        (_, Some(inner)) => is_hyphenated(inner),
        _ => is_hyphenated(text) || (text.len() == 32 && Uuid::try_parse(text).is_ok()),
    }
}

fn is_hyphenated(text: &str) -> bool {
    text.len() == 36 && Uuid::try_parse(text).is_ok()
}

/// Reports whether a text is one number of 32 bits, two of 16, and eight of 8 in braces.
fn is_hexadecimal(text: &str) -> bool {
    let text: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let Some((outer, inner)) = text.split_once(",{") else { return false };
    let is_number = |text: &str, digits: usize| {
        let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
        hex.is_some_and(|hex| (1..=digits).contains(&hex.len()) && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
    };
    let outer: Vec<_> = outer.split(',').collect();
    let [a, b, c] = outer.as_slice() else { return false };
    let Some(inner) = inner.strip_suffix('}') else { return false };
    let bytes: Vec<_> = inner.split(',').collect();
    is_number(a, 8)
        && [b, c].iter().all(|part| is_number(part, 4))
        && bytes.len() == 8
        && bytes.iter().all(|part| is_number(part, 2))
}
