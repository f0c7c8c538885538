//! `opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest`.

use super::common::{KeyValue, Resource, Scope};

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct TraceRequest {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) resource_spans: Vec<ResourceSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct ResourceSpans {
    #[prost(message, optional, tag = "1")]
    pub(in crate::monitor) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(in crate::monitor) scope_spans: Vec<ScopeSpans>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct ScopeSpans {
    #[prost(message, optional, tag = "1")]
    pub(in crate::monitor) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(in crate::monitor) spans: Vec<Span>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct Span {
    #[prost(bytes = "vec", tag = "1")]
    pub(in crate::monitor) trace_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    pub(in crate::monitor) span_id: Vec<u8>,
    #[prost(bytes = "vec", tag = "4")]
    pub(in crate::monitor) parent_span_id: Vec<u8>,
    #[prost(string, tag = "5")]
    pub(in crate::monitor) name: String,
    #[prost(int32, tag = "6")]
    pub(in crate::monitor) kind: i32,
    #[prost(fixed64, tag = "7")]
    pub(in crate::monitor) start_time_unix_nano: u64,
    #[prost(fixed64, tag = "8")]
    pub(in crate::monitor) end_time_unix_nano: u64,
    #[prost(message, repeated, tag = "9")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
    #[prost(message, repeated, tag = "11")]
    pub(in crate::monitor) events: Vec<Event>,
    #[prost(message, optional, tag = "15")]
    pub(in crate::monitor) status: Option<Status>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct Event {
    #[prost(fixed64, tag = "1")]
    pub(in crate::monitor) time_unix_nano: u64,
    #[prost(string, tag = "2")]
    pub(in crate::monitor) name: String,
    #[prost(message, repeated, tag = "3")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct Status {
    #[prost(string, tag = "2")]
    pub(in crate::monitor) message: String,
    #[prost(int32, tag = "3")]
    pub(in crate::monitor) code: i32,
}
