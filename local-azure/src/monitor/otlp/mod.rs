//! The messages of OTLP, as far as they are read here. Field numbers are those of
//! <https://github.com/open-telemetry/opentelemetry-proto>; members that are missing here are skipped, as OTLP asks.

pub(super) mod common;
pub(super) mod logs;
pub(super) mod metrics;
pub(super) mod trace;
