//! The invocation and the trace of a request, for the log. The host adds neither to a line.

use std::fmt;

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header with the host's ID of the invocation.
pub(crate) const INVOCATION_ID: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");

/// The header with the trace, set by a caller or by the host.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
pub(crate) const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The ID that the host gives each invocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvocationId(Option<Uuid>);

impl InvocationId {
    /// Reads the host's ID. The host appends its ID to the caller's values of this header, so the host's ID is the last
    /// value.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Self {
        let last = headers.get_all(INVOCATION_ID).iter().next_back();
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

/// The trace of an invocation and the span that called it: a valid `traceparent`. Parts that versions after 00 may add
/// are cut off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TraceParent(String);

impl TraceParent {
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let text = headers.get(TRACE_PARENT)?.to_str().ok()?;
        let mut parts = text.split('-');
        let lengths = [2, 32, 16, 2];
        for (at, length) in lengths.into_iter().enumerate() {
            let part = parts.next()?;
            let hex = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            let zero = (at == 1 || at == 2) && part.bytes().all(|byte| byte == b'0');
            if part.len() != length || !hex || zero {
                return None;
            }
        }
        let version_00_has_more = text.starts_with("00") && parts.next().is_some();
        (!text.starts_with("ff") && !version_00_has_more).then(|| Self(text[..55].to_owned()))
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";

    fn id(values: &[&str]) -> String {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(INVOCATION_ID, value.parse().unwrap());
        }
        InvocationId::from_headers(&headers).to_string()
    }

    fn trace(value: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(TRACE_PARENT, value.parse().unwrap())]);
        TraceParent::from_headers(&headers).map(|trace| trace.to_string())
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
    fn the_trace_is_a_valid_traceparent_or_none() {
        let valid = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        assert_eq!(trace(valid).as_deref(), Some(valid));
        let later = trace("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later");
        assert_eq!(later.as_deref(), Some("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"));
        for wrong in [
            "",
            "00",
            "00-forged-line-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
        ] {
            assert_eq!(trace(wrong), None, "{wrong}");
        }
    }
}
