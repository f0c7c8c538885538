//! The values that a function returns to the host.

use std::{collections::BTreeMap, convert::Infallible};

use axum::response::{IntoResponse, IntoResponseParts, Response, ResponseParts};
use base64::{Engine, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::{Map, Value};

use super::http::HttpOutput;
use crate::{
    definition::{Definition, OutputBinding},
    error::Failure,
};

const RETURN: &str = "$return";

/// Values for the output bindings of a function, and lines for the log of its invocation.
///
/// A function without an HTTP trigger, such as a timer, returns it. An HTTP function returns it beside its response:
/// `(Outputs::new().with("orders", &order), StatusCode::ACCEPTED)`.
#[derive(Clone, Debug, Default)]
pub struct Outputs {
    values: BTreeMap<String, Result<Value, String>>,
    logs: Vec<String>,
}

impl Outputs {
    /// Makes outputs with no value and no line.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds the value of an output binding, by the binding's name in function.json. `$return` is also a name.
    ///
    /// A value that cannot be written as JSON, or a name that is not in function.json, fails the invocation.
    #[must_use]
    pub fn with(mut self, binding: &str, value: impl Serialize) -> Self {
        self.values.insert(binding.to_owned(), serde_json::to_value(value).map_err(|error| error.to_string()));
        self
    }

    /// Adds bytes as the value of an output binding.
    #[must_use]
    pub fn with_bytes(self, binding: &str, bytes: &[u8]) -> Self {
        self.with(binding, STANDARD.encode(bytes))
    }

    /// Adds a line to the log of the invocation. The host drops the lines of an invocation that fails.
    #[must_use]
    pub fn log(mut self, line: impl Into<String>) -> Self {
        self.logs.push(line.into());
        self
    }

    /// Returns the name of the first binding with a value.
    pub(crate) fn first_binding(&self) -> Option<&str> {
        self.values.keys().next().map(String::as_str)
    }

    /// Makes the result that the host reads: the values of all bindings, with the response of an HTTP function.
    pub(crate) fn into_result(
        self,
        definition: &Definition,
        response: Option<HttpOutput>,
    ) -> Result<InvocationResult, Failure> {
        let mut result = InvocationResult { logs: self.logs, ..InvocationResult::default() };
        for (name, value) in self.values {
            let value = value.map_err(|error| Failure::Output(name.clone(), error))?;
            let binding = definition.outputs.iter().find(|output| output.name == name);
            let binding = binding.ok_or_else(|| Failure::NoSuchOutput(name.clone()))?;
            result.set(&name, as_sent(value, binding));
        }
        if let (Some(response), Some(binding)) = (response, definition.http_output()) {
            let value = serde_json::to_value(response);
            let value = value.map_err(|error| Failure::Output(binding.name.clone(), error.to_string()))?;
            result.set(&binding.name, value);
        }
        Ok(result)
    }
}

/// Encodes a text as base64 if it would be read as base64. The host decodes every text that happens to be base64
/// (`test` is one), unless the binding is binary.
fn as_sent(value: Value, binding: &OutputBinding) -> Value {
    match value {
        Value::String(text) if !binding.is_http && !binding.is_binary => {
            let bare: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
            Value::String(if STANDARD.decode(bare).is_ok() { STANDARD.encode(text) } else { text })
        }
        value => value,
    }
}

/// The result object of an invocation. The host waits for it: after an empty 200 the invocation stays pending until the
/// function's time is over (`DefaultHttpWorkerService.cs` in Azure/azure-functions-host).
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct InvocationResult {
    outputs: Map<String, Value>,
    logs: Vec<String>,
    /// The value of the binding `$return`, otherwise null: the host would take an object for further outputs.
    return_value: Value,
}

impl InvocationResult {
    fn set(&mut self, binding: &str, value: Value) {
        if binding == RETURN {
            self.return_value = value;
        } else {
            self.outputs.insert(binding.to_owned(), value);
        }
    }
}

/// The return types of timers and other functions without an HTTP trigger: `()`, [`Outputs`], or a `Result` of either
/// with an error that is a response.
pub trait IntoOutputs {
    /// Returns the outputs, or the response of a failed invocation.
    ///
    /// # Errors
    /// The function failed.
    #[expect(clippy::result_large_err, reason = "a response is what axum's own types return")]
    fn into_outputs(self) -> Result<Outputs, Response>;
}

impl IntoOutputs for () {
    fn into_outputs(self) -> Result<Outputs, Response> {
        Ok(Outputs::default())
    }
}

impl IntoOutputs for Outputs {
    fn into_outputs(self) -> Result<Outputs, Response> {
        Ok(self)
    }
}

impl<O: IntoOutputs, E: IntoResponse> IntoOutputs for Result<O, E> {
    fn into_outputs(self) -> Result<Outputs, Response> {
        self.map_err(IntoResponse::into_response)?.into_outputs()
    }
}

/// Outputs travel in the extensions of a response.
impl IntoResponseParts for Outputs {
    type Error = Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Infallible> {
        parts.extensions_mut().insert(self);
        Ok(parts)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition() -> Definition {
        let text = r#"{"bindings":[
            {"type":"queueTrigger","name":"item"},
            {"type":"queue","name":"later","direction":"out"},
            {"type":"blob","name":"raw","direction":"out","dataType":"binary"},
            {"type":"table","name":"$return","direction":"out"}]}"#;
        Definition::read("f", text).unwrap()
    }

    fn result(outputs: Outputs) -> Value {
        serde_json::to_value(outputs.into_result(&definition(), None).unwrap()).unwrap()
    }

    #[test]
    fn the_result_is_an_object_with_the_hosts_members() {
        let expected = json!({ "Outputs": {}, "Logs": ["done"], "ReturnValue": null });
        assert_eq!(result(Outputs::new().log("done")), expected);
    }

    #[test]
    fn a_value_goes_to_the_binding_of_its_name() {
        let outputs = Outputs::new().with("later", json!({ "id": 7 })).with("$return", 7).with_bytes("raw", &[0, 255]);
        let expected = json!({ "Outputs": { "later": { "id": 7 }, "raw": "AP8=" }, "Logs": [], "ReturnValue": 7 });
        assert_eq!(result(outputs), expected);
    }

    #[test]
    fn a_text_that_the_host_would_decode_is_encoded_first() {
        assert_eq!(result(Outputs::new().with("later", "test"))["Outputs"]["later"], "dGVzdA==");
        assert_eq!(result(Outputs::new().with("later", "a test!"))["Outputs"]["later"], "a test!");
        assert_eq!(result(Outputs::new().with("raw", "test"))["Outputs"]["raw"], "test");
    }

    #[test]
    fn an_output_that_function_json_does_not_have_fails_the_invocation() {
        let failed = Outputs::new().with("other", 1).into_result(&definition(), None).unwrap_err();
        assert!(failed.to_string().contains("\"other\""), "{failed}");
        let not_json = BTreeMap::from([((1, 2), 3)]);
        let failed = Outputs::new().with("later", not_json).into_result(&definition(), None).unwrap_err();
        assert!(failed.to_string().contains("cannot be written as JSON"), "{failed}");
    }
}
