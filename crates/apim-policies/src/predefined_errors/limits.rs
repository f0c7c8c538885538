//! Reached limits: the rows of `rate-limit` and `quota`, by subscription and by key.

use bytes::Bytes;
use http::Response;

use super::{JSON, check, told};
use crate::{
    Outcome, Scope, State,
    rig::{World, document, subscribed},
};

/// Calls a product with this inbound policy twice. The first response has 2000 bytes. Returns the second outcome.
async fn second(policy: &str) -> Outcome<Bytes> {
    let (world, state) = (World::new(), State::default());
    let text = document(policy, "<base />", "", "");
    let long = Response::new(Bytes::from(vec![b'x'; 2000]));
    world.answers.lock().unwrap().push_back(Ok(long));
    let first = world.run_at(Scope::Product, &text, subscribed("a"), &state).await;
    assert_eq!((first.response.status().as_u16(), first.last_error), (200, None));
    world.run_at(Scope::Product, &text, subscribed("a"), &state).await
}

#[tokio::test]
async fn rate_limit_exceeded() {
    for (source, more) in [("rate-limit", ""), ("rate-limit-by-key", "counter-key=\"k\"")] {
        let outcome = second(&format!("<{source} calls=\"1\" renewal-period=\"60\" {more} />")).await;
        let body = told(429, "Rate limit is exceeded. Try again in 60 seconds.");
        assert_eq!(body.len(), 84);
        assert_eq!(
            check(outcome, 429, &[JSON, ("retry-after", "60")], &body),
            format!("{source} RateLimitExceeded Rate limit is exceeded")
        );
    }
}

/// The time of the tests is 2026-02-25T06:13:20Z, so 46 minutes and 40 seconds of an hour's period remain.
const WAIT: (&str, &str) = ("retry-after", "2800");

#[tokio::test]
async fn quota_of_calls_exceeded() {
    for (source, more) in [("quota", ""), ("quota-by-key", "counter-key=\"k\"")] {
        let outcome = second(&format!("<{source} calls=\"1\" renewal-period=\"3600\" {more} />")).await;
        let message = "Out of call volume quota. Quota will be replenished in 00:46:40.";
        assert_eq!(
            check(outcome, 403, &[JSON, WAIT], &told(403, message)),
            format!("{source} QuotaExceeded {message}")
        );
    }
}

#[tokio::test]
async fn quota_of_bandwidth_exceeded() {
    for (source, more) in [("quota", ""), ("quota-by-key", "counter-key=\"k\"")] {
        let policy = format!("<{source} bandwidth=\"1\" renewal-period=\"3600\" {more} />");
        let outcome = second(&policy).await;
        let message = "Out of bandwidth quota. Quota will be replenished in 00:46:40.";
        assert_eq!(
            check(outcome, 403, &[JSON, WAIT], &told(403, message)),
            format!("{source} QuotaExceeded {message}")
        );
    }
}
