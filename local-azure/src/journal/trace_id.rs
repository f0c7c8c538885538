//! The trace that a request belongs to, by its `traceparent`:
//! <https://www.w3.org/TR/trace-context/#traceparent-header>.

use std::{fmt, str::FromStr};

use http::HeaderMap;
use serde::Serialize;

/// A trace ID: 32 lower-case hexadecimal digits that are not all zero.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TraceId(u128);

/// The text is not a trace ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a trace ID is 32 lower-case hexadecimal digits, not all zero")]
pub struct NotTraceId;

impl TraceId {
    /// Returns the trace of a request. `None` if it has no `traceparent`, several, or an invalid one.
    #[must_use]
    pub fn from_headers(headers: &HeaderMap) -> Option<Self> {
        let mut values = headers.get_all("traceparent").iter();
        let (first, second) = (values.next()?, values.next());
        second.is_none().then(|| Self::from_traceparent(first.to_str().ok()?))?
    }

    /// Returns the trace with these bytes; `None` if all are zero.
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Option<Self> {
        Some(u128::from_be_bytes(bytes)).filter(|id| *id != 0).map(Self)
    }

    /// Returns the trace of a `traceparent` value.
    #[must_use]
    pub fn from_traceparent(value: &str) -> Option<Self> {
        let mut parts = value.trim().split('-');
        let (version, trace, parent, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let is_hex = |text: &str, length| {
            text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        };
        let is_valid = is_hex(version, 2) && version != "ff" && is_hex(parent, 16) && is_hex(flags, 2);
        let is_whole = version != "00" || parts.next().is_none();
        (is_valid && is_whole && parent.bytes().any(|byte| byte != b'0')).then(|| trace.parse().ok())?
    }
}

/// Returns the span that a request's valid `traceparent` names.
pub(crate) fn caller_span(headers: &HeaderMap) -> Option<String> {
    TraceId::from_headers(headers)?;
    headers.get("traceparent")?.to_str().ok()?.trim().split('-').nth(2).map(str::to_owned)
}

impl FromStr for TraceId {
    type Err = NotTraceId;

    fn from_str(text: &str) -> Result<Self, NotTraceId> {
        let is_hex = text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
        let id = is_hex.then(|| u128::from_str_radix(text, 16).ok()).flatten();
        id.filter(|id| *id != 0).map(Self).ok_or(NotTraceId)
    }
}

impl fmt::Display for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", self.0)
    }
}

impl fmt::Debug for TraceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for TraceId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for TraceId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::TraceId;

    #[test]
    fn a_traceparent_that_is_valid_names_its_trace() {
        let trace = "4bf92f3577b34da6a3ce929d0e0e4736";
        for value in [format!("00-{trace}-00f067aa0ba902b7-01"), format!("01-{trace}-00f067aa0ba902b7-01-more")] {
            assert_eq!(TraceId::from_traceparent(&value).unwrap().to_string(), trace);
        }
    }

    #[test]
    fn one_that_is_not_valid_names_none() {
        for value in [
            "",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        ] {
            assert_eq!(TraceId::from_traceparent(value), None, "{value}");
        }
    }
}
