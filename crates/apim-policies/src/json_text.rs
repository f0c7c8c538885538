//! Reads valid JSON and keeps the text of its parts: their order and the digits of numbers as written.

/// Returns the members of an object: the name and the text of each value.
pub(crate) fn members(object: &str) -> impl Iterator<Item = (String, &str)> {
    parts(object).map(|member| {
        let key = split(member, b':').next().unwrap_or_default();
        let value = member[key.len()..].trim_start().trim_start_matches(':').trim();
        (serde_json::from_str(key).unwrap_or_default(), value)
    })
}

/// Returns the texts of the items of an array.
pub(crate) fn items(array: &str) -> impl Iterator<Item = &str> {
    parts(array)
}

/// Returns the number of levels in a text.
pub(crate) fn depth(json: &str) -> usize {
    outside_strings(json).map(|(_, _, depth)| depth).max().unwrap_or(0)
}

/// Returns the parts of an object or array.
fn parts(json: &str) -> impl Iterator<Item = &str> {
    let json = json.trim();
    let inside = json.get(1..json.len().saturating_sub(1)).unwrap_or_default().trim();
    split(inside, b',').filter(|part| !part.is_empty())
}

/// Splits at a character outside strings and on the outermost level.
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

/// Returns the bytes outside strings with their level. A bracket counts to the level inside it.
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
    fn levels_are_counted_outside_of_strings() {
        for (json, levels) in [("{}", 1), (r#"{"a":"[[[","b":[1]}"#, 2), (r#"{"\"[":[[]]}"#, 3), ("1", 0)] {
            assert_eq!(depth(json), levels, "{json}");
        }
    }

    #[test]
    fn parts_keep_their_text() {
        let found: Vec<_> = members(r#" { "a" : 1.50 , "b\u0063":[ 1, {"x":2} ],"d":"e,:}" } "#).collect();
        let expected = [("a", "1.50"), ("bc", r#"[ 1, {"x":2} ]"#), ("d", r#""e,:}""#)];
        assert_eq!(found, expected.map(|(name, value)| (name.to_owned(), value)));
        assert_eq!(items(found[1].1).collect::<Vec<_>>(), ["1", r#"{"x":2}"#]);
        assert_eq!(items("[]").count(), 0);
    }
}
