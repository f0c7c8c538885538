//! Tests errors of no policy, or of several.

use bytes::Bytes;
use http::{HeaderValue, Request};

use super::{INTERNAL, JSON, check, post, told};
use crate::{
    Document, Facts, Failure, NoReply, Outcome, Pipeline, Scope, Service, State, Unread,
    rig::{World, document},
};

/// Returns the gateway's answer if it refuses a request before any policy.
async fn refused(failure: Failure) -> Outcome<Bytes> {
    let document = Document::load(Scope::Global, "<policies><on-error /></policies>", &Service::default()).unwrap();
    let pipeline = Pipeline::compose(&[&document]).unwrap();
    let request = Request::new(Bytes::new());
    pipeline.refuse(failure, request, Facts::default(), &State::default(), &World::new()).await
}

const CHALLENGE: &str = r#"AzureApiManagementKey realm="https://x",name="k",type="header""#;

#[tokio::test]
async fn operation_not_found() {
    let outcome = refused(Failure::operation_not_found()).await;
    assert_eq!(
        check(outcome, 404, &[JSON], r#"{ "statusCode": 404, "message": "Resource not found" }"#),
        "configuration OperationNotFound Unable to match incoming request to an operation."
    );
}

#[tokio::test]
async fn subscription_key_not_found() {
    let outcome = refused(Failure::subscription_key_not_found(HeaderValue::from_static(CHALLENGE))).await;
    let message = "Access denied due to missing subscription key. Make sure to include subscription key when making \
                   requests to an API.";
    let body = told(401, message);
    assert_eq!(body.len(), 152);
    assert_eq!(
        check(outcome, 401, &[JSON, ("www-authenticate", CHALLENGE)], &body),
        format!("authorization SubscriptionKeyNotFound {message}")
    );
}

#[tokio::test]
async fn subscription_key_invalid() {
    let outcome = refused(Failure::subscription_key_invalid(HeaderValue::from_static(CHALLENGE))).await;
    let message = "Access denied due to invalid subscription key. Make sure to provide a valid key for an active \
                   subscription.";
    let body = told(401, message);
    assert_eq!(body.len(), 143);
    assert_eq!(
        check(outcome, 401, &[JSON, ("www-authenticate", CHALLENGE)], &body),
        format!("authorization SubscriptionKeyInvalid {message}")
    );
}

/// The client goes away while a policy or the backend reads the request's body. So the response has no reader.
#[tokio::test]
async fn client_connection_failure() {
    let world = World::new();
    world.unread.lock().unwrap().push_back(Unread::Broken("connection reset".to_owned()));
    let read = document("<set-body>@(context.Request.Body.As<string>())</set-body>", "<base />", "", "");
    assert_eq!(
        check(post(&world, &read).await, 500, &[JSON], INTERNAL),
        "set-body ClientConnectionFailure the request's body: connection reset"
    );
    assert!(world.forwarded.lock().unwrap().is_empty());

    world.answers.lock().unwrap().push_back(Err(NoReply::ClientGone("connection reset".to_owned())));
    assert_eq!(
        check(post(&world, &document("", "<base />", "", "")).await, 500, &[JSON], INTERNAL),
        "forward-request ClientConnectionFailure the request's body: connection reset"
    );
}

/// A body that is complete, but longer than the gateway's limit, is not a failed connection.
#[tokio::test]
async fn a_body_that_is_too_long_is_no_connection_failure() {
    let world = World::new();
    world.unread.lock().unwrap().extend([Unread::TooLong(9), Unread::TooLong(9)]);
    let read = "<set-body>@(context.Request.Body.As<string>())</set-body>";
    assert_eq!(
        check(post(&world, &document(read, "<base />", "", "")).await, 500, &[JSON], INTERNAL),
        "set-body  the request's body: it is longer than 9 bytes"
    );
    let read = "<set-body>@(context.Response.Body.As<string>())</set-body>";
    assert_eq!(
        check(post(&world, &document("", "<base />", read, "")).await, 500, &[JSON], INTERNAL),
        "set-body  the response's body: it is longer than 9 bytes"
    );
}

/// The backend does not exist, or breaks off its response.
#[tokio::test]
async fn backend_connection_failure() {
    let world = World::new();
    world.answers.lock().unwrap().push_back(Err(NoReply::Unreachable("connection refused".to_owned())));
    assert_eq!(
        check(post(&world, &document("", "<base />", "", "")).await, 500, &[JSON], INTERNAL),
        "forward-request BackendConnectionFailure connection refused"
    );
    world.unread.lock().unwrap().push_back(Unread::Broken("connection reset".to_owned()));
    let read = document("", "<base />", "<set-body>@(context.Response.Body.As<string>())</set-body>", "");
    assert_eq!(
        check(post(&world, &read).await, 500, &[JSON], INTERNAL),
        "set-body BackendConnectionFailure the response's body: connection reset"
    );
    let sent = "<send-request response-variable-name=\"r\"><set-url>https://other.test/</set-url>\
                <set-method>GET</set-method></send-request>";
    assert_eq!(
        check(post(&world, &document(sent, "", "", "")).await, 500, &[JSON], INTERNAL),
        "send-request BackendConnectionFailure connection refused"
    );
}

#[tokio::test]
async fn expression_value_evaluation_failure() {
    let message = "Expression evaluation failed. Object reference not set to an instance of an object.";
    for (source, policy) in [
        ("set-header", "<set-header name=\"x\"><value>@(context.Product.Name)</value></set-header>"),
        ("choose", "<choose><when condition=\"@(context.User.Id == \"\")\" /></choose>"),
        ("set-variable", "<set-variable name=\"x\" value=\"@(context.LastError.Reason)\" />"),
    ] {
        assert_eq!(
            check(post(&World::new(), &document(policy, "", "", "")).await, 500, &[JSON], INTERNAL),
            format!("{source} ExpressionValueEvaluationFailure {message}")
        );
    }
}
