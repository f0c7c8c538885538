//! The predefined errors of API Management, one row each, as the caller gets them and as `on-error` sees them
//! (learn.microsoft.com/azure/api-management/api-management-error-handling-policies). Those of `validate-jwt` stand with
//! that policy.

use bytes::Bytes;
use http::{HeaderValue, Request};

use crate::{
    Document, Facts, Failure, LastError, NoReply, Outcome, Pipeline, Scope, Service, State,
    rig::{World, document},
};

const INTERNAL: &str = "{ \"statusCode\": 500, \"message\": \"Internal server error\", \
                        \"activityId\": \"00000000-0000-0000-0000-000000000001\" }";

/// What is left of an outcome when the response was checked: `source reason message`.
fn check(outcome: Outcome<Bytes>, status: u16, headers: &[(&str, &str)], body: &str) -> String {
    assert_eq!((outcome.response.status().as_u16(), outcome.response.body().as_ref()), (status, body.as_bytes()));
    let mut found: Vec<_> =
        outcome.response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    found.sort_unstable();
    assert_eq!(found, headers, "{body}");
    let LastError { source, reason, message, .. } = outcome.last_error.unwrap();
    format!("{source} {reason} {message}")
}

const JSON: (&str, &str) = ("content-type", "application/json");

/// Sends the same request through the document twice, for policies that count; the second outcome.
async fn second(world: &World, inbound: &str) -> Outcome<Bytes> {
    let state = State::default();
    let document = document(inbound, "<base />", "", "");
    let request = || Request::get("/orders").header("x-plan", "free").body(Bytes::new()).unwrap();
    world.run(&document, request(), &state).await;
    world.run(&document, request(), &state).await
}

#[tokio::test]
async fn requests_that_no_policy_sees() {
    let document = Document::load(Scope::Global, "<policies><on-error /></policies>", &Service::default()).unwrap();
    let pipeline = Pipeline::compose(&[&document]).unwrap();
    let (world, state) = (World::new(), State::default());
    let refuse = async |failure| {
        let request = Request::new(Bytes::new());
        pipeline.refuse(failure, request, Facts::default(), &state, &world).await
    };
    assert_eq!(
        check(
            refuse(Failure::operation_not_found()).await,
            404,
            &[JSON],
            r#"{ "statusCode": 404, "message": "Resource not found" }"#
        ),
        "configuration OperationNotFound Unable to match incoming request to an operation."
    );
    let challenge = r#"AzureApiManagementKey realm="https://x",name="k",type="header""#;
    let headers = [JSON, ("www-authenticate", challenge)];
    let missing = "Access denied due to missing subscription key. Make sure to include subscription key when making \
                   requests to an API.";
    assert_eq!(
        check(
            refuse(Failure::subscription_key_not_found(HeaderValue::from_static(challenge))).await,
            401,
            &headers,
            &format!(r#"{{ "statusCode": 401, "message": "{missing}" }}"#)
        ),
        format!("authorization SubscriptionKeyNotFound {missing}")
    );
    let invalid = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
                   subscription.";
    assert_eq!(
        check(
            refuse(Failure::subscription_key_invalid(HeaderValue::from_static(challenge))).await,
            401,
            &headers,
            &format!(r#"{{ "statusCode": 401, "message": "{invalid}" }}"#)
        ),
        format!("authorization SubscriptionKeyInvalid {invalid}")
    );
}

#[tokio::test]
async fn backends_that_do_not_answer() {
    let world = World::new();
    world.answers.lock().unwrap().push_back(Err(NoReply::Unreachable("connection refused".to_owned())));
    let outcome = world.run_sections("", "<base />", "", "").await;
    assert_eq!(check(outcome, 500, &[JSON], INTERNAL), "forward-request BackendConnectionFailure connection refused");
    world.answers.lock().unwrap().push_back(Err(NoReply::TimedOut));
    let outcome = world.run_sections("", "<base />", "", "").await;
    assert_eq!(
        check(outcome, 500, &[JSON], INTERNAL),
        "forward-request Timeout Request to the backend service timed out"
    );
}

#[tokio::test]
async fn expressions_that_throw() {
    let inbound = "<set-header name=\"x\"><value>@(context.Product.Name)</value></set-header>";
    assert_eq!(
        check(World::new().run_sections(inbound, "", "", "").await, 500, &[JSON], INTERNAL),
        "set-header ExpressionValueEvaluationFailure Expression evaluation failed. Object reference not set to an \
         instance of an object."
    );
}

#[tokio::test]
async fn limits_that_are_reached() {
    let outcome =
        second(&World::new(), "<rate-limit-by-key calls=\"1\" renewal-period=\"60\" counter-key=\"k\" />").await;
    assert_eq!(
        check(
            outcome,
            429,
            &[JSON, ("retry-after", "60")],
            r#"{ "statusCode": 429, "message": "Rate limit is exceeded. Try again in 60 seconds." }"#
        ),
        "rate-limit-by-key RateLimitExceeded Rate limit is exceeded"
    );
    let outcome = second(&World::new(), "<quota-by-key calls=\"1\" renewal-period=\"300\" counter-key=\"k\" />").await;
    let headers: Vec<_> = outcome.response.headers().keys().map(|name| name.as_str().to_owned()).collect();
    assert!(headers.contains(&"retry-after".to_owned()), "{headers:?}");
    assert_eq!(outcome.response.status(), 403);
    let error = outcome.last_error.unwrap();
    assert_eq!((error.source, error.reason), ("quota-by-key", "QuotaExceeded"));
    assert!(error.message.starts_with("Out of call volume quota. Quota will be replenished in 00:0"), "{error}");
}

#[tokio::test]
async fn callers_and_headers_that_are_not_let_in() {
    for (inbound, status, expected) in [
        (
            "<ip-filter action=\"allow\"><address>198.51.100.1</address></ip-filter>",
            403,
            "ip-filter CallerIpNotAllowed Caller IP address 203.0.113.9 is not allowed. Access denied.",
        ),
        (
            "<ip-filter action=\"forbid\"><address>203.0.113.9</address></ip-filter>",
            403,
            "ip-filter CallerIpBlocked Caller IP address is blocked. Access denied.",
        ),
        (
            "<check-header name=\"x-other\" failed-check-httpcode=\"400\" failed-check-error-message=\"No.\" \
             ignore-case=\"false\" />",
            400,
            "check-header HeaderNotFound Header x-other was not found in the request. Access denied.",
        ),
        (
            "<check-header name=\"x-plan\" failed-check-httpcode=\"401\" failed-check-error-message=\"No.\" \
             ignore-case=\"true\"><value>paid</value></check-header>",
            401,
            "check-header HeaderValueNotAllowed Header x-plan value of free is not allowed. Access denied.",
        ),
    ] {
        let message = if status == 403 { "Forbidden" } else { "No." };
        let body = format!(r#"{{ "statusCode": {status}, "message": "{message}" }}"#);
        assert_eq!(check(second(&World::new(), inbound).await, status, &[JSON], &body), expected);
    }
}
