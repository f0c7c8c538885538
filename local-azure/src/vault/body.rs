//! The JSON of a request: <https://learn.microsoft.com/rest/api/keyvault/secrets/set-secret#request-body>.
//!
//! It is parsed by hand so that no refusal can repeat a value.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{refusal::VaultRefusal, secret::Properties};

/// The most bytes of a value. Source of all four limits:
/// <https://learn.microsoft.com/azure/key-vault/secrets/about-secrets>.
const LONGEST_VALUE: usize = 25 * 1024;
const LONGEST_CONTENT_TYPE: usize = 255;
const MOST_TAGS: usize = 15;
const LONGEST_TAG: usize = 512;

/// Reads the body of a set: a value and its properties.
pub(super) fn read_set(body: &[u8]) -> Result<(String, Properties), VaultRefusal> {
    let mut members = object(body)?;
    let value = text(members.remove("value"), "value", LONGEST_VALUE)?.ok_or(VaultRefusal::InvalidProperty("value"))?;
    Ok((value, properties(members)?))
}

/// Reads the body of an update. A property that the body omits does not change.
pub(super) fn read_update(body: &[u8]) -> Result<Properties, VaultRefusal> {
    properties(object(body)?)
}

/// Reads the body of a restore: a backup.
pub(super) fn read_restore(body: &[u8]) -> Result<String, VaultRefusal> {
    let mut members = object(body)?;
    let backup = text(members.remove("value"), "value", usize::MAX)?.ok_or(VaultRefusal::InvalidProperty("value"))?;
    nothing_else(&members)?;
    Ok(backup)
}

fn object(body: &[u8]) -> Result<Map<String, Value>, VaultRefusal> {
    match serde_json::from_slice(body) {
        Ok(Value::Object(members)) => Ok(members),
        _ => Err(VaultRefusal::NotAnObject),
    }
}

fn properties(mut members: Map<String, Value>) -> Result<Properties, VaultRefusal> {
    let content_type = text(members.remove("contentType"), "contentType", LONGEST_CONTENT_TYPE)?;
    let tags = tags(members.remove("tags"))?;
    // The service ignores unknown attributes and those that it sets itself: the SDK for C++ sends `tags` here.
    let mut attributes = match members.remove("attributes") {
        None | Some(Value::Null) => Map::new(),
        Some(Value::Object(attributes)) => attributes,
        Some(_) => return Err(VaultRefusal::InvalidProperty("attributes")),
    };
    nothing_else(&members)?;
    let properties = Properties {
        content_type,
        tags,
        enabled: switch(attributes.remove("enabled"))?,
        not_before: seconds(attributes.remove("nbf"), "nbf")?,
        expires: seconds(attributes.remove("exp"), "exp")?,
    };
    Ok(properties)
}

fn nothing_else(members: &Map<String, Value>) -> Result<(), VaultRefusal> {
    members.keys().next().map_or(Ok(()), |name| Err(VaultRefusal::UnknownProperty(name.clone())))
}

fn text(value: Option<Value>, name: &'static str, longest: usize) -> Result<Option<String>, VaultRefusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) if text.len() <= longest => Ok(Some(text)),
        Some(_) => Err(VaultRefusal::InvalidProperty(name)),
    }
}

fn switch(value: Option<Value>) -> Result<Option<bool>, VaultRefusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Bool(on)) => Ok(Some(on)),
        Some(_) => Err(VaultRefusal::InvalidProperty("enabled")),
    }
}

fn seconds(value: Option<Value>, name: &'static str) -> Result<Option<i64>, VaultRefusal> {
    match value {
        None | Some(Value::Null) => Ok(None),
        Some(value) => {
            let seconds = value.as_i64().filter(|seconds| *seconds >= 0);
            seconds.map(Some).ok_or(VaultRefusal::InvalidProperty(name))
        }
    }
}

