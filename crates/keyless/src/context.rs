//! The trace context of the current task: its trace, and the span that is the parent of outbound calls.
//!
//! <https://www.w3.org/TR/trace-context/>

use std::fmt::{self, Write as _};

use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::task_local;
use tracing::span;

/// The name of the header with trace and span.
pub(crate) const TRACEPARENT: &str = "traceparent";

/// The name of the header to which vendors on the way add their data. It is passed on unchanged.
pub(crate) const TRACESTATE: &str = "tracestate";

/// The longest `tracestate` that is passed on. The recommendation asks for no more.
const LONGEST_STATE: usize = 512;

task_local! {
    static CURRENT: Option<TraceContext>;
}

/// The trace context of an outbound call.
#[derive(Clone, Debug)]
pub(crate) struct TraceContext {
    pub(crate) parent: HeaderValue,
    pub(crate) state: Option<HeaderValue>,
    /// The `tracing` span that was current when this context began. Inside a deeper span, this context is not the
    /// innermost.
    #[cfg_attr(not(feature = "telemetry"), expect(dead_code, reason = "read where spans are recorded"))]
    pub(crate) within: Option<span::Id>,
}

impl TraceContext {
    /// Reads the headers of a request. A malformed `traceparent` is ignored, and `tracestate` with it.
    pub(crate) fn from_headers(headers: &HeaderMap) -> Option<Self> {
        // The name is made once. A text would be parsed and looked up for each request.
        const NAME: HeaderName = HeaderName::from_static(TRACEPARENT);
        let parent = headers.get(NAME).filter(|value| TraceParent::from_header(value).is_some())?;
        Some(Self { parent: parent.clone(), state: state_of(headers), within: None })
    }
}

/// Joins several headers into one list.
fn state_of(headers: &HeaderMap) -> Option<HeaderValue> {
    let values = headers.get_all(TRACESTATE).iter().map(|value| value.to_str().ok());
    let joined = values.collect::<Option<Vec<_>>>()?.join(",");
    let is_passed_on = !joined.is_empty() && joined.len() <= LONGEST_STATE;
    HeaderValue::try_from(joined).ok().filter(|_| is_passed_on)
}

/// Returns the context that was given to this task.
pub(crate) fn of_task() -> Option<TraceContext> {
    CURRENT.try_with(Clone::clone).ok().flatten()
}

/// Runs `work` in this context.
pub(crate) fn carrying<F: Future>(context: Option<TraceContext>, work: F) -> impl Future<Output = F::Output> {
    CURRENT.scope(context, work)
}

/// A valid `traceparent` of version 00, or the part of a later version that has the same form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TraceParent {
    pub(crate) trace: [u8; 16],
    pub(crate) span: [u8; 8],
    pub(crate) flags: u8,
}

impl TraceParent {
    pub(crate) fn from_header(value: &HeaderValue) -> Option<Self> {
        Self::parse(value.to_str().ok()?)
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let [version] = hex::<1>(parts.next()?)?;
        let (trace, span) = (hex(parts.next()?)?, hex(parts.next()?)?);
        let [flags] = hex::<1>(parts.next()?)?;
        let is_known = version != 0xff && (version != 0 || parts.next().is_none());
        (is_known && trace != [0; 16] && span != [0; 8]).then_some(Self { trace, span, flags })
    }

    /// Reports whether the caller records the trace, or may do so.
    #[cfg(feature = "telemetry")]
    pub(crate) fn is_sampled(self) -> bool {
        self.flags & 1 == 1
    }

    #[cfg(feature = "telemetry")]
    pub(crate) fn to_header(self) -> Option<HeaderValue> {
        HeaderValue::try_from(self.to_string()).ok()
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("00-")?;
        self.trace.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        f.write_char('-')?;
        self.span.iter().try_for_each(|byte| write!(f, "{byte:02x}"))?;
        write!(f, "-{:02x}", self.flags)
    }
}

/// Reads lower-case hexadecimal digits only, because the recommendation allows no others.
fn hex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (mut bytes, digits) = ([0; N], text.as_bytes());
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? * 16 + digit(pair[1])?;
    }
    (digits.len() == 2 * N).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const VALUE: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    #[test]
    fn what_is_malformed_is_none() {
        assert!(TraceParent::parse(VALUE).is_some());
        for wrong in [
            "",
            "00",
            "00-1-2-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319z-b7ad6b7169203331-01",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331",
            "00-0af7651916cd43dd8448eb211c80319cb7ad6b7169203331-01",
        ] {
            assert_eq!(TraceParent::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(trace: [u8; 16], span: [u8; 8], flags: u8) {
            prop_assume!(trace != [0; 16] && span != [0; 8]);
            let parent = TraceParent { trace, span, flags };
            prop_assert_eq!(TraceParent::parse(&parent.to_string()), Some(parent));
            let later = format!("7f{}-more", &parent.to_string()[2..]);
            prop_assert_eq!(TraceParent::parse(&later), Some(parent));
        }

        #[test]
        fn whatever_is_read_is_written_the_same(text in "[0f][0-9a-fA-F]-[0-9a-fA-F]{31,33}-[0-9a-f]{15,17}-[0-9a-f]{1,3}(-.*)?|.*") {
            if let Some(parent) = TraceParent::parse(&text) {
                let version_00 = format!("00{}", &text[2..55]);
                prop_assert_eq!(parent.to_string(), version_00);
            }
        }
    }

    #[test]
    fn a_state_that_is_too_long_or_alone_is_not_passed_on() {
        let of = |pairs: &[(&'static str, &str)]| {
            let mut headers = HeaderMap::new();
            for (name, value) in pairs {
                headers.append(*name, value.parse().unwrap());
            }
            TraceContext::from_headers(&headers).map(|context| context.state)
        };
        let state = of(&[("traceparent", VALUE), ("tracestate", "a=1"), ("tracestate", "b=2")]);
        assert_eq!(state.unwrap().unwrap(), "a=1,b=2");
        assert!(of(&[("traceparent", VALUE), ("tracestate", &"x".repeat(513))]).unwrap().is_none());
        assert!(of(&[("tracestate", "a=1")]).is_none());
    }
}
