//! Tests the answer to the caller, the error in `on-error`, and the number of key fetches.

use http::Request;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{
    API, Bytes, CLIENT_ID, DISCOVERY_V2, IN_AUTHORIZATION, NOW, Signer, State, World, bearer, changed, children,
    issuer_v1, issuer_v2, policy, roles, signed, v1, v2,
};
use crate::{Outcome, expression::Value as Variable};

fn body(outcome: &Outcome<Bytes>) -> &str {
    std::str::from_utf8(outcome.response.body()).unwrap()
}

#[tokio::test]
async fn messages_name_the_cause_and_the_caller_learns_little() {
    let document = policy(IN_AUTHORIZATION, &children("", API, &roles("any", &["Read", "Write"])));
    let run = async |claims: &Value| World::new().run(&document, bearer(&signed(claims)), &State::default()).await;
    let issuer = run(&v1(json!({}))).await;
    let valid = issuer_v2();
    assert_eq!(
        issuer.last_error.as_ref().unwrap().to_string(),
        format!(
            "TokenIssuerNotAllowed: IDX10205: Issuer validation failed. Issuer: '{}'. Did not match: \
             validationParameters.ValidIssuer: '' or validationParameters.ValidIssuers: '{valid}'. Access denied.",
            issuer_v1()
        )
    );
    assert_eq!(body(&issuer), r#"{ "statusCode": 401, "message": "Invalid JWT." }"#);
    assert_eq!(issuer.response.headers()["content-type"], "application/json");
    assert!(!issuer.response.headers().contains_key("www-authenticate"));

    let message = async |claims: Value| run(&claims).await.last_error.unwrap().message;
    assert_eq!(
        message(v2(json!({}))).await,
        format!(
            "IDX10214: Audience validation failed. Audiences: '{CLIENT_ID}'. Did not match: validationParameters.\
             ValidAudience: '' or validationParameters.ValidAudiences: '{API}'. Access denied."
        )
    );
    assert_eq!(
        message(v2(json!({ "exp": NOW - 1 }))).await,
        "IDX10223: Lifetime validation failed. The token is expired. ValidTo (UTC): '02/25/2026 06:13:19', Current time \
         (UTC): '02/25/2026 06:13:20'. Access denied."
    );
    let right = json!({ "aud": API });
    assert_eq!(
        message(v2(changed(right.clone(), json!({ "roles": ["X"] })))).await,
        "Claim value mismatch: roles=Read,Write."
    );
    assert_eq!(
        message(changed(v2(right), json!({ "roles": null }))).await,
        "JWT is missing the following claims: roles. Access denied."
    );
}

#[tokio::test]
async fn status_and_message_are_those_of_the_policy() {
    let attributes = format!(
        "{IN_AUTHORIZATION} id=\"who\" failed-validation-httpcode=\"403\" \
         failed-validation-error-message=\"Unauthorized. Access token is missing or invalid.\""
    );
    let document = policy(&attributes, &children("", CLIENT_ID, ""));
    let outcome = World::new().run(&document, bearer("x"), &State::default()).await;
    assert_eq!(outcome.response.status(), 403);
    assert_eq!(
        body(&outcome),
        r#"{ "statusCode": 403, "message": "Unauthorized. Access token is missing or invalid." }"#
    );
    let error = outcome.last_error.unwrap();
    assert_eq!((error.reason, error.message.as_str()), ("JwtInvalid", "JWT is not well formed"));
    assert_eq!(error.policy_id.as_deref(), Some("who"));
    assert_eq!((error.scope, error.section), (Some(crate::Scope::Api), Some(crate::Section::Inbound)));
}

#[tokio::test]
async fn a_valid_token_is_kept_with_what_it_proved() {
    let attributes = format!("{IN_AUTHORIZATION} output-token-variable-name=\"jwt\"");
    let document = policy(&attributes, &children("", CLIENT_ID, &roles("any", &["Read", "Write"])));
    let outcome = World::new().run(&document, bearer(&signed(&v2(json!({})))), &State::default()).await;
    let token = &outcome.tokens[0];
    assert_eq!(token.satisfied, [("roles".to_owned(), vec!["Read".to_owned()])]);
    let Variable::Jwt(jwt) = &outcome.variables["jwt"] else { panic!("{:?}", outcome.variables) };
    assert_eq!((&jwt.claims["oid"], &jwt.claims["aud"]), (&json!("o"), &json!(CLIENT_ID)));
    assert_eq!(jwt.header["alg"], "RS256");
}

#[tokio::test]
async fn what_a_refused_token_lacks_is_told_with_the_values_asked_for() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, &roles("all", &["Read", "Write"])));
    let unmet = async |claims: serde_json::Value| {
        let outcome = World::new().run(&document, bearer(&signed(&claims)), &State::default()).await;
        outcome.unmet_claims
    };
    let claim = |values: &[&str]| {
        let values = values.iter().map(|value| (*value).to_owned()).collect();
        vec![crate::UnmetClaim { name: "roles".to_owned(), values, any: false }]
    };
    assert_eq!(unmet(changed(v2(json!({})), json!({ "roles": null }))).await, claim(&["Read", "Write"]));
    assert_eq!(unmet(v2(json!({ "roles": ["Read"] }))).await, claim(&["Write"]));
    assert_eq!(unmet(v2(json!({ "roles": ["Read", "Write"] }))).await, []);
    assert_eq!(unmet(v2(json!({ "exp": NOW - 1 }))).await, []);
}

