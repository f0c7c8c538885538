//! The messages of OTLP that are read here. Field numbers are those of
//! <https://github.com/open-telemetry/opentelemetry-proto>. Members that are missing here are skipped, as OTLP
//! requires.

pub(super) mod common;
pub(super) mod logs;
pub(super) mod metrics;
pub(super) mod trace;
