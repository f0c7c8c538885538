//! `opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest`.

use serde::Deserialize;

use super::common::{AnyValue, KeyValue, Resource, Scope, hexadecimal, u64_or_text};

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::monitor) struct LogsRequest {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) resource_logs: Vec<ResourceLogs>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::monitor) struct ResourceLogs {
    #[prost(message, optional, tag = "1")]
    pub(in crate::monitor) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(in crate::monitor) scope_logs: Vec<ScopeLogs>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::monitor) struct ScopeLogs {
    #[prost(message, optional, tag = "1")]
    pub(in crate::monitor) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(in crate::monitor) log_records: Vec<LogRecord>,
}

#[derive(Clone, PartialEq, prost::Message, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::monitor) struct LogRecord {
    #[prost(fixed64, tag = "1")]
    #[serde(deserialize_with = "u64_or_text")]
    pub(in crate::monitor) time_unix_nano: u64,
    #[prost(int32, tag = "2")]
    pub(in crate::monitor) severity_number: i32,
    #[prost(string, tag = "3")]
    pub(in crate::monitor) severity_text: String,
    #[prost(message, optional, tag = "5")]
    pub(in crate::monitor) body: Option<AnyValue>,
    #[prost(message, repeated, tag = "6")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
    #[prost(bytes = "vec", tag = "9")]
    #[serde(deserialize_with = "hexadecimal")]
    pub(in crate::monitor) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "10")]
    #[serde(deserialize_with = "hexadecimal")]
    pub(in crate::monitor) span_id: Vec<u8>,
    #[prost(fixed64, tag = "11")]
    #[serde(deserialize_with = "u64_or_text")]
    pub(in crate::monitor) observed_time_unix_nano: u64,
}
