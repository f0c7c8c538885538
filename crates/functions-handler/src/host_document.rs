//! JSON files as the Functions host reads them (Newtonsoft.Json). They may have comments, single quotes, trailing
//! commas and a byte-order mark.

use jsonc_parser::{ParseOptions, parse_to_serde_value};
use serde_json::{Map, Value};

const AS_THE_HOST_READS: ParseOptions = ParseOptions {
    allow_comments: true,
    allow_loose_object_property_names: true,
    allow_trailing_commas: true,
    allow_missing_commas: false,
    allow_single_quoted_strings: true,
    allow_hexadecimal_numbers: true,
    allow_unary_plus_numbers: false,
    allow_bare_decimal_point_numbers: true,
    allow_non_finite_numbers: false,
    allow_extended_string_escapes: true,
};

/// The reason why the host cannot read a file as a document.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DocumentError {
    #[error("it is not JSON: {0}")]
    NotJson(String),
    #[error("it is not a JSON object")]
    NotAnObject,
}

/// Returns the members of the document.
pub(crate) fn read(text: &str) -> Result<Map<String, Value>, DocumentError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let value = parse_to_serde_value::<Value>(text, &AS_THE_HOST_READS);
    match value.map_err(|error| DocumentError::NotJson(error.to_string()))? {
        Value::Object(members) => Ok(members),
        _ => Err(DocumentError::NotAnObject),
    }
}

/// Finds a member by its name in any letter case.
pub(crate) fn member<'a>(members: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    members.iter().find(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_may_be_written_as_newtonsoft_takes_it() {
        let text = "\u{feff}{ // one\n 'a': 'x', /* two */ b: [1,], \"c\": null, }";
        let members = read(text).unwrap();
        assert_eq!(Value::Object(members), serde_json::json!({ "a": "x", "b": [1], "c": null }));
        let twice = read(r#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(twice["a"], 2, "the last of equal members counts");
        for text in ["", "[]", "7", "{", "{} {}"] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
