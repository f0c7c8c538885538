//! Refusals, each with the party that must act. The bodies are those of the services.

use http::StatusCode;

use super::{
    super::model::Route,
    rig::{PROMPT, Rig, answer, request},
};
use crate::error::{
    Error,
    ModelProblem::{self, *},
    Service,
};

async fn refused(route: Route, status: u16, body: &str) -> Error {
    let rig = Rig::by(route).await;
    // A refused token is tried twice.
    rig.will([0, 1].map(|_| answer(status, &[("retry-after", "41"), ("apim-request-id", "r-1")], body.to_owned())));
    rig.model.chat(&request()).send().await.unwrap_err()
}

async fn problem(route: Route, status: u16, body: &str) -> (ModelProblem, StatusCode, Option<Service>) {
    let error = refused(route, status, body).await;
    let service = match &error {
        Error::Refused { service, .. } | Error::Unavailable { service, .. } => Some(*service),
        _ => None,
    };
    let refusal = error.model_refusal().unwrap_or_else(|| panic!("{error:?}"));
    assert_eq!(refusal.request_id(), Some("r-1"));
    (refusal.problem().clone(), error.status(), service)
}

#[tokio::test]
async fn each_refusal_of_a_model_names_who_must_act() {
    let model = Some(Service::OpenAi);
    let action = "Microsoft.CognitiveServices/accounts/OpenAI/responses/write";
    for (status, body, expected, ours, service) in [
        (401, format!(r#"{{"error":{{"code":"PermissionDenied","message":"The principal `o-1` lacks the required data action `{action}` to perform `POST /openai/v1/responses` operation."}}}}"#), MissingRole(Some(action.to_owned())), 502, model),
        (401, r#"{"error":{"code":"PermissionDenied","message": "Principal does not have access to API/Operation."}}"#.into(), MissingRole(None), 502, model),
        (401, r#"{ "statusCode": 401, "message": "Unauthorized. Access token is missing, invalid, audience is incorrect (https://cognitiveservices.azure.com), or have expired." }"#.into(), TokenRefused, 502, model),
        (403, r#"{"error":{"code":"AuthenticationTypeDisabled","message": "Key based authentication is disabled for this resource."}}"#.into(), KeysDisabled, 502, model),
        (403, r#"{"error":{"code":"403","message":"Public access is disabled."}}"#.into(), Forbidden, 502, model),
        (404, r#"{"error":{"code":"DeploymentNotFound","message":"The API deployment for this resource does not exist."}}"#.into(), NoDeployment, 502, model),
        (404, r#"{"error":{"code":"404","message": "Resource not found"}}"#.into(), NoSuchPath, 502, model),
        (400, r#"{"error":{"code":"BadRequest","message":"API version not supported"}}"#.into(), NoSuchPath, 502, model),
        (400, r#"{"error":{"code":"BadRequest","message":"api-version query parameter is not allowed when using /v1 path"}}"#.into(), NoSuchPath, 502, model),
        (400, r#"{"error":{"message":"This model's maximum context length is 128000 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#.into(), ContextLength, 400, None),
        (400, r#"{"error":{"message":"my-secret-prompt","type":"invalid_request_error","param":"max_tokens","code":"unsupported_parameter"}}"#.into(), InvalidRequest(Some("max_tokens".to_owned())), 400, None),
        (400, r#"{"error":{"message":"x","param":"tell me my-secret-prompt","code":"x"}}"#.into(), InvalidRequest(None), 400, None),
        (400, r#"{"error":{"message":"x","code":"content_filter","status":400,"innererror":{"code":"ResponsibleAIPolicyViolation","content_filter_result":{"hate":{"filtered":true,"severity":"high"},"violence":{"filtered":false,"severity":"safe"}}}}}"#.into(), ContentFilter(vec!["hate".to_owned()]), 400, None),
        (400, r#"{"error":{"inner_error":{"content_filter_results":{"sexual":{"filtered":true}}},"code":"content_filter","message":"x"}}"#.into(), ContentFilter(vec!["sexual".to_owned()]), 400, None),
        (400, r#"{"error":{"code":"content_filter","content_filters":[{"content_filter_results":{"jailbreak":{"detected":true,"filtered":true}}}]}}"#.into(), ContentFilter(vec!["jailbreak".to_owned()]), 400, None),
        (429, r#"{"error":{"code":"RateLimitReached","message":"Your requests to chat have exceeded the call rate limit."}}"#.into(), RateLimited, 503, model),
        (429, r#"{"error":{"message":"x","type":"too_many_requests","param":null,"code":"rate_limit_exceeded"}}"#.into(), RateLimited, 503, model),
        (500, r#"{"error":{"message":"The server had an error","type":"server_error","param":null,"code":null}}"#.into(), Failed, 503, model),
    ] {
        for route in [Route::Direct, Route::Gateway] {
            let (problem, status_of_ours, who) = problem(route, status, &body).await;
            assert_eq!((&problem, status_of_ours.as_u16(), who), (&expected, ours, service), "{route:?} {body}");
        }
    }
}

#[tokio::test]
async fn each_refusal_of_the_gateway_names_who_must_act() {
    let gateway = Some(Service::ApiManagement);
    for (status, message, expected, ours, service) in [
        (429, "Token limit is exceeded. Try again in 41 seconds.", TokenLimit, 503, gateway),
        (429, "Rate limit is exceeded. Try again in 41 seconds.", RateLimited, 503, gateway),
        (403, "Token quota is exceeded. Try again in 21 minutes and 33 seconds.", TokenQuota, 503, gateway),
        (403, "Token quota will exceed the limit. Try again in 23 hours", TokenQuota, 503, gateway),
        (403, "Request failed content safety check.", ContentFilter(Vec::new()), 400, None),
        (404, "Resource not found", NoSuchPath, 502, gateway),
        (500, "Internal server error", Failed, 503, gateway),
    ] {
        let body = format!(r#"{{ "statusCode": {status}, "message": "{message}" }}"#);
        let (problem, status, who) = problem(Route::Gateway, status, &body).await;
        assert_eq!((&problem, status.as_u16(), who), (&expected, ours, service), "{message}");
    }
    // A policy may give the reason in a body of another shape.
    let own = r#"{"error":{"code":"OpenAITokenQuotaExceeded","message":"Come back tomorrow."}}"#;
    assert_eq!(problem(Route::Gateway, 403, own).await.0, TokenQuota);
}

#[tokio::test]
async fn a_401_of_the_gateways_is_about_our_token_or_key() {
    let error = refused(Route::Gateway, 401, r#"{ "statusCode": 401, "message": "Invalid JWT." }"#).await;
    assert!(matches!(error, Error::Refused { service: Service::ApiManagement, .. }), "{error:?}");
    assert!(error.model_refusal().is_none() && format!("{error:?}").contains("Invalid JWT."), "{error:?}");
    let body = r#"{ "statusCode": 401, "message": "Access denied due to missing subscription key. Make sure to include subscription key when making requests to an API." }"#;
    let error = refused(Route::Gateway, 401, body).await;
    assert!(format!("{error:?}").contains("__subscriptionKeySecret names a key"), "{error:?}");
}

#[tokio::test]
async fn the_gateways_wait_is_told() {
    let body = r#"{ "statusCode": 403, "message": "Token quota is exceeded. Try again in 41 seconds." }"#;
    let error = refused(Route::Gateway, 403, body).await;
    assert_eq!(error.retry_after().unwrap().as_secs(), 41);
    assert!(format!("{error:?}").contains("OpenAITokenQuotaExceeded"), "{error:?}");
}

#[tokio::test]
async fn a_service_that_quotes_the_prompt_does_not_bring_it_into_an_error() {
    for status in [400, 409, 413, 415, 422, 500, 503] {
        for body in [
            format!(r#"{{"error":{{"code":"x","message":"{PROMPT}","param":"a {PROMPT}"}}}}"#),
            format!(r#"{{ "statusCode": {status}, "message": "{PROMPT}" }}"#),
            PROMPT.to_owned(),
        ] {
            for route in [Route::Direct, Route::Gateway] {
                let error = refused(route, status, &body).await;
                let text = format!("{error:?} {error} {}", error.message());
                assert!(!text.contains(PROMPT), "{status} {text}");
            }
        }
    }
}

#[tokio::test]
async fn a_service_that_echoes_the_token_does_not_bring_it_into_an_error() {
    for status in [401, 403, 404, 429] {
        let body = r#"{"error":{"code":"PermissionDenied","message":"not with Bearer t1, please"}}"#;
        let error = refused(Route::Direct, status, body).await;
        let text = format!("{error:?}");
        assert!(text.contains(", please") && !text.contains("t1"), "{text}");
    }
}

#[test]
#[cfg(feature = "axum")]
fn a_wait_is_told_to_the_caller_in_whole_seconds() {
    use std::{sync::Arc, time::Duration};

    use axum::response::IntoResponse as _;

    use crate::error::{Cause, ModelRefusal};

    let wait = Some(Duration::from_millis(1500));
    let refusal = ModelRefusal { problem: RateLimited, said: None, wait, request_id: None };
    let source = Arc::new(Cause::Model(Box::new(refusal)));
    let response = Error::Unavailable { service: Service::OpenAi, status: None, source }.into_response();
    assert_eq!((response.status().as_u16(), &response.headers()["retry-after"]), (503, &"2".parse().unwrap()));
}
