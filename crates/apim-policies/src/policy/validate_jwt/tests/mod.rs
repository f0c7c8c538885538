//! Makes each check fail alone.

mod answers;
mod certificates;
mod claims;
mod keys;
mod library;
mod refusals;
mod signatures;

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::{
    State,
    rig::{DISCOVERY_V2, NOW, Signer, TENANT, World, issuer_v1, issuer_v2},
};

const API: &str = "api://x";
const CLIENT_ID: &str = "d3c9e2f0-0001-4c8d-ae3f-7b4a5f6e7d8c";

/// Returns a whole document around `<validate-jwt {attributes}>{children}</validate-jwt>`.
fn policy(attributes: &str, children: &str) -> String {
    format!(
        "<policies><inbound><base /><validate-jwt {attributes}>{children}</validate-jwt></inbound>\
         <backend><base /></backend><outbound><base /></outbound><on-error><base /></on-error></policies>"
    )
}

/// Returns the children of most policies here: version 2 discovery and one audience, then issuers and claims.
fn children(issuers: &str, audience: &str, claims: &str) -> String {
    format!(
        "<openid-config url=\"{DISCOVERY_V2}\" /><audiences><audience>{audience}</audience></audiences>{issuers}{claims}"
    )
}

const IN_AUTHORIZATION: &str = "header-name=\"Authorization\" require-scheme=\"Bearer\"";

fn roles(matching: &str, values: &[&str]) -> String {
    let values: String = values.iter().map(|value| format!("<value>{value}</value>")).collect();
    format!("<required-claims><claim name=\"roles\" match=\"{matching}\">{values}</claim></required-claims>")
}

fn v2(changes: Value) -> Value {
    changed(
        json!({ "iss": issuer_v2(), "aud": CLIENT_ID, "ver": "2.0", "tid": TENANT, "oid": "o", "roles": ["Read"],
                "iat": NOW - 600, "nbf": NOW - 600, "exp": NOW + 86_400 }),
        changes,
    )
}

fn v1(changes: Value) -> Value {
    changed(v2(json!({ "iss": issuer_v1(), "aud": API, "ver": "1.0" })), changes)
}

/// Changes claims. A null removes a claim.
fn changed(mut claims: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().unwrap() {
        claims[name] = value.clone();
    }
    claims.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    claims
}

fn signed(claims: &Value) -> String {
    Signer::published().token(&json!({ "alg": "RS256", "typ": "JWT", "kid": "rsa-1" }), claims)
}

fn request(header: &str, value: &str) -> Request<Bytes> {
    Request::builder().uri("/x").header(header, value).body(Bytes::new()).unwrap()
}

fn bearer(token: &str) -> Request<Bytes> {
    request("Authorization", &format!("Bearer {token}"))
}

/// Returns the reason for the refusal, or `pass`. Checks that the backend was called only in the latter case.
async fn verdict(document: &str, request: Request<Bytes>) -> &'static str {
    verdict_in(&World::new(), document, request).await
}

async fn verdict_in(world: &World, document: &str, request: Request<Bytes>) -> &'static str {
    let before = world.forwarded.lock().unwrap().len();
    let outcome = world.run(document, request, &State::default()).await;
    assert_eq!(world.forwarded.lock().unwrap().len() - before, usize::from(outcome.last_error.is_none()));
    assert_eq!(outcome.tokens.len(), usize::from(outcome.last_error.is_none()));
    match outcome.last_error {
        None => "pass",
        Some(error) => {
            assert_eq!(outcome.response.status(), 401);
            assert_eq!(error.source, "validate-jwt");
            let told = if error.reason == "TokenNotPresent" { "JWT not present." } else { "Invalid JWT." };
            assert_eq!(outcome.response.body(), &format!("{{ \"statusCode\": 401, \"message\": \"{told}\" }}"));
            let headers: Vec<_> = outcome.response.headers().iter().collect();
            assert_eq!(headers, [(&http::header::CONTENT_TYPE, &http::HeaderValue::from_static("application/json"))]);
            error.reason
        }
    }
}

/// Runs each request through the same document.
async fn check<const N: usize>(document: &str, rows: [(&str, Request<Bytes>, &str); N]) {
    for (name, request, expected) in rows {
        assert_eq!(Box::pin(verdict(document, request)).await, expected, "{name}");
    }
}
