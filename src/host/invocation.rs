//! One call by the host, when it does not forward an HTTP request.

use std::fmt;

use http::HeaderMap;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::lenient;

/// The ID that the host gives each invocation, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvocationId(Option<Uuid>);

impl InvocationId {
    /// The host appends its ID to whatever the caller may have sent under this name, so the last one is the host's.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        let last = headers.get_all("x-azure-functions-invocationid").iter().next_back();
        let text = last.and_then(|value| value.to_str().ok()).and_then(|text| text.rsplit(',').next());
        Self(text.and_then(|text| Uuid::try_parse(text.trim()).ok()))
    }
}

impl fmt::Display for InvocationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(id) => id.fmt(f),
            None => f.write_str("none"),
        }
    }
}

/// What the host sends. `D` has one member for each input binding, by the binding's name.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
pub(crate) struct InvocationRequest<D: Default> {
    pub(crate) data: D,
    metadata: Metadata,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Metadata {
    #[serde(deserialize_with = "lenient::unwrapped")]
    sys: Sys,
}

/// `SystemBindingData.cs` in Azure/azure-webjobs-sdk.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Sys {
    #[serde(deserialize_with = "lenient::time")]
    utc_now: Option<Timestamp>,
}

impl<D: Default> InvocationRequest<D> {
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
    outputs: serde_json::Map<String, serde_json::Value>,
    /// Lines for the log of this invocation. The host keeps them only if the invocation succeeds.
    logs: Vec<String>,
    return_value: (),
}

impl InvocationResponse {
    pub(crate) fn with_logs(logs: Vec<String>) -> Self {
        Self { logs, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";

    fn id(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append("X-Azure-Functions-InvocationId", value.parse().unwrap());
        }
        InvocationId::of(&headers).to_string()
    }

    #[test]
    fn the_hosts_invocation_id_wins_over_the_callers() {
        assert_eq!(id(&[ID]), ID);
        assert_eq!(id(&["forged", ID]), ID);
        assert_eq!(id(&[&format!("forged, {ID}")]), ID);
    }

    #[test]
    fn an_invocation_id_that_is_no_guid_does_not_reach_the_log() {
        assert_eq!(id(&["x ERROR forged line"]), "none");
        assert_eq!(id(&[]), "none");
    }

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
