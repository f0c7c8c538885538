//! Writes of values and of their properties.

use super::*;

#[tokio::test]
async fn a_secret_is_set_with_all_that_may_be_said() {
    let world = officers_world(|_| {});
    let said = json!({ "value": "v", "contentType": "text/plain", "tags": { "owner": "team" }, "attributes": {
        "enabled": true, "nbf": 1_700_000_000, "exp": 1_900_000_000,
    } });
    let set = call(&world, "PUT", "/secrets/made", said).await;
    assert_eq!(set.status, StatusCode::OK);
    insta::assert_json_snapshot!(set.body, {
        ".id" => "[id]", ".attributes.created" => "[time]", ".attributes.updated" => "[time]"
    });
    let id = set.body["id"].as_str().unwrap();
    let version = id.strip_prefix("https://kv-keyless.vault.azure.net/secrets/made/").unwrap();
    assert!(version.len() == 32 && version.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(call(&world, "GET", "/secrets/made/", Value::Null).await.body, set.body);
    assert_eq!(set.decision.allowed_by.as_deref(), Some("Key Vault Secrets Officer on kv-keyless"));
}

#[tokio::test]
async fn each_set_adds_a_version() {
    let world = officers_world(|_| {});
    let first = set(&world, "made", "1").await;
    let second = set(&world, "MADE", "2").await;
    assert_ne!(first, second);
    for (path, value) in [("", "2".to_owned()), (&*first, "1".to_owned()), (&*second, "2".to_owned())] {
        let answer = call(&world, "GET", &format!("/secrets/made/{path}"), Value::Null).await;
        assert_eq!(answer.body["value"], value);
        assert!(answer.body["id"].as_str().unwrap().contains("/secrets/made/"), "the first spelling stays");
    }
}

#[tokio::test]
async fn an_empty_value_is_a_value() {
    let world = officers_world(|_| {});
    set(&world, "empty", "").await;
    assert_eq!(call(&world, "GET", "/secrets/empty", Value::Null).await.body["value"], "");
}

#[tokio::test]
async fn an_update_changes_what_it_names_and_shows_no_value() {
    let world = officers_world(|_| {});
    let said = json!({ "value": "v", "contentType": "a", "tags": { "x": "1" }, "attributes": { "exp": 5 } });
    let set = call(&world, "PUT", "/secrets/made", said).await.body;
    vault(&world).hold_time_after(std::time::Duration::from_secs(60));

    let change = json!({ "tags": { "y": "2" }, "attributes": { "enabled": false, "nbf": 3 } });
    let answer = call(&world, "PATCH", "/secrets/made/", change).await;
    assert_eq!(answer.status, StatusCode::OK);
    assert_eq!((&answer.body["id"], answer.body.get("value")), (&set["id"], None));
    assert_eq!((&answer.body["contentType"], &answer.body["tags"]), (&json!("a"), &json!({ "y": "2" })));
    let attributes = &answer.body["attributes"];
    assert_eq!((&attributes["enabled"], &attributes["nbf"], &attributes["exp"]), (&json!(false), &json!(3), &json!(5)));
    assert_eq!(attributes["created"], set["attributes"]["created"]);
    assert!(attributes["updated"].as_i64() > set["attributes"]["updated"].as_i64());
}

#[tokio::test]
async fn an_update_concerns_one_version() {
    let world = officers_world(|_| {});
    let first = set(&world, "made", "1").await;
    set(&world, "made", "2").await;
    let off = json!({ "attributes": { "enabled": false } });
    assert_eq!(call(&world, "PATCH", &format!("/secrets/made/{first}"), off).await.status, StatusCode::OK);
    assert_eq!(call(&world, "GET", "/secrets/made", Value::Null).await.status, StatusCode::OK);
    let refused = call(&world, "GET", &format!("/secrets/made/{first}"), Value::Null).await;
    assert_eq!(refused.codes(), ("Forbidden", Some("SecretDisabled")));
    // A disabled version can be changed, and so it can be enabled.
    let on = json!({ "attributes": { "enabled": true } });
    assert_eq!(call(&world, "PATCH", &format!("/secrets/made/{first}"), on).await.status, StatusCode::OK);
    assert_eq!(call(&world, "GET", &format!("/secrets/made/{first}"), Value::Null).await.body["value"], "1");
}

#[tokio::test]
async fn what_does_not_exist_is_not_changed() {
    let world = officers_world(|_| {});
    for path in ["/secrets/nothing", "/secrets/orders-subscription-key/00000000000000000000000000000000"] {
        let answer = call(&world, "PATCH", path, json!({ "tags": {} })).await;
        assert_eq!((answer.status, answer.codes()), (StatusCode::NOT_FOUND, ("SecretNotFound", None)), "{path}");
    }
    assert_eq!(call(&world, "DELETE", "/secrets/nothing", Value::Null).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn dates_are_told_and_not_enforced() {
    let world = officers_world(|_| {});
    let past = json!({ "value": "v", "attributes": { "nbf": 4_000_000_000_i64, "exp": 1 } });
    call(&world, "PUT", "/secrets/made", past).await;
    let answer = call(&world, "GET", "/secrets/made", Value::Null).await;
    assert_eq!((answer.status, &answer.body["value"]), (StatusCode::OK, &json!("v")));
    assert_eq!(answer.body["attributes"]["exp"], 1);
}

#[tokio::test]
async fn a_seed_says_what_a_writer_may_say() {
    let world = officers_world(|seed| {
        let mut secret = secret("given", Some("v"), true);
        secret.content_type = Some("text/plain".to_owned());
        secret.tags.insert("owner".to_owned(), "team".to_owned());
        secret.not_before = Some("2026-01-01T00:00:00Z".parse().unwrap());
        secret.expires = Some("2027-01-01T00:00:00Z".parse().unwrap());
        seed.vaults[0].secrets.push(secret);
    });
    let answer = call(&world, "GET", "/secrets/given", Value::Null).await.body;
    assert_eq!((&answer["contentType"], &answer["tags"]), (&json!("text/plain"), &json!({ "owner": "team" })));
    let attributes = &answer["attributes"];
    assert_eq!((&attributes["nbf"], &attributes["exp"]), (&json!(1_767_225_600), &json!(1_798_761_600)));
}
