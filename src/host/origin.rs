//! Which invocation, and which trace, a request belongs to: for the log, where the host itself adds neither.

use std::fmt;

use http::{HeaderMap, HeaderName};
use uuid::Uuid;

/// The header by which the host names the invocation.
pub(crate) const INVOCATION_ID: HeaderName = HeaderName::from_static("x-azure-functions-invocationid");

/// The header by which a caller, or the host, names the trace.
///
/// <https://www.w3.org/TR/trace-context/#traceparent-header>
pub(crate) const TRACE_PARENT: HeaderName = HeaderName::from_static("traceparent");

/// The ID that the host gives each invocation, for the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvocationId(Option<Uuid>);

impl InvocationId {
    /// The host appends its ID to whatever the caller may have sent under this name, so the last one is the host's.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
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

/// The trace that an invocation is part of: 32 hexadecimal digits, not all of them 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceId(u128);

impl TraceId {
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut parts = headers.get(TRACE_PARENT)?.to_str().ok()?.split('-');
        let (version, trace) = (parts.next()?, parts.next()?);
        let hex =
            |text: &str, length| text.len() == length && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        if !hex(version, 2) || version == "ff" || !hex(trace, 32) || !hex(parts.next()?, 16) {
            return None;
        }
        u128::from_str_radix(trace, 16).ok().filter(|id| *id != 0).map(Self)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
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
        InvocationId::of(&headers).to_string()
    }

    fn trace(value: &str) -> Option<String> {
        let headers = HeaderMap::from_iter([(TRACE_PARENT, value.parse().unwrap())]);
        TraceId::of(&headers).map(|id| id.to_string())
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
    fn the_trace_is_the_second_part_of_traceparent() {
        let expected = Some("0af7651916cd43dd8448eb211c80319c".to_owned());
        assert_eq!(trace("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"), expected);
        assert_eq!(trace("cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-later"), expected);
        for wrong in [
            "",
            "00",
            "00-forged-line-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(trace(wrong), None, "{wrong}");
        }
    }
}
