//! Decodes values that the host encodes in more than one way.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::Value;

/// Reads a value, a string that holds the JSON of that value, or nothing at all.
///
/// The host writes an object as an object, and every other value as JSON within a string. Versions of the host differ
/// (`ScriptInvocationContextExtensions.cs` in Azure/azure-functions-host).
pub(super) fn unwrapped<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Default + DeserializeOwned,
    D: Deserializer<'de>,
{
    let value = match Value::deserialize(deserializer)? {
        Value::String(text) => serde_json::from_str(&text).unwrap_or(Value::String(text)),
        other => other,
    };
    match value {
        Value::Null => Ok(T::default()),
        // Serde would read an array as an object, member by member.
        Value::Array(_) => Err(D::Error::custom("a list where the host sends none")),
        value => serde_json::from_value(value).map_err(D::Error::custom),
    }
}

/// Reads a string, a string that holds a string as JSON, or nothing at all.
///
/// Unlike [`unwrapped`], it reads `42` as text.
pub(super) fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?.unwrap_or_default();
    Ok(serde_json::from_str(&text).unwrap_or(text))
}

/// Reads a time. `None` for the year 1, which is the host's "never".
///
/// Hosts write an offset, or no offset for UTC. West of Greenwich the year 1 may become the year 0.
pub(super) fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = text(deserializer)?;
    if text.is_empty() || text == "null" {
        return Ok(None);
    }
    let time = match text.parse::<Timestamp>() {
        Ok(time) => time,
        Err(error) => match text.parse::<DateTime>() {
            Ok(date) => date.to_zoned(TimeZone::UTC).map_err(D::Error::custom)?.timestamp(),
            Err(_) => return Err(D::Error::custom(error)),
        },
    };
    Ok((time.to_zoned(TimeZone::UTC).year() > 1).then_some(time))
}

/// Reads a value of a type that the function chose. The value may stand as it is, wrapped once, or wrapped twice (a
/// text that holds JSON).
pub(super) fn value<T: DeserializeOwned>(value: &Value) -> Result<T, serde_json::Error> {
    let once = match value {
        Value::String(text) => serde_json::from_str(text).unwrap_or_else(|_| value.clone()),
        other => other.clone(),
    };
    let twice = once.as_str().and_then(|text| serde_json::from_str::<Value>(text).ok());
    let first = serde_json::from_value(once);
    first.or_else(|error| {
        let others = [Some(value.clone()), twice].into_iter().flatten();
        others.into_iter().find_map(|value| serde_json::from_value(value).ok()).ok_or(error)
    })
}
