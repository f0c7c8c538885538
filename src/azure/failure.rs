//! Turns the errors of the SDK and the answers of services into [`Error`]: who failed, and who must act.

use std::{error::Error as StdError, iter::successors, sync::Arc, time::Duration};

use azure_core::{error::ErrorKind, http::headers::RETRY_AFTER};
use http::StatusCode;
use serde::Deserialize;

use super::token_cache::{IdentityProblem, TokenError};
use crate::error::{Cause, Error, Service};

/// The failure of a call to `service`, or of getting the token for it, which is the identity endpoint's.
pub(super) fn failure(service: Service, error: azure_core::Error) -> Error {
    if let Some(no_token) = TokenError::within(&error) {
        return without_token(no_token.clone(), answer(&error).map(|(status, _)| status));
    }
    let service = if *error.kind() == ErrorKind::Credential { Service::Identity } else { service };
    if let Some((status, said)) = answer(&error) {
        Error::answered(service, status, said.unwrap_or(Cause::Sdk(error)))
    } else if was_not_reached(&error) {
        Error::unreachable(service, error)
    } else if service == Service::Identity {
        Error::refused(service, error)
    } else {
        Error::internal(error)
    }
}

/// Whoever needed the token: it is the identity that an operator, or time, must mend.
fn without_token(error: TokenError, status: Option<StatusCode>) -> Error {
    use IdentityProblem::{EndpointTimeout, EndpointUnreachable, Other};
    let (service, problem) = (Service::Identity, error.problem());
    let source = azure_core::Error::from(error);
    match (problem, status) {
        (EndpointUnreachable | EndpointTimeout, _) => Error::unreachable(service, source),
        (Other, Some(status)) => Error::answered(service, status, source),
        // App Service answers 500 where only an operator can help.
        (_, status) => Error::Refused { service, status, source: Arc::new(source.into()) },
    }
}

/// The status that the service answered, and what it said: the SDK hides the words of the identity endpoint, and shows
/// those of others as the JSON that they came in.
fn answer(error: &azure_core::Error) -> Option<(StatusCode, Option<Cause>)> {
    layers(error).find_map(|layer| match layer.kind() {
        ErrorKind::HttpResponse { status, raw_response, .. } => {
            let status = StatusCode::from_u16(u16::from(*status)).ok()?;
            Some((status, raw_response.as_ref().and_then(|response| explanation(response.body()))))
        }
        _ => None,
    })
}

/// How long the service asks its callers to wait, if it answered so.
/// <https://learn.microsoft.com/azure/key-vault/general/overview-throttling>
pub(super) fn retry_after(error: &azure_core::Error) -> Option<Duration> {
    layers(error).find_map(|layer| match layer.kind() {
        ErrorKind::HttpResponse { raw_response, .. } => {
            let seconds = raw_response.as_ref()?.headers().get_optional_str(&RETRY_AFTER)?;
            seconds.parse().ok().map(Duration::from_secs)
        }
        _ => None,
    })
}

fn was_not_reached(error: &azure_core::Error) -> bool {
    layers(error).any(|layer| matches!(layer.kind(), ErrorKind::Connection | ErrorKind::Io))
}

/// The SDK wraps its own errors in one another.
fn layers(error: &azure_core::Error) -> impl Iterator<Item = &azure_core::Error> {
    successors(Some(error as &dyn StdError), |&error| error.source()).filter_map(|error| error.downcast_ref())
}

/// The text by which a service explains a refusal: `message` in its JSON, on top (App Service, API Management) or
/// within `error` (most others). Never the whole body.
pub(super) fn explanation(body: &[u8]) -> Option<Cause> {
    #[derive(Deserialize)]
    struct Body {
        message: Option<String>,
        error: Option<Detail>,
    }
    #[derive(Deserialize)]
    struct Detail {
        message: Option<String>,
    }
    let body: Body = serde_json::from_slice(body).ok()?;
    let said = body.message.or_else(|| body.error?.message)?;
    Some(Cause::Said(said.chars().take(1000).collect()))
}

#[cfg(test)]
mod tests {
    use azure_core::{
        Bytes,
        http::{RawResponse, StatusCode as SdkStatus, headers::Headers},
    };

    use super::*;

    fn answered(status: u16, body: &'static str) -> azure_core::Error {
        let status = SdkStatus::from(status);
        let response = RawResponse::from_bytes(status, Headers::new(), Bytes::from_static(body.as_bytes()));
        let kind = ErrorKind::HttpResponse { status, error_code: None, raw_response: Some(Box::new(response)) };
        azure_core::Error::with_message(kind, "hidden").with_context("outer")
    }

    #[test]
    fn a_failing_token_is_the_identity_endpoints_whoever_needed_it() {
        let body = r#"{"statusCode":400,"message":"No User Assigned identity found."}"#;
        let error = azure_core::Error::with_error(ErrorKind::Credential, answered(400, body), "no token");
        match failure(Service::KeyVault, error) {
            Error::Refused { service: Service::Identity, status: Some(StatusCode::BAD_REQUEST), source } => {
                assert_eq!(source.to_string(), "it said: No User Assigned identity found.");
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_service_that_refuses_and_one_that_fails_are_told_apart() {
        let refused = failure(Service::KeyVault, answered(403, ""));
        assert!(matches!(refused, Error::Refused { service: Service::KeyVault, .. }), "{refused:?}");
        let failed = failure(Service::Storage, answered(503, ""));
        assert!(matches!(failed, Error::Unavailable { service: Service::Storage, .. }), "{failed:?}");
    }

    #[test]
    fn a_service_that_is_not_reached_is_unavailable() {
        let inner = azure_core::Error::with_message(ErrorKind::Connection, "refused");
        let error = azure_core::Error::with_error(ErrorKind::Credential, inner, "no token");
        let error = failure(Service::Storage, error);
        assert!(matches!(error, Error::Unavailable { service: Service::Identity, status: None, .. }), "{error:?}");
    }

    #[test]
    fn an_explanation_is_the_message_and_no_more() {
        let said = |body: &str| explanation(body.as_bytes()).map(|cause| cause.to_string());
        let expected = Some("it said: JWT not present.".to_owned());
        assert_eq!(said(r#"{"statusCode":401,"message":"JWT not present."}"#), expected);
        assert_eq!(said(r#"{"error":{"code":"x","message":"no"}}"#), Some("it said: no".to_owned()));
        assert_eq!(said("<html>S3CRET</html>"), None);
        let long = said(&format!(r#"{{"message":"{}"}}"#, "x".repeat(9000)));
        assert_eq!(long.unwrap().len(), "it said: ".len() + 1000);
    }
}
