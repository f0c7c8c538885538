use super::*;

const SERVICES: [Service; 6] =
    [Service::Identity, Service::KeyVault, Service::Storage, Service::ApiManagement, Service::OpenAi, Service::Api];

fn said() -> Arc<Cause> {
    Arc::new(Cause::Said("S3CRET detail".to_owned()))
}

/// Returns one error of each variant. The match fails to compile for a new variant until the table has it.
fn every_error() -> Vec<(Error, u16, &'static str)> {
    let service = Service::KeyVault;
    let status = Some(StatusCode::FORBIDDEN);
    let table = vec![
        (Error::Invalid(said()), 400, "invalid_request"),
        (Error::Conflict(Conflict::Exists), 409, "conflict"),
        (Error::Precondition, 412, "precondition_failed"),
        (Error::NotFound("blob"), 404, "not_found"),
        (Error::Refused { service, status, source: said() }, 502, "upstream_refused"),
        (Error::Unavailable { service, status: None, source: said() }, 503, "upstream_unavailable"),
        (Error::Internal(said()), 500, "internal"),
    ];
    for (error, ..) in &table {
        match error {
            Error::Invalid(_)
            | Error::Conflict(_)
            | Error::Precondition
            | Error::NotFound(_)
            | Error::Refused { .. }
            | Error::Unavailable { .. }
            | Error::Internal(_) => {}
        }
    }
    table
}

#[test]
fn every_error_has_its_status_and_code_and_keeps_its_cause_to_itself() {
    for (error, status, code) in every_error() {
        assert_eq!((error.status().as_u16(), error.code()), (status, code), "{error:?}");
        assert!(!error.message().contains("S3CRET"), "{}", error.message());
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

#[test]
fn a_refusal_names_the_service_its_status_and_what_to_check() {
    let error = Error::answered(Service::ApiManagement, StatusCode::UNAUTHORIZED, Cause::Silent);
    assert!(error.message().starts_with("API Management refused this app (401): an operator must check its app role"));
}

#[test]
fn the_debug_form_of_an_error_is_its_story_and_no_answer_of_a_service() {
    let inner = azure_core::Error::with_message(azure_core::error::ErrorKind::Connection, "connection refused");
    let error = Error::unreachable(Service::KeyVault, inner.with_context("the vault was not asked"));
    let text = format!("{error:?}");
    assert!(text.contains("the vault was not asked: connection refused"), "{text}");
    assert!(!text.contains("backtrace"), "{text}");
}
