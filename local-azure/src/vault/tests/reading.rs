//! Reads of values.

use http_body_util::BodyExt as _;
use tower::ServiceExt as _;
use uuid::Uuid;

use super::*;

#[tokio::test]
async fn the_reader_reads_the_subscription_key() {
    let world = world();
    let answer = get_as(world.clone(), "id-keyless-reader", SECRET).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["value"], world.api_management.subscription_keys.of("keyless-functions").unwrap().primary);
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
    let vault = world.key_vault.vaults.all().next().unwrap().clone();
    let routes = routes(world.key_vault.clone(), vault);
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
