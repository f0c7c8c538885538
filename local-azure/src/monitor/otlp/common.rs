//! The messages of all signals: resources, scopes, attributes. In JSON, which only logs use, names are in
//! lowerCamelCase, IDs are hexadecimal digits, and a number of 64 bits may be a text.

use base64::{Engine as _, prelude::BASE64_STANDARD};
use serde::{Deserialize, Deserializer, de::Error as _};
use serde_json::{Map, Value as Json};

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::monitor) struct Resource {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
}

/// The library that made the data.
#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::monitor) struct Scope {
    #[prost(string, tag = "1")]
    pub(in crate::monitor) name: String,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::monitor) struct KeyValue {
    #[prost(string, tag = "1")]
    pub(in crate::monitor) key: String,
    #[prost(message, optional, tag = "2")]
    pub(in crate::monitor) value: Option<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct AnyValue {
    #[prost(oneof = "Value", tags = "1, 2, 3, 4, 5, 6, 7")]
    pub(in crate::monitor) value: Option<Value>,
}

#[derive(Clone, PartialEq, prost::Oneof, Deserialize)]
pub(in crate::monitor) enum Value {
    #[prost(string, tag = "1")]
    #[serde(rename = "stringValue")]
    Text(String),
    #[prost(bool, tag = "2")]
    #[serde(rename = "boolValue")]
    Bool(bool),
    #[prost(int64, tag = "3")]
    #[serde(rename = "intValue", deserialize_with = "i64_or_text")]
    Int(i64),
    #[prost(double, tag = "4")]
    #[serde(rename = "doubleValue")]
    Double(f64),
    #[prost(message, tag = "5")]
    #[serde(rename = "arrayValue")]
    Array(ArrayValue),
    #[prost(message, tag = "6")]
    #[serde(rename = "kvlistValue")]
    Map(KeyValueList),
    #[prost(bytes, tag = "7")]
    #[serde(rename = "bytesValue", deserialize_with = "base64")]
    Bytes(Vec<u8>),
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(in crate::monitor) struct ArrayValue {
    #[prost(message, repeated, tag = "1")]
    values: Vec<AnyValue>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(default)]
pub(in crate::monitor) struct KeyValueList {
    #[prost(message, repeated, tag = "1")]
    values: Vec<KeyValue>,
}

impl AnyValue {
    fn json(&self) -> Json {
        match &self.value {
            None => Json::Null,
            Some(Value::Text(text)) => text.as_str().into(),
            Some(Value::Bool(value)) => (*value).into(),
            Some(Value::Int(value)) => (*value).into(),
            Some(Value::Double(value)) => (*value).into(),
            Some(Value::Array(list)) => list.values.iter().map(Self::json).collect(),
            Some(Value::Map(list)) => list.values.iter().map(|one| (one.key.clone(), one.json())).collect(),
            Some(Value::Bytes(bytes)) => BASE64_STANDARD.encode(bytes).into(),
        }
    }

    /// Returns a text unchanged, and any other value as JSON.
    pub(in crate::monitor) fn text(&self) -> String {
        match &self.value {
            None => String::new(),
            Some(Value::Text(text)) => text.clone(),
            Some(_) => self.json().to_string(),
        }
    }
}

impl KeyValue {
    fn json(&self) -> Json {
        self.value.as_ref().map_or(Json::Null, AnyValue::json)
    }

    pub(in crate::monitor) fn text(&self) -> String {
        self.value.as_ref().map(AnyValue::text).unwrap_or_default()
    }
}

impl<'de> Deserialize<'de> for AnyValue {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let members = Map::deserialize(deserializer)?;
        let value = if members.is_empty() { None } else { Some(serde_json::from_value(members.into())) };
        Ok(Self { value: value.transpose().map_err(D::Error::custom)? })
    }
}

/// A whole number, as a JSON number or in a text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Number<T> {
    Number(T),
    Text(String),
}

fn i64_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    match Number::deserialize(deserializer)? {
        Number::Number(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

pub(super) fn u64_or_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    match Number::deserialize(deserializer)? {
        Number::Number(number) => Ok(number),
        Number::Text(text) => text.parse().map_err(D::Error::custom),
    }
}

pub(super) fn hexadecimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text = String::deserialize(deserializer)?;
    let digits: Option<Vec<u8>> =
        text.chars().map(|one| one.to_digit(16).and_then(|digit| digit.try_into().ok())).collect();
    let digits = digits.filter(|digits| digits.len() % 2 == 0);
    let digits = digits.ok_or_else(|| D::Error::custom("an ID is a text of hexadecimal digits"))?;
    Ok(digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}

fn base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    BASE64_STANDARD.decode(String::deserialize(deserializer)?).map_err(D::Error::custom)
}
