//! Tests errors of single policies, except limits.

use bytes::Bytes;
use http::{Request, Response};

use super::{INTERNAL, JSON, check, post, told};
use crate::{
    Facts, NoReply, Scope, State,
    rig::{World, document, facts},
};

#[tokio::test]
async fn callback_parameter_invalid() {
    let world = World::new();
    let response = Response::builder().header("content-type", "application/json").body(Bytes::from_static(b"{}"));
    world.answers.lock().unwrap().push_back(Ok(response.unwrap()));
    let text = document("", "<base />", "<jsonp callback-parameter-name=\"cb\" />", "");
    let message = "Value of callback parameter cb is not a valid JavaScript identifier.";
    assert_eq!(
        check(post(&world, &text).await, 400, &[JSON], &told(400, message)),
        format!("jsonp CallbackParameterInvalid {message}")
    );
}

/// Returns the error of `ip-filter` for a caller from this address: `reason message`.
async fn filtered(policy: &str, caller: Option<&str>) -> String {
    let request = Request::get("/orders").body(Bytes::new()).unwrap();
    let facts = Facts { ip_address: caller.map(str::to_owned), ..facts(&request) };
    let text = document(policy, "<base />", "", "");
    let outcome = World::new().run_at(Scope::Api, &text, facts, &State::default()).await;
    check(outcome, 403, &[JSON], &told(403, "Forbidden"))
}

const ALLOW: &str = "<ip-filter action=\"allow\"><address>198.51.100.1</address></ip-filter>";
const FORBID: &str = "<ip-filter action=\"forbid\"><address>203.0.113.9</address></ip-filter>";

#[tokio::test]
async fn failed_to_parse_caller_ip() {
    for policy in [ALLOW, FORBID] {
        for caller in [None, Some("unknown")] {
            assert_eq!(
                filtered(policy, caller).await,
                "ip-filter FailedToParseCallerIP Failed to establish IP address for the caller. Access denied."
            );
        }
    }
}

#[tokio::test]
async fn caller_ip_not_allowed() {
    assert_eq!(
        filtered(ALLOW, Some("203.0.113.9")).await,
        "ip-filter CallerIpNotAllowed Caller IP address 203.0.113.9 is not allowed. Access denied."
    );
}

#[tokio::test]
async fn caller_ip_blocked() {
    assert_eq!(
        filtered(FORBID, Some("203.0.113.9")).await,
        "ip-filter CallerIpBlocked Caller IP address is blocked. Access denied."
    );
}

#[tokio::test]
async fn header_not_found() {
    let policy = "<check-header name=\"x-other\" failed-check-httpcode=\"400\" failed-check-error-message=\"No.\" \
                  ignore-case=\"false\" />";
    assert_eq!(
        check(post(&World::new(), &document(policy, "", "", "")).await, 400, &[JSON], &told(400, "No.")),
        "check-header HeaderNotFound Header x-other was not found in the request. Access denied."
    );
}

#[tokio::test]
async fn header_value_not_allowed() {
    let policy = "<check-header name=\"x-plan\" failed-check-httpcode=\"401\" failed-check-error-message=\"No.\" \
                  ignore-case=\"true\"><value>paid</value></check-header>";
    assert_eq!(
        check(post(&World::new(), &document(policy, "", "", "")).await, 401, &[JSON], &told(401, "No.")),
        "check-header HeaderValueNotAllowed Header x-plan value of free is not allowed. Access denied."
    );
}

#[tokio::test]
async fn timeout() {
    let world = World::new();
    world.answers.lock().unwrap().push_back(Err(NoReply::TimedOut));
    assert_eq!(
        check(post(&world, &document("", "<base />", "", "")).await, 500, &[JSON], INTERNAL),
        "forward-request Timeout Request to the backend service timed out"
    );
    world.replies.lock().unwrap().push_back(Err(NoReply::TimedOut));
    let sent = "<send-request response-variable-name=\"r\"><set-url>https://other.test/</set-url>\
                <set-method>GET</set-method></send-request>";
    assert_eq!(
        check(post(&world, &document(sent, "", "", "")).await, 500, &[JSON], INTERNAL),
        "send-request Timeout Request to the backend service timed out"
    );
}
