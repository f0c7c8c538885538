//! Turns the errors of the SDK and the answers of services into [`Error`]. The error names the service that failed and
//! the party that must act.

use std::{error::Error as StdError, iter::successors, sync::Arc, time::Duration};

use azure_core::{error::ErrorKind, http::headers::RETRY_AFTER};
use http::StatusCode;
use serde::Deserialize;

use crate::{
    error::{Cause, Error, Service},
    identity::{IdentityProblem, TokenError},
};

/// The number of characters of a service's explanation that are kept.
const EXPLANATION_CHARS: usize = 1000;

/// Makes the error of a call to `service`. If getting the token failed, the error is the identity endpoint's.
pub(crate) fn failure(service: Service, error: azure_core::Error) -> Error {
    if let Some(no_token) = TokenError::within(&error) {
        return without_token(no_token.clone(), answer(&error).map(|(status, _)| status));
    }
    let service = if *error.kind() == ErrorKind::Credential { Service::Identity } else { service };
    if is_not_the_services(&error) {
        Error::refused(service, error)
    } else if let Some((status, said)) = answer(&error) {
        Error::answered(service, status, said.unwrap_or(Cause::Sdk(error)))
    } else if was_not_reached(&error) {
        Error::unreachable(service, error)
    } else if service == Service::Identity {
        Error::refused(service, error)
    } else {
        Error::internal_by(error)
    }
}

/// Makes the error of a missing token. The identity is the cause, so an operator must act, or the call must be tried
/// again later.
fn without_token(error: TokenError, status: Option<StatusCode>) -> Error {
    use IdentityProblem::{EndpointTimeout, EndpointUnreachable, Other};
    let (service, problem) = (Service::Identity, error.problem());
    let source = azure_core::Error::from(error);
    match (problem, status) {
        (EndpointUnreachable | EndpointTimeout, _) => Error::unreachable(service, source),
        (Other, Some(status)) => Error::answered(service, status, source),
        // App Service answers 500 even when only an operator can help.
        (_, status) => Error::Refused { service, status, source: Arc::new(source.into()) },
    }
}

/// Returns the status and the text of the service's answer. The SDK hides the text of the identity endpoint, and shows
/// the text of other services as raw JSON.
fn answer(error: &azure_core::Error) -> Option<(StatusCode, Option<Cause>)> {
    sdk_layers(error).find_map(|layer| match layer.kind() {
        ErrorKind::HttpResponse { status, raw_response, .. } => {
            let status = StatusCode::from_u16(u16::from(*status)).ok()?;
            Some((status, raw_response.as_ref().and_then(|response| explanation(response.body(), &[]))))
        }
        _ => None,
    })
}

/// Returns the time that the service asks its callers to wait, if its answer states it.
/// <https://learn.microsoft.com/azure/key-vault/general/overview-throttling>
#[cfg_attr(not(feature = "secrets"), expect(dead_code, reason = "a vault's alone"))]
pub(crate) fn retry_after(error: &azure_core::Error) -> Option<Duration> {
    sdk_layers(error).find_map(|layer| match layer.kind() {
        ErrorKind::HttpResponse { raw_response, .. } => {
            let seconds = raw_response.as_ref()?.headers().get_optional_str(&RETRY_AFTER)?;
            seconds.parse().ok().map(Duration::from_secs)
        }
        _ => None,
    })
}

fn was_not_reached(error: &azure_core::Error) -> bool {
    let had_no_place = || layers(error).any(|layer| matches!(layer.downcast_ref(), Some(Cause::NoPlace(_))));
    sdk_layers(error).any(|layer| matches!(layer.kind(), ErrorKind::Connection | ErrorKind::Io)) || had_no_place()
}

fn is_not_the_services(error: &azure_core::Error) -> bool {
    layers(error).any(|layer| matches!(layer.downcast_ref(), Some(Cause::NotTheService { .. })))
}

/// Returns the SDK's errors in the chain, because the SDK wraps its errors in one another.
fn sdk_layers(error: &azure_core::Error) -> impl Iterator<Item = &azure_core::Error> {
    layers(error).filter_map(|error| error.downcast_ref())
}

fn layers<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    successors(Some(error), |&error| error.source())
}

