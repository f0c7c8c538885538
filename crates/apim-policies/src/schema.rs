//! JSON schemas, including those of `OpenAPI` 3.0 documents.

use std::{collections::BTreeMap, fmt, sync::OnceLock};

use jsonschema::Validator;
use serde_json::{Map, Value};

/// A schema of the service or of an operation.
pub struct Schema {
    id: String,
    document: Value,
    /// The validators of the schema as written, with additional properties allowed everywhere, and with none allowed.
    validators: [OnceLock<Validator>; 3],
}

/// The reason why a text is not a schema.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct SchemaError(String);

impl Schema {
    /// Creates a schema with its identifier.
    ///
    /// # Errors
    /// When it is not a JSON schema.
    pub fn new(id: &str, document: &Value) -> Result<Self, SchemaError> {
        let document = normal(document);
        let validator = validator_of(&document)?;
        Ok(Self { id: id.to_owned(), document, validators: [validator.into(), OnceLock::new(), OnceLock::new()] })
    }

    /// Returns the schema's identifier.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns a part of the schema, as `#/components/schemas/address`.
    pub(crate) fn part(&self, reference: &str) -> Result<Self, SchemaError> {
        let mut document = self.document.clone();
        if !reference.starts_with('#') || document.pointer(&reference[1..]).is_none() {
            return Err(SchemaError("it names no part of the schema".to_owned()));
        }
        if let Value::Object(members) = &mut document {
            members.retain(|name, _| {
                !matches!(name.as_str(), "type" | "properties" | "required" | "oneOf" | "allOf" | "anyOf")
            });
            members.insert("$ref".to_owned(), reference.into());
        }
        Self::new(&self.id, &document)
    }

    /// Returns the error of a value; `None` if the value fits. `additional` overrides whether objects may have
    /// properties that the schema does not name.
    pub(crate) fn mismatch(&self, value: &Value, additional: Option<bool>) -> Option<String> {
        let place = match additional {
            None => 0,
            Some(true) => 1,
            Some(false) => 2,
        };
        let validator = match (self.validators[place].get(), additional) {
            (Some(validator), _) => validator,
            (None, Some(allowed)) => {
                let document = with_additional(&self.document, allowed);
                match validator_of(&document) {
                    Ok(made) => self.validators[place].get_or_init(|| made),
                    Err(error) => return Some(error.to_string()),
                }
            }
            (None, None) => return None,
        };
        let error = validator.iter_errors(value).next()?;
        let path = error.instance_path().to_string();
        Some(if path.is_empty() { error.to_string() } else { format!("{error} Path: {path}") })
    }

    /// Returns the value with the schema's property names, if only the letter case differs.
    pub(crate) fn in_its_case(&self, value: &Value) -> Value {
        let mut names = BTreeMap::new();
        property_names(&self.document, &mut names);
        renamed(value, &names)
    }

    /// Reads a text as a value of the schema's type, for example as a number or boolean.
    pub(crate) fn value_of(&self, text: &str) -> Value {
        let types = match self.document.get("type") {
            Some(Value::String(one)) => vec![one.as_str()],
            Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
            _ => Vec::new(),
        };
        let read = |kind: &&str| match *kind {
            "integer" | "number" => text.parse::<serde_json::Number>().ok().map(Value::Number),
            "boolean" => text.parse().ok().map(Value::Bool),
            "array" => Some(text.split(',').map(Value::from).collect()),
            _ => None,
        };
        types.iter().find_map(read).unwrap_or_else(|| Value::from(text))
    }

    /// Reports whether the schema accepts several values.
    pub(crate) fn is_array(&self) -> bool {
        self.document.get("type").and_then(Value::as_str) == Some("array")
    }
}

/// Creates a validator. It checks formats such as `uuid` in every draft.
fn validator_of(document: &Value) -> Result<Validator, SchemaError> {
    let made = jsonschema::options().should_validate_formats(true).build(document);
    made.map_err(|error| SchemaError(error.to_string()))
}

impl fmt::Debug for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Schema").field(&self.id).finish()
    }
}

/// Collects the names of all properties in a schema, by their lower case.
fn property_names(schema: &Value, names: &mut BTreeMap<String, String>) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| property_names(item, names)),
        Value::Object(members) => {
            if let Some(Value::Object(properties)) = members.get("properties") {
                names.extend(properties.keys().map(|name| (name.to_lowercase(), name.clone())));
            }
            members.values().for_each(|member| property_names(member, names));
        }
        _ => {}
    }
}

