//! The three signals of OpenTelemetry.

/// The kind of the sent data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Signal {
    Traces,
    Logs,
    Metrics,
}
