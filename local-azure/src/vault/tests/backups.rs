//! Backup and restore.

use super::*;
use crate::world::World;

async fn backup(world: &Arc<World>, name: &str) -> String {
    let answer = call(world, "POST", &format!("/secrets/{name}/backup"), Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    answer.body["value"].as_str().unwrap().to_owned()
}

async fn restore(world: &Arc<World>, backup: &str) -> VaultAnswer {
    call(world, "POST", "/secrets/restore", json!({ "value": backup })).await
}

#[tokio::test]
async fn a_restored_secret_has_its_versions_and_their_attributes() {
    let world = officers_world(|_| {});
    let first = set(&world, "made", "1").await;
    let said = json!({ "value": "2", "contentType": "a", "tags": { "x": "1" }, "attributes": { "exp": 5 } });
    let second = call(&world, "PUT", "/secrets/made", said).await.body;
    let backup = backup(&world, "made").await;
    call(&world, "DELETE", "/secrets/made", Value::Null).await;
    call(&world, "DELETE", "/deletedsecrets/made", Value::Null).await;

    let answer = restore(&world, &backup).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((&answer.body["id"], answer.body.get("value")), (&second["id"], None));
    assert_eq!(call(&world, "GET", "/secrets/made", Value::Null).await.body, second);
    assert_eq!(call(&world, "GET", &format!("/secrets/made/{first}"), Value::Null).await.body["value"], "1");
}

#[tokio::test]
async fn a_secret_is_not_restored_over_another() {
    let world = officers_world(|_| {});
    set(&world, "made", "1").await;
    let backup = backup(&world, "made").await;
    let answer = restore(&world, &backup).await;
    assert_eq!((answer.status, answer.codes()), (StatusCode::CONFLICT, ("Conflict", None)));
    call(&world, "DELETE", "/secrets/made", Value::Null).await;
    let answer = restore(&world, &backup).await;
    assert_eq!(answer.codes(), ("Conflict", Some("ObjectIsDeletedButRecoverable")));
}

#[tokio::test]
async fn another_vault_of_the_subscription_takes_a_backup() {
    let world = officers_world(|seed| {
        let other = crate::seed::Vault { name: "kv-other".to_owned(), ..seed.vaults[0].clone() };
        seed.vaults.push(other);
        let mut role = role(OFFICER, "Key Vault Secrets Officer", None);
        role.scope.vault = Some("kv-other".to_owned());
        seed.role_assignments.push(role);
    });
    set(&world, "made", "1").await;
    let backup = json!({ "value": backup(&world, "made").await });
    let other = world.key_vault.vaults.all().last().unwrap().clone();
    let request = Request::post("/secrets/restore?api-version=7.4")
        .header("authorization", bearer(&world, OFFICER, "https://vault.azure.net"))
        .header("content-type", "application/json")
        .body(Body::from(backup.to_string()))
        .unwrap();
    let answer = routes(world.key_vault.clone(), other)
        .oneshot(request)
        .await
        .unwrap()
        .into_body()
        .collect()
        .await
        .unwrap()
        .to_bytes();
    let answer: Value = serde_json::from_slice(&answer).unwrap();
    assert!(answer["id"].as_str().unwrap().starts_with("https://kv-other.vault.azure.net/secrets/made/"), "{answer}");
}

#[tokio::test]
async fn what_is_no_backup_of_this_subscription_is_refused() {
    let world = officers_world(|_| {});
    let answer = restore(&world, "AAAA").await;
    let expected = json!({ "error": {
        "code": "Malformed backup blob", "message": "Backup blob is corrupt.",
    } });
    assert_eq!((answer.status, answer.body), (StatusCode::BAD_REQUEST, expected));

    let elsewhere = officers_world(|_| {});
    let answer = restore(&world, &backup(&elsewhere, "orders-subscription-key").await).await;
    assert_eq!((answer.status, answer.message()), (StatusCode::BAD_REQUEST, "Cannot decrypt backup blob"));
    let missing = call(&world, "POST", "/secrets/nothing/backup", Value::Null).await;
    assert_eq!((missing.status, missing.codes()), (StatusCode::NOT_FOUND, ("SecretNotFound", None)));
}
