mod behind_the_back;

use std::collections::BTreeMap;

use axum::body::Body;
use http::{Request, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::*;
use crate::{
    default_world::{bearer, world, world_where},
    issuer::{SignWith, v2_issuer},
    seed::{Scope, Secret},
};

const SECRET: &str = "/secrets/orders-subscription-key/?api-version=2025-07-01";
const CHALLENGE: &str = "Bearer authorization=\"https://login.microsoftonline.com/6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10\", resource=\"https://vault.azure.net\"";

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: Value,
    decision: Decision,
}

async fn send(world: Arc<World>, request: Request<Body>) -> Answer {
    let vault = world.vaults.all().next().unwrap().clone();
    let response = routes(world, vault).oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Answer {
        status: parts.status,
        headers: parts.headers,
        body: serde_json::from_slice(&body).unwrap(),
        decision: parts.extensions.get().cloned().unwrap(),
    }
}

/// Asks as an identity, with a token for Key Vault.
async fn get_as(world: Arc<World>, identity: &str, path: &str) -> Answer {
    let token = bearer(&world, identity, "https://vault.azure.net");
    get_with(world, &token, path).await
}

async fn get_with(world: Arc<World>, authorization: &str, path: &str) -> Answer {
    let request = Request::get(path).header("authorization", authorization).body(Body::empty()).unwrap();
    send(world, request).await
}

fn assert_unauthorized(answer: &Answer, message: &str) {
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert_eq!(answer.headers["www-authenticate"], CHALLENGE);
    assert_eq!(answer.body, json!({ "error": { "code": "Unauthorized", "message": message } }));
    assert_eq!(answer.decision.reason.as_deref(), Some(message));
}

#[tokio::test]
async fn the_reader_reads_the_subscription_key() {
    let world = world();
    let answer = get_as(world.clone(), "id-keyless-reader", SECRET).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["value"], world.subscription_keys["keyless-functions"].primary);
    insta::assert_json_snapshot!(answer.body, {
        ".value" => "[key]", ".id" => "[id]", ".attributes.created" => "[time]", ".attributes.updated" => "[time]"
    });
    let id = answer.body["id"].as_str().unwrap();
    assert!(id.starts_with("https://kv-keyless.vault.azure.net/secrets/orders-subscription-key/"), "{id}");
    let decision = answer.decision;
    assert_eq!(decision.identity.as_deref(), Some("id-keyless-reader"));
    assert_eq!(decision.audience.as_deref(), Some("https://vault.azure.net"));
    assert_eq!(decision.allowed_by.as_deref(), Some("Key Vault Secrets User on kv-keyless"));
    assert_eq!(decision.reason, None);
}

#[tokio::test]
async fn a_secret_has_one_value_under_each_of_its_addresses() {
    let world = world_where(|seed| seed.vaults[0].secrets.push(secret("made", None, true)));
    let vault = world.vaults.all().next().unwrap().clone();
    let routes = routes(world.clone(), vault);
    let token = bearer(&world, "id-keyless-reader", "https://vault.azure.net");
    let mut path = "/secrets/made".to_owned();
    let mut values = Vec::new();
    for suffix in ["", "/", "/version", "/VERSION"] {
        let asked = match suffix {
            "" | "/" => format!("/secrets/made{suffix}?api%2Dversion=7.4"),
            "/version" => format!("{path}?api-version=7.4"),
            _ => format!("{}?api-version=7.4", path.replace("made", "MADE")),
        };
        let request = Request::get(asked).header("authorization", &token).body(Body::empty()).unwrap();
        let response = routes.clone().oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::OK, "{suffix}");
        let body: Value = serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap();
        path = body["id"].as_str().unwrap().trim_start_matches("https://kv-keyless.vault.azure.net").to_owned();
        values.push(body["value"].as_str().unwrap().to_owned());
    }
    assert!(values[0].len() > 40, "a generated value is long");
    assert!(values.iter().all(|value| *value == values[0]));
}

