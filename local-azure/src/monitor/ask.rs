//! The rule and the signal of a request.
//!
//! The paths are those of
//! <https://learn.microsoft.com/azure/azure-monitor/containers/opentelemetry-protocol-ingestion>. The letter case of
//! the first segment varies between documents and does not matter. The letter case of the stream matters.

use super::{refusal::MonitorRefusal, signal::Signal};

/// The two hosts of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum HostKind {
    /// The host for logs and traces.
    Logs,
    Metrics,
}

#[derive(Debug, PartialEq, Eq)]
pub(super) struct MonitorRequest<'a> {
    pub(super) immutable_id: &'a str,
    pub(super) signal: Signal,
}

impl<'a> MonitorRequest<'a> {
    pub(super) fn from_path(path: &'a str, host: HostKind) -> Result<Self, MonitorRefusal> {
        let unknown = || MonitorRefusal::UnknownPath(path.to_owned());
        let segments: Vec<&str> = path.split('/').collect();
        let ["", rules, immutable_id, "streams", stream, "otlp", "v1", signal] = segments[..] else {
            return Err(unknown());
        };
        if !rules.eq_ignore_ascii_case("dataCollectionRules") {
            return Err(unknown());
        }
        let signal = match (stream, signal) {
            ("Microsoft-OTLP-Traces", "traces") => Signal::Traces,
            ("Microsoft-OTLP-Logs", "logs") => Signal::Logs,
            ("Custom-Metrics-Otel", "metrics") => Signal::Metrics,
            _ => return Err(unknown()),
        };
        if (signal == Signal::Metrics) != (host == HostKind::Metrics) {
            return Err(MonitorRefusal::OtherHost(signal));
        }
        Ok(Self { immutable_id, signal })
    }
}
