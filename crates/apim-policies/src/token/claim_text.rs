//! Claims as text, which `required-claims` compares: the texts that Microsoft.IdentityModel makes of JSON.
//!
//! Objects and nested arrays keep the token's own text, with its blanks, escapes and order, so the claim is found in
//! the payload as it was written.

use crate::expression::double_text;

/// The values of a member of an object, which is valid JSON; the last one of that name counts.
pub(super) fn values(object: &str, name: &str) -> Vec<String> {
    let named = |member: &&str| {
        let key = split(member, b':').next().unwrap_or_default();
        serde_json::from_str::<String>(key).is_ok_and(|key| key == name)
    };
    let Some(member) = parts(object).filter(named).last() else { return Vec::new() };
    let key = split(member, b':').next().unwrap_or_default();
    let value = member[key.len()..].trim_start().trim_start_matches(':').trim();
    if value.starts_with('[') { parts(value).map(text_of).collect() } else { vec![text_of(value)] }
}

/// How many levels a text of valid JSON has.
pub(super) fn depth(json: &str) -> usize {
    let mut deepest = 0;
    for (_, _, depth) in outside_strings(json) {
        deepest = deepest.max(depth);
    }
    deepest
}

fn text_of(value: &str) -> String {
    let value = value.trim();
    match value.as_bytes().first() {
        Some(b'"') => serde_json::from_str(value).unwrap_or_default(),
        Some(b'n') | None => String::new(),
        Some(b'-' | b'0'..=b'9') => number(value),
        Some(_) => value.to_owned(),
    }
}

/// A whole number that fits 64 bits keeps its digits; any other one is a double.
fn number(text: &str) -> String {
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => whole.to_string(),
        (Err(_), Ok(number)) => double_text(number),
        (Err(_), Err(_)) => text.to_owned(),
    }
}

/// What an object or array holds, part by part.
fn parts(json: &str) -> impl Iterator<Item = &str> {
    let json = json.trim();
    let inside = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().trim();
    split(inside, b',').filter(|part| !part.is_empty())
}

/// Splits at a character that stands in no string and on the outermost level.
fn split(json: &str, at: u8) -> impl Iterator<Item = &str> {
    let mut from = 0;
    let cuts = outside_strings(json).filter(move |(_, byte, depth)| *byte == at && *depth == 0);
    let ends = cuts.map(|(index, ..)| index).chain([json.len()]);
    ends.map(move |end| {
        let part = json[from..end].trim();
        from = end + 1;
        part
    })
}

/// The bytes that stand in no string, with the level they are on; a bracket counts to the level inside it.
fn outside_strings(json: &str) -> impl Iterator<Item = (usize, u8, usize)> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    json.bytes().enumerate().filter_map(move |(index, byte)| {
        if in_string {
            in_string = escaped || byte != b'"';
            escaped = !escaped && byte == b'\\';
            return None;
        }
        match byte {
            b'"' => in_string = true,
            b'{' | b'[' => depth += 1,
            b'}' | b']' => {
                depth = depth.saturating_sub(1);
                return Some((index, byte, depth + 1));
            }
            _ => {}
        }
        Some((index, byte, depth))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn claims_have_the_texts_of_the_library() {
        let one = |json: &str| values(&format!("{{ \"x\" : 0 , \"c\" : {json} , \"y\":[{{}}] }}"), "c");
        for (json, text) in [
            (r#""a b""#, "a b"),
            (r#""a\u0062\"""#, "ab\""),
            ("12", "12"),
            ("1.0", "1"),
            ("1e3", "1000"),
            ("1.10", "1.1"),
            ("-0", "0"),
            ("9223372036854775807", "9223372036854775807"),
            ("12345678901234567890", "1.2345678901234567E+19"),
            ("true", "true"),
            ("null", ""),
            (r#"{ "a" : 1,"b":[ 1.0 ]}"#, r#"{ "a" : 1,"b":[ 1.0 ]}"#),
        ] {
            assert_eq!(one(json), [text], "{json}");
        }
        assert_eq!(
            one(r#"[ "a", 1.0, null, true, [ 1, 2 ], {"b" :"]"} ]"#),
            ["a", "1", "", "true", "[ 1, 2 ]", r#"{"b" :"]"}"#]
        );
        assert_eq!(one("[]"), Vec::<String>::new());
        assert_eq!(values(r#"{"c":1}"#, "d"), Vec::<String>::new());
    }

    #[test]
    fn levels_are_counted_outside_of_strings() {
        for (json, levels) in [("{}", 1), (r#"{"a":"[[[","b":[1]}"#, 2), (r#"{"\"[":[[]]}"#, 3)] {
            assert_eq!(depth(json), levels, "{json}");
        }
    }
}
