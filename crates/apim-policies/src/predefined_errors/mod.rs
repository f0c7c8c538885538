//! Tests the predefined errors of API Management, one row each, for the caller and for `on-error`
//! (learn.microsoft.com/azure/api-management/api-management-error-handling-policies). The tests for the errors of
//! `validate-jwt` and `validate-azure-ad-token` are beside those policies.

mod built_in_steps;
mod last_error;
mod limits;
mod policies;

use bytes::Bytes;
use http::Request;

use crate::{LastError, Outcome, State, rig::World};

/// The body of every failure that is not the caller's fault.
const INTERNAL: &str = "{ \"statusCode\": 500, \"message\": \"Internal server error\", \
                        \"activityId\": \"00000000-0000-0000-0000-000000000001\" }";
pub(crate) const JSON: (&str, &str) = ("content-type", "application/json");

/// Compares the status, every header and the bytes of the body. Returns the rest of the outcome: `source reason
/// message`.
pub(crate) fn check(outcome: Outcome<Bytes>, status: u16, headers: &[(&str, &str)], body: &str) -> String {
    assert_eq!((outcome.response.status().as_u16(), outcome.response.body().as_ref()), (status, body.as_bytes()));
    let mut found: Vec<_> =
        outcome.response.headers().iter().map(|(name, value)| (name.as_str(), value.to_str().unwrap())).collect();
    found.sort_unstable();
    assert_eq!(found, headers, "{body}");
    let LastError { source, reason, message, .. } = outcome.last_error.unwrap();
    format!("{source} {reason} {message}")
}

/// Returns the body with this message for the caller.
pub(crate) fn told(status: u16, message: &str) -> String {
    format!("{{ \"statusCode\": {status}, \"message\": \"{message}\" }}")
}

/// Sends a request with a body and a header, `x-plan: free`, through a document.
async fn post(world: &World, document: &str) -> Outcome<Bytes> {
    let request = Request::post("/orders?cb=a.b").header("x-plan", "free").body(Bytes::from_static(b"body")).unwrap();
    world.run(document, request, &State::default()).await
}
