//! One call by the host, when it does not forward an HTTP request.

use jiff::Timestamp;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error as _},
};
use serde_json::{Map, Value};

use super::{http::HttpOutput, lenient};

/// What the host sends. `D` has one member for each input binding, by the binding's name.
#[derive(Debug, Default)]
pub(crate) struct InvocationRequest<D> {
    pub(crate) data: D,
    metadata: Metadata,
}

/// Always an object. Serde on its own would take `[]` for one whose members are all absent.
impl<'de, D: Default + DeserializeOwned> Deserialize<'de> for InvocationRequest<D> {
    fn deserialize<T: Deserializer<'de>>(deserializer: T) -> Result<Self, T::Error> {
        let members = Map::deserialize(deserializer)?;
        let Members { data, metadata } = serde_json::from_value(Value::Object(members)).map_err(T::Error::custom)?;
        Ok(Self { data, metadata })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Members<D: Default + DeserializeOwned> {
    #[serde(alias = "data", deserialize_with = "lenient::unwrapped")]
    data: D,
    #[serde(alias = "metadata", deserialize_with = "lenient::unwrapped")]
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(alias = "Sys", deserialize_with = "lenient::unwrapped")]
    sys: Sys,
}

/// `SystemBindingData.cs` in Azure/azure-webjobs-sdk.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Sys {
    #[serde(alias = "utcNow", deserialize_with = "lenient::time")]
    utc_now: Option<Timestamp>,
}

impl<D> InvocationRequest<D> {
    /// When the host made this invocation.
    pub(crate) fn invoked_at(&self) -> Option<Timestamp> {
        self.metadata.sys.utc_now
    }
}

/// What the host wants back. It waits for a result object: after an empty 200 the invocation stays pending until the
/// function's time is over (`DefaultHttpWorkerService.cs` in Azure/azure-functions-host).
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InvocationResponse {
    outputs: Outputs,
    /// Lines for the log of this invocation. The host keeps them only if the invocation succeeds.
    logs: Vec<String>,
    /// Always null: the host would take an object for further outputs, and base64 in a string for bytes.
    return_value: (),
}

/// By the name of the binding.
#[derive(Debug, Default, Serialize)]
struct Outputs {
    #[serde(skip_serializing_if = "Option::is_none")]
    res: Option<HttpOutput>,
}

impl InvocationResponse {
    pub(crate) fn with_logs(logs: Vec<String>) -> Self {
        Self { logs, ..Self::default() }
    }

    /// For a function with an HTTP trigger: what its caller gets.
    pub(crate) fn with_http(res: HttpOutput) -> Self {
        Self { outputs: Outputs { res: Some(res) }, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_time_of_the_invocation_is_read_from_sys() {
        let read = |metadata| {
            let call: InvocationRequest<()> = serde_json::from_value(json!({ "Metadata": metadata })).unwrap();
            call.invoked_at().map(|time| time.to_string())
        };
        let expected = Some("2026-11-21T09:30:00.0209Z".to_owned());
        assert_eq!(read(json!({ "sys": { "MethodName": "tick", "UtcNow": "2026-11-21T09:30:00.0209Z" } })), expected);
        assert_eq!(read(json!({ "sys": "{\"UtcNow\":\"2026-11-21T09:30:00.0209Z\"}" })), expected);
        assert_eq!(read(json!({})), None);
    }

    #[test]
    fn the_answer_is_an_object_with_the_hosts_members() {
        let answer = InvocationResponse::with_logs(vec!["done".to_owned()]);
        assert_eq!(
            serde_json::to_value(answer).unwrap(),
            json!({ "Outputs": {}, "Logs": ["done"], "ReturnValue": null })
        );
    }
}