#[tokio::test]
async fn a_refused_token_is_told_with_what_the_policy_takes_once_its_claims_were_looked_at() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, &roles("any", &["Read"])));
    let run = async |token: String| World::new().run(&document, bearer(&token), &State::default()).await.refused_token;
    for claims in [json!({ "exp": NOW - 1 }), json!({ "aud": "another" }), json!({ "roles": ["Write"] })] {
        let refused = run(signed(&v2(claims))).await.unwrap();
        assert!(refused.is_signed);
        assert_eq!((refused.audiences, refused.issuers), (vec![CLIENT_ID.to_owned()], vec![issuer_v2()]));
        assert_eq!(refused.jwt.text("iss"), Some(issuer_v2().as_str()));
    }
    let unknown_key = json!({ "alg": "RS256", "kid": "rsa-2" });
    let elsewhere = Signer::unpublished().token(&unknown_key, &v2(json!({ "iss": "https://elsewhere" })));
    assert!(!run(elsewhere).await.unwrap().is_signed);
    assert!(run("x".to_owned()).await.is_none());
    assert!(run(signed(&v2(json!({ "roles": ["Read"] })))).await.is_none());
}

#[tokio::test]
async fn keys_are_fetched_hourly_and_for_an_unknown_kid_at_most_every_five_minutes() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, ""));
    let (world, keys) = (World::new(), State::default());
    let reason = async |request: Request<Bytes>| {
        world.run(&document, request, &keys).await.last_error.map_or("pass", |error| error.reason)
    };
    let good = || bearer(&signed(&v2(json!({}))));
    let unknown = || bearer(&Signer::unpublished().token(&json!({ "alg": "RS256", "kid": "rsa-2" }), &v2(json!({}))));
    let minutes = SignedDuration::from_mins;

    assert_eq!((reason(good()).await, world.fetches()), ("pass", 2));
    assert_eq!((reason(good()).await, world.fetches()), ("pass", 2));
    // The first unknown `kid` starts a fetch at once. The next one within five minutes does not.
    assert_eq!((reason(unknown()).await, world.fetches()), ("TokenSignatureKeyNotFound", 4));
    assert_eq!((reason(unknown()).await, world.fetches()), ("TokenSignatureKeyNotFound", 4));
    world.publish(Some(Signer::unpublished().key_set("rsa-2")));
    world.advance(minutes(4));
    assert_eq!((reason(unknown()).await, world.fetches()), ("TokenSignatureKeyNotFound", 4));
    world.advance(minutes(1));
    assert_eq!((reason(unknown()).await, world.fetches()), ("pass", 6));
    // The old key disappeared with the old key set.
    assert_eq!((reason(good()).await, world.fetches()), ("TokenSignatureKeyNotFound", 6));
    world.advance(minutes(59));
    assert_eq!((reason(unknown()).await, world.fetches()), ("pass", 6));
    world.advance(minutes(1));
    assert_eq!((reason(unknown()).await, world.fetches()), ("pass", 8));
}

#[tokio::test]
async fn without_keys_nothing_passes_and_it_is_not_the_callers_fault() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, ""));
    let (world, keys) = (World::new(), State::default());
    let key_set = Signer::published().key_set("rsa-1");
    world.publish(None);
    let run = async || world.run(&document, bearer(&signed(&v2(json!({})))), &keys).await;

    let outcome = run().await;
    assert_eq!(
        body(&outcome),
        "{ \"statusCode\": 500, \"message\": \"Internal server error\", \
         \"activityId\": \"00000000-0000-0000-0000-000000000001\" }"
    );
    assert_eq!(
        outcome.last_error.unwrap().message,
        format!("IDX20803: Unable to obtain configuration from: '{DISCOVERY_V2}'. Exception: '404 Not Found'.")
    );
    // The next attempt comes after five minutes.
    world.publish(Some(key_set));
    assert_eq!((run().await.response.status().as_u16(), world.fetches()), (500, 2));
    world.advance(SignedDuration::from_mins(5));
    assert_eq!((run().await.response.status().as_u16(), world.fetches()), (200, 4));
    // Keys that cannot be refreshed stay in use. An unknown `kid` does not bring the next attempt forward.
    world.publish(None);
    world.advance(SignedDuration::from_mins(60));
    assert_eq!((run().await.response.status().as_u16(), world.fetches()), (200, 6));
    assert_eq!((run().await.response.status().as_u16(), world.fetches()), (200, 6));
    let unknown = Signer::unpublished().token(&json!({ "alg": "RS256", "kid": "rsa-2" }), &v2(json!({})));
    let outcome = world.run(&document, bearer(&unknown), &keys).await;
    assert_eq!((outcome.last_error.unwrap().reason, world.fetches()), ("TokenSignatureKeyNotFound", 6));
}

#[tokio::test]
async fn requests_that_need_the_same_keys_wait_for_one_fetch() {
    let document = policy(IN_AUTHORIZATION, &children("", CLIENT_ID, ""));
    let (world, keys) = (World::new(), State::default());
    let run = async || world.run(&document, bearer(&signed(&v2(json!({})))), &keys).await.response.status().as_u16();
    assert_eq!(tokio::join!(run(), run(), run()), (200, 200, 200));
    assert_eq!(world.fetches(), 2);
}
