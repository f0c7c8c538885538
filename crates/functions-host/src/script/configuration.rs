//! How `host.json` becomes configuration: every leaf is a text, which .NET's converter reads as the type of its option.
//!
//! Source: `HostJsonFileConfigurationSource.cs` of `Azure/azure-functions-host` and `ConfigurationBinder.cs` of
//! `dotnet/runtime`.

use serde::{Deserialize, Deserializer, de::Error};
use serde_json::Value;

use crate::json;

/// Turns each scalar but null into its text.
pub(super) fn leaves_as_texts(value: Value) -> Value {
    match value {
        Value::Null => Value::Null,
        Value::String(_) => value,
        Value::Bool(true) => Value::String("True".to_owned()),
        Value::Bool(false) => Value::String("False".to_owned()),
        Value::Number(number) => Value::String(number.to_string()),
        Value::Array(items) => Value::Array(items.into_iter().map(leaves_as_texts).collect()),
        Value::Object(members) => {
            Value::Object(members.into_iter().map(|(name, value)| (name, leaves_as_texts(value))).collect())
        }
    }
}

/// `true` or `false` in any letter case, and nothing else; null is neither.
pub(super) fn boolean<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    let value = Value::deserialize(deserializer)?;
    match value.as_str().map(str::trim).map(str::to_ascii_lowercase).as_deref() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => Err(D::Error::custom(format!("{value} is neither true nor false"))),
    }
}

/// A whole number; null or nothing stands for none.
pub(super) fn number<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: std::str::FromStr,
    D: Deserializer<'de>,
{
    match Value::deserialize(deserializer)? {
        Value::Null => Ok(None),
        Value::String(text) if text.is_empty() => Ok(None),
        value => {
            let number = value.as_str().and_then(|text| text.trim().parse().ok());
            number.map(Some).ok_or_else(|| D::Error::custom(format!("{value} is not a number of the right size")))
        }
    }
}

/// A list of texts; also a text that holds a JSON list. Another text is ignored.
pub(super) fn list<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    let items = match Value::deserialize(deserializer)? {
        Value::Array(items) => items,
        Value::String(text) => match json::read_whole(&text).map(|document| document.to_value()) {
            Ok(Value::Array(items)) => items,
            _ => Vec::new(),
        },
        Value::Object(_) | Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    };
    Ok(items.into_iter().filter_map(|item| leaves_as_texts(item).as_str().map(str::to_owned)).collect())
}