fn tags(value: Option<Value>) -> Result<Option<BTreeMap<String, String>>, VaultRefusal> {
    let invalid = VaultRefusal::InvalidProperty("tags");
    let members = match value {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::Object(members)) if members.len() <= MOST_TAGS => members,
        Some(_) => return Err(invalid),
    };
    let tag = |(name, value)| match value {
        Value::String(value) if String::len(&name).max(value.len()) <= LONGEST_TAG => Some((name, value)),
        _ => None,
    };
    members.into_iter().map(tag).collect::<Option<_>>().map(Some).ok_or(invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(body: &Value) -> Result<(String, Properties), VaultRefusal> {
        read_set(body.to_string().as_bytes())
    }

    fn tags_of(count: usize) -> Value {
        (0..count).map(|n| (n.to_string(), Value::from("x"))).collect::<Map<_, _>>().into()
    }

    #[test]
    fn all_that_may_be_said_is_read() {
        let body = json!({ "value": "v", "contentType": "text/plain", "tags": { "a": "b" }, "attributes": {
            "enabled": false, "nbf": 1, "exp": 2, "created": 3, "updated": 4, "recoveryLevel": "x", "recoverableDays": 5,
        } });
        let (value, said) = set(&body).unwrap();
        assert_eq!((value.as_str(), said.content_type.as_deref()), ("v", Some("text/plain")));
        assert_eq!((said.enabled, said.not_before, said.expires), (Some(false), Some(1), Some(2)));
        assert_eq!(said.tags.unwrap()["a"], "b");
    }

    #[test]
    fn what_is_not_said_is_absent() {
        let body = json!({ "value": "", "contentType": null, "tags": null, "attributes": { "exp": null } });
        let (value, said) = set(&body).unwrap();
        assert_eq!(value, "");
        assert!(said.content_type.is_none() && said.tags.is_none() && said.enabled.is_none() && said.expires.is_none());
    }

    #[test]
    fn limits_are_inclusive() {
        let accepted = |body: &Value| assert!(set(body).is_ok(), "{body:.80}");
        let refused = |body: &Value, property: &str| match set(body) {
            Err(VaultRefusal::InvalidProperty(name)) => assert_eq!(name, property),
            other => panic!("{body:.80}: {:?}", other.err()),
        };
        accepted(&json!({ "value": "x".repeat(25 * 1024) }));
        refused(&json!({ "value": "x".repeat(25 * 1024 + 1) }), "value");
        accepted(&json!({ "value": "", "contentType": "x".repeat(255) }));
        refused(&json!({ "value": "", "contentType": "x".repeat(256) }), "contentType");
        accepted(&json!({ "value": "", "tags": tags_of(15) }));
        refused(&json!({ "value": "", "tags": tags_of(16) }), "tags");
        accepted(&json!({ "value": "", "tags": { "x".repeat(512): "x".repeat(512) } }));
        refused(&json!({ "value": "", "tags": { "x".repeat(513): "" } }), "tags");
        refused(&json!({ "value": "", "tags": { "x": "x".repeat(513) } }), "tags");
    }

    #[test]
    fn wrong_kinds_are_refused_by_name() {
        for (body, property) in [
            (json!({}), "value"),
            (json!({ "value": null }), "value"),
            (json!({ "value": 1 }), "value"),
            (json!({ "value": "", "contentType": 1 }), "contentType"),
            (json!({ "value": "", "tags": [] }), "tags"),
            (json!({ "value": "", "tags": { "a": 1 } }), "tags"),
            (json!({ "value": "", "attributes": [] }), "attributes"),
            (json!({ "value": "", "attributes": { "enabled": "yes" } }), "enabled"),
            (json!({ "value": "", "attributes": { "exp": "tomorrow" } }), "exp"),
            (json!({ "value": "", "attributes": { "nbf": -1 } }), "nbf"),
        ] {
            match set(&body) {
                Err(VaultRefusal::InvalidProperty(name)) => assert_eq!(name, property),
                other => panic!("{body}: {:?}", other.err()),
            }
        }
    }

    #[test]
    fn unknown_members_are_refused_by_name() {
        let body = json!({ "value": "", "colour": 1 });
        assert!(matches!(set(&body), Err(VaultRefusal::UnknownProperty(name)) if name == "colour"));
        // In `attributes`, the service ignores unknown members, as recorded with the SDK for C++.
        let (value, said) = set(&json!({ "value": "v", "attributes": { "tags": {}, "expires": 1 } })).unwrap();
        assert!(value == "v" && said.tags.is_none() && said.expires.is_none());
        let body = json!({ "value": "x" }).to_string();
        assert!(matches!(read_update(body.as_bytes()), Err(VaultRefusal::UnknownProperty(name)) if name == "value"));
        let body = json!({ "value": "x", "tags": {} }).to_string();
        assert!(matches!(read_restore(body.as_bytes()), Err(VaultRefusal::UnknownProperty(name)) if name == "tags"));
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "[]", "\"x\"", "{", "{\"value\":\"x\"} {}"] {
            assert!(matches!(read_set(body.as_bytes()), Err(VaultRefusal::NotAnObject)), "{body}");
        }
    }
}
