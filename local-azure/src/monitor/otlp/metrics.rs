//! `opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest`.

use super::common::{KeyValue, Resource, Scope};

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct MetricsRequest {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) resource_metrics: Vec<ResourceMetrics>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct ResourceMetrics {
    #[prost(message, optional, tag = "1")]
    pub(in crate::monitor) resource: Option<Resource>,
    #[prost(message, repeated, tag = "2")]
    pub(in crate::monitor) scope_metrics: Vec<ScopeMetrics>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct ScopeMetrics {
    #[prost(message, optional, tag = "1")]
    pub(in crate::monitor) scope: Option<Scope>,
    #[prost(message, repeated, tag = "2")]
    pub(in crate::monitor) metrics: Vec<Metric>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct Metric {
    #[prost(string, tag = "1")]
    pub(in crate::monitor) name: String,
    #[prost(string, tag = "3")]
    pub(in crate::monitor) unit: String,
    #[prost(oneof = "Data", tags = "5, 7, 9, 10, 11")]
    pub(in crate::monitor) data: Option<Data>,
}

#[derive(Clone, PartialEq, prost::Oneof)]
pub(in crate::monitor) enum Data {
    #[prost(message, tag = "5")]
    Gauge(Numbers),
    #[prost(message, tag = "7")]
    Sum(Numbers),
    #[prost(message, tag = "9")]
    Histogram(Histogram),
    #[prost(message, tag = "10")]
    ExponentialHistogram(ExponentialHistogram),
    #[prost(message, tag = "11")]
    Summary(Summary),
}

/// `Gauge` and `Sum`.
#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct Numbers {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) data_points: Vec<NumberDataPoint>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct NumberDataPoint {
    #[prost(fixed64, tag = "3")]
    pub(in crate::monitor) time_unix_nano: u64,
    #[prost(message, repeated, tag = "7")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
    #[prost(oneof = "Number", tags = "4, 6")]
    pub(in crate::monitor) value: Option<Number>,
}

#[derive(Clone, Copy, PartialEq, prost::Oneof)]
pub(in crate::monitor) enum Number {
    #[prost(double, tag = "4")]
    Double(f64),
    #[prost(sfixed64, tag = "6")]
    Int(i64),
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct Histogram {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) data_points: Vec<HistogramDataPoint>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct HistogramDataPoint {
    #[prost(fixed64, tag = "3")]
    pub(in crate::monitor) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    pub(in crate::monitor) count: u64,
    #[prost(double, optional, tag = "5")]
    pub(in crate::monitor) sum: Option<f64>,
    #[prost(fixed64, repeated, tag = "6")]
    pub(in crate::monitor) bucket_counts: Vec<u64>,
    #[prost(double, repeated, tag = "7")]
    pub(in crate::monitor) explicit_bounds: Vec<f64>,
    #[prost(message, repeated, tag = "9")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct ExponentialHistogram {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) data_points: Vec<ExponentialHistogramDataPoint>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct ExponentialHistogramDataPoint {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
    #[prost(fixed64, tag = "3")]
    pub(in crate::monitor) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    pub(in crate::monitor) count: u64,
    #[prost(double, optional, tag = "5")]
    pub(in crate::monitor) sum: Option<f64>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct Summary {
    #[prost(message, repeated, tag = "1")]
    pub(in crate::monitor) data_points: Vec<SummaryDataPoint>,
}

#[derive(Clone, PartialEq, prost::Message)]
pub(in crate::monitor) struct SummaryDataPoint {
    #[prost(fixed64, tag = "3")]
    pub(in crate::monitor) time_unix_nano: u64,
    #[prost(fixed64, tag = "4")]
    pub(in crate::monitor) count: u64,
    #[prost(double, tag = "5")]
    pub(in crate::monitor) sum: f64,
    #[prost(message, repeated, tag = "7")]
    pub(in crate::monitor) attributes: Vec<KeyValue>,
}
