//! The body of a call that the host does not forward: `Data`, with a value for each binding, and `Metadata`.

use std::sync::Arc;

use axum::extract::{FromRequest, Request};
use bytes::Bytes;
use http::{StatusCode, request::Parts};
use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Map, Value};

use super::{lenient, origin::InvocationId};
use crate::error::{Failure, InvocationError, PayloadError};

/// A call by the host. Extractors find it in the request's extensions.
#[derive(Clone, Debug)]
pub(crate) struct Payload {
    pub(crate) id: String,
    /// The name of the trigger's binding.
    trigger: String,
    data: Map<String, Value>,
    metadata: Map<String, Value>,
}

/// A payload's members. It must be an object: serde by itself would read `[]` as an object without members.
#[derive(Default)]
struct Members {
    data: Map<String, Value>,
    metadata: Map<String, Value>,
}

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Named {
            #[serde(default, alias = "data", deserialize_with = "lenient::unwrapped")]
            data: Map<String, Value>,
            #[serde(default, alias = "metadata", deserialize_with = "lenient::unwrapped")]
            metadata: Map<String, Value>,
        }
        let members = Map::deserialize(deserializer)?;
        let Named { data, metadata } = serde_json::from_value(Value::Object(members)).map_err(D::Error::custom)?;
        Ok(Self { data, metadata })
    }
}

/// The system data of an invocation, as in `SystemBindingData.cs` in Azure/azure-webjobs-sdk.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct SystemData {
    #[serde(alias = "utcNow", deserialize_with = "lenient::time")]
    utc_now: Option<Timestamp>,
}

impl Payload {
    /// Reads the body of the host's call.
    pub(crate) async fn read(request: Request, trigger: &str) -> Result<(Parts, Self), InvocationError> {
        let (parts, body) = request.into_parts();
        let id = InvocationId::from_headers(&parts.headers).to_string();
        let mut bodily = Request::new(body);
        // The extensions hold the limit of the body.
        bodily.extensions_mut().clone_from(&parts.extensions);
        let body = Bytes::from_request(bodily, &()).await.map_err(|rejection| match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => InvocationError::TooLarge,
            _ => InvocationError::Invalid(PayloadError::BrokenOff),
        })?;
        Ok((parts, Self::parse(&body, id, trigger)?))
    }

    pub(crate) fn parse(body: &[u8], id: String, trigger: &str) -> Result<Self, PayloadError> {
        let Members { data, metadata } = serde_json::from_slice(body).map_err(PayloadError::NotAPayload)?;
        if !data.contains_key(trigger) {
            let names: Vec<_> = data.keys().map(|name| format!("\"{name}\"")).collect();
            let names = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
            return Err(PayloadError::NoTrigger(trigger.to_owned(), names));
        }
        Ok(Self { id, trigger: trigger.to_owned(), data, metadata })
    }

    /// Returns the trigger's data, for a type that the host writes in several forms.
    pub(crate) fn trigger_form<T: Default + DeserializeOwned>(&self) -> Result<T, PayloadError> {
        let value = self.data.get(&self.trigger).cloned().unwrap_or_default();
        lenient::unwrapped(value).map_err(|error| PayloadError::Value(self.trigger.clone(), error))
    }

    /// Returns the trigger's data.
    pub(crate) fn trigger<T: DeserializeOwned>(&self) -> Result<T, PayloadError> {
        self.input(&self.trigger)
    }

    /// Returns the value of an input binding.
    pub(crate) fn input<T: DeserializeOwned>(&self, binding: &str) -> Result<T, PayloadError> {
        let value = self.data.get(binding).ok_or_else(|| PayloadError::NoBinding(binding.to_owned()))?;
        lenient::value(value).map_err(|error| PayloadError::Value(binding.to_owned(), error))
    }

    pub(crate) fn metadata<T: DeserializeOwned>(&self, name: &str) -> Option<T> {
        let named = self.metadata.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        named.and_then(|(_, value)| lenient::value(value).ok())
    }

    /// The time when the host made this invocation.
    pub(crate) fn invoked_at(&self) -> Result<Option<Timestamp>, PayloadError> {
        let system = self.metadata.iter().find(|(name, _)| name.eq_ignore_ascii_case("sys"));
        let system = system.map(|(_, value)| value.clone()).unwrap_or_default();
        let system: SystemData =
            lenient::unwrapped(system).map_err(|error| PayloadError::Value("sys".to_owned(), error))?;
        Ok(system.utc_now)
    }
}

/// Returns the payload of a request. If there is no payload, the error names `extractor`.
pub(crate) fn of_request(parts: &Parts, extractor: &'static str) -> Result<Arc<Payload>, InvocationError> {
    parts.extensions.get::<Arc<Payload>>().cloned().ok_or(InvocationError::Failed(Failure::NoPayload(extractor)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn parse(call: &Value) -> Result<Payload, PayloadError> {
        Payload::parse(call.to_string().as_bytes(), "none".to_owned(), "item")
    }

    #[test]
    fn the_time_of_the_invocation_is_read_from_sys() {
        let read = |metadata| {
            let call = parse(&json!({ "Data": { "item": 1 }, "Metadata": metadata })).unwrap();
            call.invoked_at().unwrap().map(|time| time.to_string())
        };
        let expected = Some("2026-11-21T09:30:00.0209Z".to_owned());
        assert_eq!(read(json!({ "sys": { "MethodName": "tick", "UtcNow": "2026-11-21T09:30:00.0209Z" } })), expected);
        assert_eq!(read(json!({ "sys": "{\"UtcNow\":\"2026-11-21T09:30:00.0209Z\"}" })), expected);
        assert_eq!(read(json!({})), None);
    }

    #[test]
    fn a_value_is_read_however_the_host_encodes_it() {
        let text = |item: Value| parse(&json!({ "Data": { "item": item } })).unwrap().trigger::<String>().unwrap();
        assert_eq!(text(json!("\"abc\"")), "abc");
        assert_eq!(text(json!("\"4\"")), "4", "a text that looks like a number");
        assert_eq!(text(json!("abc")), "abc", "as the documentation writes it");
        assert_eq!(text(json!("4")), "4");
        let number = parse(&json!({ "Data": { "item": "4" } })).unwrap().trigger::<u8>().unwrap();
        assert_eq!(number, 4);
        #[derive(Debug, Deserialize, PartialEq)]
        struct Order {
            id: u32,
        }
        let order = |item: Value| parse(&json!({ "Data": { "item": item } })).unwrap().trigger::<Order>().unwrap();
        for item in [json!({ "id": 7 }), json!("{\"id\":7}"), json!("\"{\\\"id\\\":7}\"")] {
            assert_eq!(order(item), Order { id: 7 });
        }
    }

    #[test]
    fn data_without_the_triggers_binding_names_both() {
        let error = parse(&json!({ "Data": { "other": 1 } })).unwrap_err().to_string();
        assert!(error.contains("\"item\"") && error.contains("it has \"other\""), "{error}");
        let error = parse(&json!({})).unwrap_err().to_string();
        assert!(error.contains("it has nothing"), "{error}");
    }

    #[test]
    fn metadata_is_found_in_any_case() {
        let call =
            parse(&json!({ "Data": { "item": "x" }, "Metadata": { "DequeueCount": "2", "Id": "\"7\"" } })).unwrap();
        assert_eq!(call.metadata::<u32>("dequeueCount"), Some(2));
        assert_eq!(call.metadata::<String>("Id").as_deref(), Some("7"));
        assert_eq!(call.metadata::<String>("Other"), None);
    }
}
