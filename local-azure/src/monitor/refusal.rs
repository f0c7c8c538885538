//! The refusals of Azure Monitor.
//!
//! The bodies of 403 and 404 are those of the Logs Ingestion API, which has the same front end. It is not known whether
//! OTLP paths give the same bodies. Other texts are ours.

use axum::{
    Json,
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, Method, StatusCode, header};
use serde_json::json;

use super::{read::Unusable, signal::Signal};
use crate::access_token;

#[derive(Debug, thiserror::Error)]
pub(super) enum MonitorRefusal {
    #[error(
        "local-azure does not know {0} of Azure Monitor; it takes \
         /datacollectionRules/{{immutable ID}}/streams/Microsoft-OTLP-Traces/otlp/v1/traces, \
         …/streams/Microsoft-OTLP-Logs/otlp/v1/logs and …/streams/Custom-Metrics-Otel/otlp/v1/metrics"
    )]
    UnknownPath(String),
    #[error("{}", match .0 {
        Signal::Metrics => "metrics are sent to the host with .metrics.ingest.monitor.azure.com",
        Signal::Traces | Signal::Logs => "traces and logs are sent to the host with .ingest.monitor.azure.com",
    })]
    OtherHost(Signal),
    #[error("local-azure does not know a query of these paths: {0}")]
    Query(String),
    #[error("HTTP {0} is not allowed: OTLP is sent by POST")]
    Method(Method),
    #[error("{0}")]
    Unauthorized(access_token::TokenRefusal),
    #[error(
        "The authentication token provided does not have access to ingest data for the data collection rule with immutable \
         Id '{0}'."
    )]
    NoRole(String),
    #[error("Data collection rule with immutable Id '{0}' not found.")]
    NoRule(String),
    #[error("the body is {0:?}; {1}")]
    MediaType(String, &'static str),
    #[error("the body's Content-Encoding is {0:?}; gzip and none are taken")]
    Encoding(String),
    #[error("the body has more than 1,048,576 bytes{0}")]
    TooLarge(&'static str),
    #[error("the body did not arrive whole")]
    Unreadable,
    #[error("the body is not gzip: {0}")]
    NotGzip(std::io::Error),
    #[error("the body is not the OTLP message of this path: {0}")]
    Malformed(String),
    #[error(transparent)]
    Unusable(#[from] Unusable),
}

impl MonitorRefusal {
    const fn class(&self) -> (StatusCode, &'static str) {
        match self {
            Self::UnknownPath(_) | Self::OtherHost(_) | Self::NoRule(_) => (StatusCode::NOT_FOUND, "NotFound"),
            Self::Method(_) => (StatusCode::METHOD_NOT_ALLOWED, "MethodNotAllowed"),
            Self::Unauthorized(_) => (StatusCode::UNAUTHORIZED, "InvalidToken"),
            Self::NoRole(_) => (StatusCode::FORBIDDEN, "OperationFailed"),
            Self::MediaType(..) | Self::Encoding(_) => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType"),
            Self::TooLarge(_) => (StatusCode::PAYLOAD_TOO_LARGE, "ContentLengthLimitExceeded"),
            Self::Query(_) | Self::Unreadable | Self::NotGzip(_) | Self::Malformed(_) | Self::Unusable(_) => {
                (StatusCode::BAD_REQUEST, "InvalidRequest")
            }
        }
    }

    pub(super) fn into_response(self) -> Response {
        let (status, code) = self.class();
        let body = Json(json!({ "error": { "code": code, "message": self.to_string() } }));
        let mut response = (status, body).into_response();
        match self {
            Self::Unauthorized(_) => {
                response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            Self::Method(_) => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST"));
            }
            _ => {}
        }
        response
    }
}
