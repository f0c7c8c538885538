//! Request bodies: JSON objects with known members. Refusals use the texts of the public API.

use axum::body::{Body, to_bytes};
use http::{HeaderMap, header};
use serde_json::{Map, Value};

use super::refusal::ModelRefusal;

const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// A request's JSON object.
pub(super) struct Object(Map<String, Value>);

impl Object {
    pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Self, ModelRefusal> {
        let media_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let essence = media_type.split(';').next().unwrap_or_default().trim();
        if !essence.eq_ignore_ascii_case("application/json") {
            return Err(ModelRefusal::NotJson(essence.to_owned()));
        }
        let bytes = to_bytes(body, LARGEST_BODY).await.map_err(|_| ModelRefusal::Unreadable)?;
        // The public API's text continues with a hint that names its parser.
        let unparsed = || ModelRefusal::Invalid {
            message: "We could not parse the JSON body of your request.".to_owned(),
            param: None,
            code: None,
        };
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(members)) => Ok(Self(members)),
            _ => Err(unparsed()),
        }
    }

    /// Returns a member; null counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Refuses unknown members, and known members that local-azure does not simulate.
    pub(super) fn only(&self, known: &[&str], not_played: &[&str]) -> Result<(), ModelRefusal> {
        for (name, value) in &self.0 {
            if known.contains(&name.as_str()) || value.is_null() {
                continue;
            }
            let is_empty = value.as_array().is_some_and(Vec::is_empty);
            if not_played.contains(&name.as_str()) {
                if is_empty {
                    continue;
                }
                return Err(ModelRefusal::not_played(name, name));
            }
            return Err(ModelRefusal::invalid(format!("Unknown parameter: '{name}'."), name, "unknown_parameter"));
        }
        Ok(())
    }

    pub(super) fn bool(&self, name: &str) -> Result<bool, ModelRefusal> {
        match self.get(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(other) => Err(wrong_type(name, "a boolean", other)),
        }
    }

    pub(super) fn text(&self, name: &str) -> Result<Option<&str>, ModelRefusal> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(wrong_type(name, "a string", other)),
        }
    }

    /// Returns a whole number that is at least `least`.
    pub(super) fn count(&self, name: &str, least: u64) -> Result<Option<u64>, ModelRefusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        match value.as_u64() {
            Some(number) if number >= least => Ok(Some(number)),
            _ if value.is_i64() || value.is_u64() => Err(ModelRefusal::invalid(
                format!(
                    "Invalid '{name}': integer below minimum value. Expected a value >= {least}, but got {value} instead."
                ),
                name,
                "integer_below_min_value",
            )),
            _ => Err(wrong_type(name, "an integer", value)),
        }
    }

    /// Returns a number in a range.
    pub(super) fn number(&self, name: &str, least: f64, most: f64) -> Result<Option<f64>, ModelRefusal> {
        let Some(value) = self.get(name) else { return Ok(None) };
        let Some(number) = value.as_f64() else { return Err(wrong_type(name, "a decimal", value)) };
        if number < least {
            let code = "decimal_below_min_value";
            let message = format!(
                "Invalid '{name}': decimal below minimum value. Expected a value >= {least}, but got {value} instead."
            );
            return Err(ModelRefusal::invalid(message, name, code));
        }
        if number > most {
            let code = "decimal_above_max_value";
            let message = format!(
                "Invalid '{name}': decimal above maximum value. Expected a value <= {most}, but got {value} instead."
            );
            return Err(ModelRefusal::invalid(message, name, code));
        }
        Ok(Some(number))
    }

    pub(super) fn missing(name: &str) -> ModelRefusal {
        ModelRefusal::invalid(format!("Missing required parameter: '{name}'."), name, "missing_required_parameter")
    }
}

/// Refuses a member with the wrong type.
pub(super) fn wrong_type(name: &str, expected: &str, found: &Value) -> ModelRefusal {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(number) if number.is_f64() => "a decimal",
        Value::Number(_) => "an integer",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    ModelRefusal::invalid(
        format!("Invalid type for '{name}': expected {expected}, but got {found} instead."),
        name,
        "invalid_type",
    )
}