/// Returns the text by which a service explains a refusal. It is `message` in JSON, at the top (App Service, API
/// Management) or within `error` (most others), or `Code` and `Message` in the XML of Storage. It is never the whole
/// body, and never holds `credentials`, which a backend may echo.
pub(crate) fn explanation(body: &[u8], credentials: &[&str]) -> Option<Cause> {
    #[derive(Deserialize)]
    struct Body {
        message: Option<String>,
        error: Option<Detail>,
    }
    #[derive(Deserialize)]
    struct Detail {
        message: Option<String>,
    }
    let said = match serde_json::from_slice::<Body>(body) {
        Ok(body) => body.message.or_else(|| body.error?.message)?,
        Err(_) => storage_error(std::str::from_utf8(body).ok()?)?,
    };
    Some(Cause::Said(redacted(said, credentials).chars().take(EXPLANATION_CHARS).collect()))
}

/// Reads `Code: Message` from `<Error><Code>…</Code><Message>…</Message></Error>`. Later lines hold request ID and
/// time. <https://learn.microsoft.com/rest/api/storageservices/status-and-error-codes2>
fn storage_error(body: &str) -> Option<String> {
    let element = |name: &str| {
        let (_, rest) = body.split_once(&format!("<{name}>"))?;
        rest.split_once(&format!("</{name}>"))?.0.lines().next()
    };
    let code = element("Code")?;
    Some(element("Message").map_or_else(|| code.to_owned(), |message| format!("{code}: {message}")))
}

/// Removes the credentials, the parts of a token among them, and anything else that is a JWT.
fn redacted(mut text: String, credentials: &[&str]) -> String {
    const REDACTED: &str = "[redacted]";
    // A short part of a token is not secret, and may be a word.
    const PART: usize = 16;
    for credential in credentials.iter().filter(|credential| !credential.is_empty()) {
        text = text.replace(credential, REDACTED);
        for part in credential.split('.').filter(|part| part.len() >= PART) {
            text = text.replace(part, REDACTED);
        }
    }
    // A JWT begins with `{"` in base64url.
    while let Some(start) = text.find("eyJ") {
        let length = text[start..].find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c)));
        text.replace_range(start..length.map_or(text.len(), |length| start + length), REDACTED);
    }
    text
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
    fn a_failing_token_is_the_identity_endpoints_whatever_needed_it() {
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
    fn a_page_in_place_of_the_service_is_for_an_operator() {
        let cause = Cause::NotTheService { expected: "JSON", found: "text/html".to_owned() };
        let error = azure_core::Error::new(ErrorKind::DataConversion, cause).with_context("outer");
        let error = failure(Service::KeyVault, error);
        assert!(matches!(error, Error::Refused { service: Service::KeyVault, status: None, .. }), "{error:?}");
    }

    fn said(body: &str, credentials: &[&str]) -> Option<String> {
        explanation(body.as_bytes(), credentials).map(|cause| cause.to_string())
    }

    #[test]
    fn an_explanation_is_the_message_and_no_more() {
        let expected = Some("it said: JWT not present.".to_owned());
        assert_eq!(said(r#"{"statusCode":401,"message":"JWT not present."}"#, &[]), expected);
        assert_eq!(said(r#"{"error":{"code":"x","message":"no"}}"#, &[]), Some("it said: no".to_owned()));
        assert_eq!(said("<html>S3CRET</html>", &[]), None);
        let xml = "\u{feff}<?xml version=\"1.0\"?><Error><Code>AuthorizationPermissionMismatch</Code>\
                   <Message>This request is not authorized.\nRequestId:1\nTime:2</Message></Error>";
        let expected = "it said: AuthorizationPermissionMismatch: This request is not authorized.";
        assert_eq!(said(xml, &[]), Some(expected.to_owned()));
        let long = said(&format!(r#"{{"message":"{}"}}"#, "x".repeat(9000)), &[]);
        assert_eq!(long.unwrap().len(), "it said: ".len() + 1000);
    }

    #[test]
    fn an_explanation_that_echoes_credentials_loses_them() {
        let (token, key) = ("aaaaaaaaaaaaaaaaaaaa.bbbbbbbbbbbbbbbbbbbb.cccccccccccccccccccc", "k3y-0123456789");
        let other = "eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJhIn0.c2ln";
        let filler = "x".repeat(980);
        for message in [
            format!("bad token {token} with key {key}"),
            format!("payload {} signature {}", &token[21..41], &token[42..]),
            format!("seen {other}, refused"),
            // If the text were cut before the redaction, the beginning of a token would stay.
            format!("{filler}{token}"),
        ] {
            let said = said(&format!(r#"{{"message":"{message}"}}"#), &[token, key]).unwrap();
            for part in ["aaaaa", "bbbbb", "ccccc", key, "eyJ", "c2ln"] {
                assert!(!said.contains(part), "{said}");
            }
        }
    }
}
