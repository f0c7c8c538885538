//! Converts claims to text for the comparison in `required-claims`. The texts are those of Microsoft.IdentityModel.
//!
//! Objects and nested arrays keep the token's own text, with its blanks, escapes and order, so the claim is looked up
//! in the payload as written.

use crate::{
    expression::double_text,
    json_text::{items, members},
};

/// Returns the values of a member of an object, which must be valid JSON. The last member of that name counts.
pub(super) fn values(object: &str, name: &str) -> Vec<String> {
    let Some((_, value)) = members(object).filter(|(key, _)| key == name).last() else { return Vec::new() };
    if value.starts_with('[') { items(value).map(text_of).collect() } else { vec![text_of(value)] }
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

/// Writes a number. A whole number that fits 64 bits keeps its digits, and any other number is a double.
fn number(text: &str) -> String {
    match (text.parse::<i64>(), text.parse::<f64>()) {
        (Ok(whole), _) => whole.to_string(),
        (Err(_), Ok(number)) => double_text(number),
        (Err(_), Err(_)) => text.to_owned(),
    }
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
}
