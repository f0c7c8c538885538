use std::sync::Arc;

use axum::{body::to_bytes, response::IntoResponse};
use http::StatusCode;
use serde_json::Value;

use super::*;
use crate::config::{Config, tests::complete};

const SERVICES: [Service; 4] = [Service::Identity, Service::KeyVault, Service::Storage, Service::ApiManagement];

fn source() -> SourceName {
    let settings = complete();
    let config = Config::from_lookup(|name| settings.get(name).cloned()).unwrap();
    config.sources[0].name.clone()
}

fn said() -> Arc<Cause> {
    Arc::new(Cause::Said("S3CRET detail".to_owned()))
}

/// One of each variant. The match makes a new variant fail to compile here until the table below knows it.
fn every_error() -> Vec<(Error, u16, &'static str)> {
    let service = Service::KeyVault;
    let status = Some(StatusCode::FORBIDDEN);
    let refused = Error::Refused { service, status, source: said() };
    let table = vec![
        (Error::Invalid(said()), 400, "invalid_request"),
        (Error::TooLarge(said()), 413, "request_too_large"),
        (Error::UnsupportedType, 415, "unsupported_media_type"),
        (Error::Conflict(Conflict::Exists), 409, "conflict"),
        (Error::Precondition, 412, "precondition_failed"),
        (Error::OutOfRange(7), 416, "range_not_satisfiable"),
        (Error::Busy(StatusCode::TOO_MANY_REQUESTS), 429, "busy"),
        (Error::NotFound(Missing::Snapshot), 404, "not_found"),
        (refused.clone(), 502, "upstream_refused"),
        (Error::Unavailable { service, status: None, source: said() }, 503, "upstream_unavailable"),
        (Error::Internal(said()), 500, "internal"),
        (Error::Sources(vec![(source(), refused.clone())]), 502, "upstream_refused"),
        (Error::Checks(vec![refused]), 502, "upstream_refused"),
    ];
    for (error, ..) in &table {
        match error {
            Error::Invalid(_)
            | Error::TooLarge(_)
            | Error::UnsupportedType
            | Error::Conflict(_)
            | Error::Precondition
            | Error::OutOfRange(_)
            | Error::Busy(_)
            | Error::NotFound(_)
            | Error::Refused { .. }
            | Error::Unavailable { .. }
            | Error::Internal(_)
            | Error::Sources(_)
            | Error::Checks(_) => {}
        }
    }
    table
}

async fn body(error: Error) -> Value {
    let bytes = to_bytes(error.into_response().into_body(), usize::MAX).await.unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[tokio::test]
async fn every_error_has_its_status_and_code_and_keeps_its_cause_to_itself() {
    for (error, status, code) in every_error() {
        assert_eq!(error.status().as_u16(), status, "{error:?}");
        let body = body(error).await;
        assert_eq!(body["error"]["code"], code);
        assert!(!body.to_string().contains("S3CRET"), "{body}");
    }
}

#[test]
fn a_refusal_of_our_identity_is_never_the_callers_401_or_403() {
    for service in SERVICES {
        for upstream in [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN, StatusCode::NOT_FOUND, StatusCode::FOUND] {
            let error = Error::answered(service, upstream, Cause::Silent);
            assert_eq!(error.status(), StatusCode::BAD_GATEWAY, "{service} {upstream}");
        }
        for upstream in [StatusCode::TOO_MANY_REQUESTS, StatusCode::REQUEST_TIMEOUT, StatusCode::INTERNAL_SERVER_ERROR]
        {
            let error = Error::answered(service, upstream, Cause::Silent);
            assert_eq!(error.status(), StatusCode::SERVICE_UNAVAILABLE, "{service} {upstream}");
        }
    }
}

#[tokio::test]
async fn a_refusal_names_the_service_and_its_status() {
    let error = Error::answered(Service::ApiManagement, StatusCode::UNAUTHORIZED, Cause::Silent);
    let body = body(error).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("API Management refused this app (401): an operator must check its app role"));
}

#[tokio::test]
async fn failed_sources_are_named_with_who_refused_each() {
    let refused = Error::answered(Service::Storage, StatusCode::FORBIDDEN, Cause::Silent);
    let body = body(Error::Sources(vec![(source(), refused)])).await;
    let message = body["error"]["message"].as_str().unwrap();
    assert!(message.starts_with("orders: Blob Storage refused this app (403)"), "{message}");
}