fn renamed(value: &Value, names: &BTreeMap<String, String>) -> Value {
    match value {
        Value::Array(items) => items.iter().map(|item| renamed(item, names)).collect(),
        Value::Object(members) => {
            let name = |written: &String| names.get(&written.to_lowercase()).unwrap_or(written).clone();
            Value::Object(members.iter().map(|(written, member)| (name(written), renamed(member, names))).collect())
        }
        plain => plain.clone(),
    }
}

/// Returns the schema in the form of current JSON schema: `OpenAPI` 3.0 has `nullable`, and booleans for exclusive
/// bounds.
fn normal(schema: &Value) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(normal).collect(),
        Value::Object(members) => {
            let mut new: Map<_, _> = members.iter().map(|(name, value)| (name.clone(), normal(value))).collect();
            if new.get("nullable") == Some(&Value::Bool(true))
                && let Some(kind @ Value::String(_)) = new.get("type").cloned()
            {
                new.insert("type".to_owned(), Value::Array(vec![kind, "null".into()]));
            }
            for (exclusive, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
                match new.get(exclusive) {
                    Some(Value::Bool(true)) => {
                        let bound = new.remove(bound).unwrap_or(Value::Null);
                        new.insert(exclusive.to_owned(), bound);
                    }
                    Some(Value::Bool(false)) => drop(new.remove(exclusive)),
                    _ => {}
                }
            }
            Value::Object(new)
        }
        other => other.clone(),
    }
}

/// Returns the schema with `additionalProperties` set on every object schema in it.
fn with_additional(schema: &Value, allowed: bool) -> Value {
    match schema {
        Value::Array(items) => items.iter().map(|item| with_additional(item, allowed)).collect(),
        Value::Object(members) => {
            let new = members.iter().map(|(name, value)| (name.clone(), with_additional(value, allowed)));
            let mut new: Map<_, _> = new.collect();
            if new.get("properties").is_some_and(Value::is_object) {
                new.insert("additionalProperties".to_owned(), allowed.into());
            }
            Value::Object(new)
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn openapi_schemas_mean_what_they_mean_there() {
        let schema = json!({ "type": "object", "required": ["a"], "properties": {
            "a": { "type": "string", "nullable": true },
            "n": { "type": "integer", "minimum": 0, "exclusiveMinimum": true },
            "id": { "type": "string", "pattern": "^[a-z]+$" },
            "key": { "type": "string", "format": "uuid" },
            "count": { "type": "integer", "format": "int32" },
            "at": { "type": "string", "format": "date-time" },
            "part": { "$ref": "#/$defs/part" } },
            "$defs": { "part": { "type": "object", "properties": { "x": { "type": "boolean" } } } } });
        let schema = Schema::new("s", &schema).unwrap();
        for (value, fits) in [
            (json!({ "a": "x" }), true),
            (json!({ "a": null, "n": 1, "more": 1 }), true),
            (json!({}), false),
            (json!({ "a": 1 }), false),
            (json!({ "a": "x", "n": 0 }), false),
            (json!({ "a": "x", "id": "A" }), false),
            (json!({ "a": "x", "part": { "x": 1 } }), false),
            (json!({ "a": "x", "key": "6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10", "count": 7 }), true),
            (json!({ "a": "x", "key": "six" }), false),
            (json!({ "a": "x", "at": "2026-01-31T00:00:00Z" }), true),
            (json!({ "a": "x", "at": "31 January" }), false),
        ] {
            assert_eq!(schema.mismatch(&value, None).is_none(), fits, "{value}");
        }
        let more = json!({ "a": "x", "more": 1 });
        assert!(schema.mismatch(&more, Some(false)).is_some() && schema.mismatch(&more, Some(true)).is_none());
        let part = schema.part("#/$defs/part").unwrap();
        assert!(part.mismatch(&json!({ "x": true }), None).is_none());
        assert!(part.mismatch(&json!({ "x": 1 }), None).is_some());
        assert!(schema.part("#/none").is_err() && Schema::new("s", &json!({ "type": 1 })).is_err());
    }
}