#[tokio::test]
async fn answers_carry_key_vaults_headers() {
    let request = Request::get(SECRET).header("x-ms-client-request-id", "mine").body(Body::empty()).unwrap();
    let answer = send(world(), request).await;
    assert_eq!(answer.headers["x-ms-client-request-id"], "mine");
    assert_eq!(answer.headers["x-ms-keyvault-region"], "westeurope");
    assert_eq!(answer.headers["cache-control"], "no-cache");
    assert!(answer.headers.contains_key("x-ms-request-id"));
    assert!(answer.headers.contains_key("x-ms-keyvault-service-version"));
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

/// A token of the reader with changed claims.
fn forged(world: &World, change: impl FnOnce(&mut serde_json::Map<String, Value>), with: SignWith) -> String {
    let reader = world.seed.identity("id-keyless-reader").unwrap();
    let mut claims = crate::issuer::claims(world, reader, "https://vault.azure.net", Timestamp::now()).unwrap();
    change(&mut claims);
    format!("Bearer {}", world.signing_keys.sign(&claims, true, with).unwrap())
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

#[tokio::test]
async fn an_identity_without_a_role_is_forbidden() {
    let answer = get_as(world(), "id-keyless-writer", SECRET).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let group = "/subscriptions/0d5b9a1e-3c47-4f0e-b6a2-7e1f9c2d8a34/resourcegroups/rg-keyless";
    let message = [
        "Caller is not authorized to perform action on resource.",
        "If role assignments, deny assignments or role definitions were changed recently, please observe propagation time.",
        &format!(
            "Caller: appid=b1a7c0de-0002-4a6b-8c1d-5f2e3d4c5b6a;oid=c2b8d1ef-0002-4b7c-9d2e-6a3f4e5d6c7b;\
             iss=https://sts.windows.net/6f1c0a52-8f0e-4c33-9d0b-2c9a4b1f7e10/;\
             xms_mirid={group}/providers/Microsoft.ManagedIdentity/userAssignedIdentities/id-keyless-writer;\
             xms_az_rid={group}/providers/Microsoft.Web/sites/func-keyless"
        ),
        "Action: 'Microsoft.KeyVault/vaults/secrets/getSecret/action'",
        &format!(
            "Resource: '{group}/providers/microsoft.keyvault/vaults/kv-keyless/secrets/orders-subscription-key'"
        ),
        "Assignment: (not found)",
        "DenyAssignmentId: null",
        "DecisionReason: 'DeniedWithNoValidRBAC' ",
        "Vault: kv-keyless;location=westeurope",
        "",
    ]
    .join("\r\n");
    let expected =
        json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": "ForbiddenByRbac" } } });
    assert_eq!(answer.body, expected);
    assert_eq!(answer.decision.identity.as_deref(), Some("id-keyless-writer"));
    assert_eq!(answer.decision.allowed_by, None);
}

#[tokio::test]
async fn who_may_not_read_does_not_learn_what_exists() {
    let answer = get_as(world(), "id-keyless-writer", "/secrets/nothing?api-version=7.4").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_role_on_one_secret_opens_that_one_only() {
    let world = world_where(|seed| {
        seed.vaults[0].secrets.push(secret("other", Some("value"), true));
        seed.role_assignments[0].scope =
            Scope { secret: Some("other".to_owned()), ..seed.role_assignments[0].scope.clone() };
    });
    let answer = get_as(world.clone(), "id-keyless-reader", "/secrets/other?api-version=7.4").await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.decision.allowed_by.as_deref(), Some("Key Vault Secrets User on kv-keyless/other"));
    assert_eq!(get_as(world, "id-keyless-reader", SECRET).await.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_disabled_secret_is_forbidden() {
    let world = world_where(|seed| seed.vaults[0].secrets.push(secret("off", Some("value"), false)));
    let answer = get_as(world, "id-keyless-reader", "/secrets/off?api-version=7.4").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    let message = "Operation get is not allowed on a disabled secret.";
    let expected =
        json!({ "error": { "code": "Forbidden", "message": message, "innererror": { "code": "SecretDisabled" } } });
    assert_eq!(answer.body, expected);
}

#[tokio::test]
async fn an_unknown_secret_or_version_is_not_found() {
    let version = format!("/secrets/orders-subscription-key/{}", Uuid::nil().simple());
    for (path, shown) in [("/secrets/nothing", "nothing"), (&version, version.trim_start_matches("/secrets/"))] {
        let answer = get_as(world(), "id-keyless-reader", &format!("{path}?api-version=7.4")).await;
        assert_eq!(answer.status, StatusCode::NOT_FOUND);
        assert_eq!(answer.body["error"]["code"], "SecretNotFound");
        let message = answer.body["error"]["message"].as_str().unwrap();
        assert!(message.starts_with(&format!("A secret with (name/id) {shown} was not found in this key vault. If ")));
    }
}

#[tokio::test]
async fn bad_parameters_are_named() {
    for (path, message) in [
        ("/secrets/a_b?api-version=7.4", "The request URI contains an invalid name: a_b"),
        ("/secrets/a", "the query parameter api-version is missing"),
        (
            "/secrets/a?api-version=8",
            "The specified version (8) is not recognized. Consider using the latest supported version (2025-07-01).",
        ),
        (
            "/secrets/a?api-version=2025-13-01",
            "The specified version (2025-13-01) is not recognized. Consider using the latest supported version (2025-07-01).",
        ),
        (
            "/secrets/a?api-version=7.4&outContentType=PFX",
            "local-azure does not know the query parameter outContentType of Key Vault",
        ),
    ] {
        let answer = get_as(world(), "id-keyless-reader", path).await;
        assert_eq!(answer.status, StatusCode::BAD_REQUEST, "{path}");
        assert_eq!(answer.body, json!({ "error": { "code": "BadParameter", "message": message } }));
    }
}

#[tokio::test]
async fn what_is_not_served_is_refused_by_name() {
    for (method, path, status) in [
        ("PUT", "/secrets/a", StatusCode::METHOD_NOT_ALLOWED),
        ("DELETE", "/secrets/a", StatusCode::METHOD_NOT_ALLOWED),
        ("GET", "/secrets", StatusCode::NOT_FOUND),
        ("GET", "/secrets/a/versions", StatusCode::NOT_FOUND),
        ("GET", "/keys/a", StatusCode::NOT_FOUND),
    ] {
        let request = Request::builder().method(method).uri(format!("{path}?api-version=7.4")).body(Body::empty());
        let answer = send(world(), request.unwrap()).await;
        assert_eq!(answer.status, status, "{method} {path}");
        let reason = answer.decision.reason.unwrap();
        assert!(reason.contains(&format!("{method} {path} ")), "{reason}");
    }
}

fn secret(name: &str, value: Option<&str>, enabled: bool) -> Secret {
    Secret {
        name: name.to_owned(),
        value: value.map(str::to_owned),
        generated: value.is_none(),
        subscription_key: None,
        enabled,
        content_type: None,
        tags: BTreeMap::new(),
        not_before: None,
        expires: None,
    }
}
