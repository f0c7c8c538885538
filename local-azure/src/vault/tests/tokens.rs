//! Refused callers, and the challenge in their answers.

use crate::world::World;
use jiff::Timestamp;
use uuid::Uuid;

use super::*;
use crate::issuer::{SignWith, v2_issuer};

const CHALLENGE: &str = "Bearer authorization=\"https://login.microsoftonline.com/6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10\", resource=\"https://vault.azure.net\"";

fn assert_unauthorized(answer: &VaultAnswer, message: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["www-authenticate"], CHALLENGE);
    assert_eq!(answer.body, json!({ "error": { "code": "Unauthorized", "message": message } }));
    assert_eq!(answer.decision.reason.as_deref(), Some(message));
}

#[tokio::test]
async fn a_request_without_a_token_is_challenged() {
    let answer = send(world(), Request::get(SECRET).body(Body::empty()).unwrap()).await;
    assert_unauthorized(&answer, "AKV10000: Request is missing a Bearer or PoP token.");
}

#[tokio::test]
async fn a_token_for_another_audience_is_refused() {
    let world = world();
    for audience in ["https://management.azure.com/", "https://vault.azure.net/", "https://storage.azure.com"] {
        let token = bearer(&world, "id-keyless-reader", audience);
        let answer = get_with(world.clone(), &token, SECRET).await;
        let message = format!("AKV10022: Invalid audience. Expected https://vault.azure.net, found: {audience}.");
        assert_unauthorized(&answer, &message);
        assert_eq!(answer.decision.audience.as_deref(), Some(audience));
    }
}

#[tokio::test]
async fn key_vaults_client_id_is_an_audience_too() {
    let world = world();
    let token = bearer(&world, "id-keyless-reader", "cfa8b339-82a2-471a-a3c9-0fc0be7a4093");
    assert_eq!(get_with(world, &token, SECRET).await.status, StatusCode::OK);
}

/// Returns a token of the reader with changed claims.
fn forged(world: &World, change: impl FnOnce(&mut serde_json::Map<String, Value>), with: SignWith) -> String {
    let reader = world.seed.identity("id-keyless-reader").unwrap();
    let mut claims = crate::issuer::claims(&world.entra, reader, "https://vault.azure.net", Timestamp::now()).unwrap();
    change(&mut claims);
    format!("Bearer {}", world.entra.signing_keys.sign(&claims, true, with).unwrap())
}

#[tokio::test]
async fn a_token_of_another_issuer_is_refused() {
    let world = world();
    let tenant = world.seed.tenant.id;
    for (claim, value) in [("iss", v2_issuer(tenant)), ("iss", "https://sts.windows.net/other/".to_owned())] {
        let token = forged(&world, |claims| _ = claims.insert(claim.to_owned(), json!(value)), SignWith::Active);
        let message =
            format!("AKV10032: Invalid issuer. Expected one of https://sts.windows.net/{tenant}/, found {value}.");
        assert_unauthorized(&get_with(world.clone(), &token, SECRET).await, &message);
    }
    let token = forged(&world, |claims| _ = claims.insert("tid".to_owned(), json!(Uuid::nil())), SignWith::Active);
    assert_eq!(get_with(world, &token, SECRET).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_expired_token_is_refused() {
    let world = world();
    let token = forged(&world, |claims| _ = claims.insert("exp".to_owned(), json!(1_700_000_000)), SignWith::Active);
    assert_unauthorized(&get_with(world, &token, SECRET).await, "[TokenExpired] Error validating token: 'S2S12086'.");
}

#[tokio::test]
async fn a_token_from_the_future_is_refused() {
    let world = world();
    let later = Timestamp::now().as_second() + 600;
    let token = forged(&world, |claims| _ = claims.insert("nbf".to_owned(), json!(later)), SignWith::Active);
    let message = "Error validating token: the token is not valid yet.";
    assert_unauthorized(&get_with(world, &token, SECRET).await, message);
}

#[tokio::test]
async fn a_signature_that_does_not_fit_is_refused() {
    let world = world();
    let unpublished = forged(&world, |_| {}, SignWith::Unpublished);
    let message = "Error validating token: the token's signature is wrong.";
    assert_unauthorized(&get_with(world.clone(), &unpublished, SECRET).await, message);

    let (head, signature) = bearer(&world, "id-keyless-writer", "https://vault.azure.net")
        .rsplit_once('.')
        .map(|(head, signature)| (head.to_owned(), signature.to_owned()))
        .unwrap();
    let claims = bearer(&world, "id-keyless-reader", "https://vault.azure.net");
    let borrowed = format!("{}.{}.{signature}", head.split('.').next().unwrap(), claims.split('.').nth(1).unwrap());
    assert_unauthorized(&get_with(world, &borrowed, SECRET).await, message);
}

#[tokio::test]
async fn a_key_that_nobody_publishes_is_refused() {
    let elsewhere = world_where(|_| {});
    let token = bearer(&elsewhere, "id-keyless-reader", "https://vault.azure.net");
    let header = token.trim_start_matches("Bearer ").split('.').next().unwrap();
    let message =
        format!("AKV10046: Unable to resolve the key used for signature validation. EncodedJwtHeader: '{header}'.");
    assert_unauthorized(&get_with(world(), &token, SECRET).await, &message);
}

#[tokio::test]
async fn an_unsigned_token_is_refused() {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
    let signed = bearer(&world(), "id-keyless-reader", "https://vault.azure.net");
    let claims = signed.split('.').nth(1).unwrap();
    let header = URL_SAFE_NO_PAD.encode(r#"{"typ":"JWT","alg":"none"}"#);
    for authorization in [format!("Bearer {header}.{claims}."), "Bearer junk".to_owned(), "Basic abc".to_owned()] {
        let answer = get_with(world(), &authorization, SECRET).await;
        assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{authorization}");
        assert_eq!(answer.headers["www-authenticate"], CHALLENGE);
    }
}
