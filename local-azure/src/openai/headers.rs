//! Headers of a model account's answers, as captured.

use axum::response::Response;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use uuid::Uuid;

use super::rates::Levels;

const CLIENT_REQUEST_ID: &str = "x-ms-client-request-id";

/// The name of the header with an answer's ID; the service sends it with each answer.
const APIM_REQUEST_ID: &str = "apim-request-id";

/// Adds the headers that every answer has, including refusals.
pub(super) fn add(response: &mut Response, client_request_id: Option<HeaderValue>, region: &str) {
    let succeeded = response.status().is_success();
    let headers = response.headers_mut();
    let fixed = [
        (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains; preload"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Ok(region) = HeaderValue::from_str(region) {
        headers.insert("x-ms-region", region);
    }
    let id = unique();
    headers.insert(CLIENT_REQUEST_ID, client_request_id.unwrap_or_else(|| id.clone()));
    headers.insert(APIM_REQUEST_ID, id);
    if succeeded {
        headers.insert("x-request-id", unique());
        headers.insert("skip-error-remapping", HeaderValue::from_static("true"));
        headers.insert("x-ms-is-spilled-over", HeaderValue::from_static("false"));
        headers.insert("x-ratelimit-abusepenalty-active", HeaderValue::from_static("False"));
    }
}

/// Returns the client's ID of its request.
pub(super) fn client_request_id(headers: &HeaderMap) -> Option<HeaderValue> {
    headers.get(CLIENT_REQUEST_ID).cloned()
}

/// Adds the headers of a deployment's answers to chat and embeddings.
pub(super) fn of_deployment(headers: &mut HeaderMap, deployment: &str, session: &str) {
    if let Ok(name) = HeaderValue::from_str(deployment) {
        headers.insert("x-ms-deployment-name", name);
    }
    if let Ok(session) = HeaderValue::from_str(session) {
        headers.insert("azureml-model-session", session);
    }
    headers.insert("x-accel-buffering", HeaderValue::from_static("no"));
    headers.insert("x-ms-rai-invoked", HeaderValue::from_static("true"));
}

/// Adds the state of the deployment's rates.
pub(super) fn levels(headers: &mut HeaderMap, levels: &Levels) {
    let named = [
        (
            levels.requests,
            [
                "x-ratelimit-limit-requests",
                "x-ratelimit-remaining-requests",
                "x-ratelimit-renewalperiod-requests",
                "x-ratelimit-reset-requests",
            ],
        ),
        (
            levels.tokens,
            [
                "x-ratelimit-limit-tokens",
                "x-ratelimit-remaining-tokens",
                "x-ratelimit-renewalperiod-tokens",
                "x-ratelimit-reset-tokens",
            ],
        ),
    ];
    for (level, names) in named {
        let Some(level) = level else { continue };
        let values = [level.limit, level.remaining, 60, level.reset];
        for (name, value) in names.into_iter().zip(values) {
            headers.insert(HeaderName::from_static(name), HeaderValue::from(value));
        }
    }
}

fn unique() -> HeaderValue {
    HeaderValue::from_str(&Uuid::new_v4().to_string()).unwrap_or(HeaderValue::from_static("0"))
}
