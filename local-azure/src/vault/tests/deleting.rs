//! Soft delete: a deleted secret can be seen and recovered until it is purged.

use std::time::Duration;

use super::*;

const DAY: Duration = Duration::from_secs(86_400);

#[tokio::test]
async fn a_deleted_secret_is_out_of_the_way_but_not_gone() {
    let world = officers_world(|_| {});
    set(&world, "made", "1").await;
    let version = set(&world, "made", "2").await;
    let deleted = call(&world, "DELETE", "/secrets/made", Value::Null).await;
    assert_eq!(deleted.status, StatusCode::OK);
    assert_eq!(deleted.body["id"], format!("{ORIGIN}/secrets/made/{version}"));
    let date = deleted.body["deletedDate"].as_i64().unwrap();
    assert_eq!(deleted.body["scheduledPurgeDate"], date + 90 * 86_400);
    insta::assert_json_snapshot!(deleted.body, {
        ".id" => "[id]", ".deletedDate" => "[time]", ".scheduledPurgeDate" => "[time]",
        ".attributes.created" => "[time]", ".attributes.updated" => "[time]"
    });
    assert_eq!(call(&world, "GET", "/deletedsecrets/made", Value::Null).await.body, deleted.body);
    for (method, path, body) in [
        ("GET", "/secrets/made".to_owned(), Value::Null),
        ("GET", format!("/secrets/made/{version}"), Value::Null),
        ("PATCH", "/secrets/made".to_owned(), json!({})),
        ("DELETE", "/secrets/made".to_owned(), Value::Null),
        ("POST", "/secrets/made/backup".to_owned(), Value::Null),
    ] {
        let answer = call(&world, method, &path, body).await;
        assert_eq!(
            (answer.status, answer.codes()),
            (StatusCode::NOT_FOUND, ("SecretNotFound", None)),
            "{method} {path}"
        );
    }
}

#[tokio::test]
async fn the_name_of_a_deleted_secret_is_taken() {
    let world = officers_world(|_| {});
    set(&world, "made", "1").await;
    call(&world, "DELETE", "/secrets/made", Value::Null).await;
    let answer = call(&world, "PUT", "/secrets/made", json!({ "value": "2" })).await;
    assert_eq!(
        (answer.status, answer.codes()),
        (StatusCode::CONFLICT, ("Conflict", Some("ObjectIsDeletedButRecoverable")))
    );
    let message = "Secret made is currently in a deleted but recoverable state, and its name cannot be reused; in this \
                   state, the secret can only be recovered or purged.";
    assert_eq!(answer.message(), message);
}

#[tokio::test]
async fn a_recovered_secret_is_as_it_was() {
    let world = officers_world(|_| {});
    let first = set(&world, "made", "1").await;
    let second = set(&world, "made", "2").await;
    call(&world, "DELETE", "/secrets/made", Value::Null).await;
    let answer = call(&world, "POST", "/deletedsecrets/MADE/recover", Value::Null).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!(answer.body["id"], format!("{ORIGIN}/secrets/made/{second}"));
    assert!(answer.body.get("value").is_none() && answer.body.get("recoveryId").is_none());
    assert_eq!(call(&world, "GET", &format!("/secrets/made/{first}"), Value::Null).await.body["value"], "1");
    assert_eq!(call(&world, "GET", "/deletedsecrets/made", Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_purged_secret_frees_its_name() {
    let world = officers_world(|_| {});
    set(&world, "made", "1").await;
    call(&world, "DELETE", "/secrets/made", Value::Null).await;
    let answer = call(&world, "DELETE", "/deletedsecrets/made", Value::Null).await;
    assert_eq!((answer.status, answer.body), (StatusCode::NO_CONTENT, Value::Null));
    let message = call(&world, "GET", "/deletedsecrets/made", Value::Null).await.message().to_owned();
    assert!(message.starts_with("A secret with (name/id) made was not found in this key vault."), "{message}");
    set(&world, "made", "2").await;
}

#[tokio::test]
async fn what_is_not_deleted_is_not_recovered_and_not_purged() {
    let world = officers_world(|_| {});
    for name in ["nothing", "orders-subscription-key"] {
        let recover = call(&world, "POST", &format!("/deletedsecrets/{name}/recover"), Value::Null).await;
        assert_eq!((recover.status, recover.codes()), (StatusCode::NOT_FOUND, ("SecretNotFound", None)));
        assert!(recover.message().starts_with(&format!("A secret with (name/id) {name} was not found")));
        for method in ["GET", "DELETE"] {
            let answer = call(&world, method, &format!("/deletedsecrets/{name}"), Value::Null).await;
            assert_eq!((answer.status, answer.codes()), (StatusCode::NOT_FOUND, ("SecretNotFound", None)));
            assert!(answer.message().starts_with(&format!("A secret with (name/id) {name} was not found")));
        }
    }
}

#[tokio::test]
async fn time_purges_what_nobody_recovers() {
    let world = officers_world(|seed| seed.vaults[0].soft_delete_retention_days = 7);
    set(&world, "made", "1").await;
    let deleted = call(&world, "DELETE", "/secrets/made", Value::Null).await.body;
    let attributes = &deleted["attributes"];
    assert_eq!(
        (&attributes["recoverableDays"], &attributes["recoveryLevel"]),
        (&json!(7), &json!("CustomizedRecoverable+Purgeable"))
    );
    vault(&world).hold_time_after(6 * DAY);
    assert_eq!(call(&world, "GET", "/deletedsecrets/made", Value::Null).await.status, StatusCode::OK);
    vault(&world).hold_time_after(DAY);
    assert_eq!(call(&world, "GET", "/deletedsecrets/made", Value::Null).await.status, StatusCode::NOT_FOUND);
    set(&world, "made", "2").await;
}

#[tokio::test]
async fn a_vault_with_purge_protection_leaves_it_to_time() {
    let world = officers_world(|seed| seed.vaults[0].purge_protection = true);
    set(&world, "made", "1").await;
    let deleted = call(&world, "DELETE", "/secrets/made", Value::Null).await.body;
    assert_eq!(deleted["attributes"]["recoveryLevel"], "Recoverable");
    let answer = call(&world, "DELETE", "/deletedsecrets/made", Value::Null).await;
    assert_eq!((answer.status, answer.codes()), (StatusCode::FORBIDDEN, ("Forbidden", None)));
    let message = "Operation \"purge\" is not allowed because purge protection is enabled for this vault. Key Vault \
                   service will automatically purge it after the retention period has passed.\r\n\
                   Vault: kv-keyless;location=westeurope";
    assert_eq!(answer.message(), message);
    assert_eq!(call(&world, "GET", "/deletedsecrets/made", Value::Null).await.status, StatusCode::OK);
    vault(&world).hold_time_after(90 * DAY);
    assert_eq!(call(&world, "GET", "/deletedsecrets/made", Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn recovery_levels_have_azures_names() {
    for (days, protected, level) in [
        (90, false, "Recoverable+Purgeable"),
        (90, true, "Recoverable"),
        (89, false, "CustomizedRecoverable+Purgeable"),
        (7, true, "CustomizedRecoverable"),
    ] {
        let world = officers_world(|seed| {
            seed.vaults[0].soft_delete_retention_days = days;
            seed.vaults[0].purge_protection = protected;
        });
        let answer = call(&world, "GET", "/secrets/orders-subscription-key", Value::Null).await.body;
        assert_eq!(answer["attributes"]["recoveryLevel"], level);
        assert_eq!(answer["attributes"]["recoverableDays"], days);
    }
}
