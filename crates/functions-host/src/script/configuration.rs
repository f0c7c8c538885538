//! Converts `host.json` into configuration. Names match in any letter case, and every leaf is a text. .NET's converter
//! reads the text as the type of its option.
//!
//! Source: `HostJsonFileConfigurationSource.cs` of `Azure/azure-functions-host` and `ConfigurationBinder.cs` of
//! `dotnet/runtime`.

use serde::{Deserialize, Deserializer, de::DeserializeOwned, de::Error};
use serde_json::{Map, Value};

use super::member_names::documented;
use crate::json::{self, Json};

/// Returns the document as configuration: members are spelt as documented, each leaf is a text, and null is the empty
/// text.
pub(super) fn from_document(document: &Json) -> Value {
    match document {
        Json::Array(items) => Value::Array(items.iter().map(from_document).collect()),
        Json::Object(members) => {
            let mut configuration = Value::Object(Map::new());
            for (name, value) in members {
                let member = Map::from_iter([(documented(name), from_document(value))]);
                merge(&mut configuration, Value::Object(member));
            }
            configuration
        }
        leaf => Value::String(leaf.scalar_text().unwrap_or_default()),
    }
}

/// Merges `over` into `under`: objects by member, in any letter case, and lists by item.
pub(super) fn merge(under: &mut Value, over: Value) {
    match (under, over) {
        (Value::Object(under), Value::Object(over)) => {
            for (name, value) in over {
                let known = under.keys().find(|known| known.eq_ignore_ascii_case(&name)).cloned();
                merge(under.entry(known.unwrap_or(name)).or_insert(Value::Null), value);
            }
        }
        (Value::Array(under), Value::Array(over)) => {
            for (at, value) in over.into_iter().enumerate() {
                match under.get_mut(at) {
                    Some(item) => merge(item, value),
                    None => under.push(value),
                }
            }
        }
        (under, over) => *under = over,
    }
}

/// Reads `true` or `false` in any letter case. Other texts are refused.
pub(super) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    is_true(&value).ok_or_else(|| D::Error::custom(format!("{value} is not true or false")))
}

/// Reads a boolean that may be absent: the empty text stands for none.
pub(super) fn optional_boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match value.as_str() {
        Some("") => Ok(None),
        _ => is_true(&value).map(Some).ok_or_else(|| D::Error::custom(format!("{value} is not true or false"))),
    }
}

/// Returns the value of a text that .NET reads as a boolean.
pub(super) fn is_true(value: &Value) -> Option<bool> {
    match value.as_str().map(str::trim).map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Some(true),
        Some("false") => Some(false),
        _ => None,
    }
}

/// Reads a whole number.
pub(super) fn number<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr,
    D: Deserializer<'de>,
{
    let value = Value::deserialize(deserializer)?;
    let number = value.as_str().and_then(|text| text.trim().parse().ok());
    number.map(Some).ok_or_else(|| D::Error::custom(format!("{value} is not a number of the right size")))
}

/// Reads a list of texts. A text in its place is ignored.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Array(items) => Ok(texts(items)),
        Value::String(_) => Ok(Vec::new()),
        other => Err(D::Error::custom(format!("{other} is not a list"))),
    }
}

/// Reads a list of texts, or a text that holds a JSON list. Any other text is ignored.
pub(super) fn argument_list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    match Value::deserialize(deserializer)? {
        Value::Array(items) => Ok(texts(items)),
        Value::String(text) => Ok(list_in_text(&text).unwrap_or_default()),
        other => Err(D::Error::custom(format!("{other} is not a list"))),
    }
}

/// Returns the texts of a JSON list.
pub(super) fn list_in_text(text: &str) -> Option<Vec<String>> {
    match from_document(&json::read_whole(text).ok()?) {
        Value::Array(items) => Some(texts(items)),
        _ => None,
    }
}

fn texts(items: Vec<Value>) -> Vec<String> {
    items.into_iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
}

/// Reads a document or a section of it. The error begins with the place of the value, if the value is below the
/// document.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, String> {
    serde_path_to_error::deserialize(value).map_err(|error| {
        let (place, cause) = (error.path().to_string(), error.inner().to_string());
        let dot = if place.starts_with('[') { "" } else { "." };
        match place.as_str() {
            "." => cause,
            // The error of a section or an item already begins with the rest of the place.
            _ if cause.starts_with(['.', '[']) => format!("{dot}{place}{cause}"),
            _ => format!("{dot}{place}: {cause}"),
        }
    })
}

/// Reads a section. A text in its place is ignored.
pub(super) fn section<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: DeserializeOwned + Default,
    D: Deserializer<'de>,
{
    match Value::deserialize(deserializer)? {
        Value::String(_) => Ok(T::default()),
        section => read(section).map_err(D::Error::custom),
    }
}

/// Reads a section whose absence has a meaning. A text in its place is ignored.
pub(super) fn optional_section<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    match Value::deserialize(deserializer)? {
        Value::String(_) => Ok(None),
        section => read(section).map(Some).map_err(D::Error::custom),
    }
}

/// Reads a list of sections. A text in its place is ignored.
pub(super) fn items<'de, T, D>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    T: DeserializeOwned,
    D: Deserializer<'de>,
{
    match Value::deserialize(deserializer)? {
        Value::String(_) => Ok(Vec::new()),
        list => read(list).map_err(D::Error::custom),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use serde::Deserialize;

    use super::{from_document, items, list_in_text, merge, read};
    use crate::json::read_whole;

    #[derive(Debug, Deserialize)]
    struct List {
        #[serde(deserialize_with = "items")]
        entries: Vec<Entry>,
    }

    #[derive(Debug, Deserialize)]
    struct Entry {
        #[serde(rename = "name")]
        _name: String,
    }

    #[test]
    fn section_1_1_an_error_within_a_list_names_the_item() {
        let list = json!({ "entries": [{ "name": "a" }, { "name": {} }] });
        let error = read::<List>(list).unwrap_err();
        assert!(error.starts_with(".entries[1].name: invalid type: map"), "{error}");
        let error = read::<List>(json!({ "entries": [{ "name": "a" }, "b"] })).unwrap_err();
        assert!(error.starts_with(".entries[1]: invalid type: string"), "{error}");
        assert!(read::<List>(json!({ "entries": "ignored" })).unwrap().entries.is_empty());
    }

    #[test]
    fn section_1_1_every_leaf_is_a_text_and_names_in_two_spellings_are_one() {
        let document = "{ 'FUNCTIONTIMEOUT': null, customHandler: { port: 3000.0, Type: true },
                          CustomHandler: { 'Port': 7, x: 1e30 }, functions: ['a', null, 5] }";
        let expected = json!({
            "functionTimeout": "",
            "customHandler": { "port": "7", "type": "True", "x": "1E+30" },
            "functions": ["a", "", "5"],
        });
        assert_eq!(from_document(&read_whole(document).unwrap()), expected);
    }

    #[test]
    fn section_1_1_items_of_lists_merge_by_their_index() {
        let mut under = json!({ "a": ["1", "2"], "b": "x" });
        merge(&mut under, json!({ "A": ["3"], "c": {} }));
        assert_eq!(under, json!({ "a": ["3", "2"], "b": "x", "c": {} }));
        assert_eq!(list_in_text("['a', 1]"), Some(vec!["a".to_owned(), "1".to_owned()]));
        assert_eq!(list_in_text("--a b"), None);
    }
}
