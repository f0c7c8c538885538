//! HTTP functions through the Functions host.

use serde_json::{Value, json};

use crate::rig::{Rig, plain_client, plain_get};

#[tokio::test]
async fn health_needs_no_azure() {
    let rig = Rig::start().await;
    let health: Value = plain_get(rig.url("/api/health")).await.unwrap().json().await.unwrap();
    assert_eq!(health["status"], "ok");
    assert!(health["uptimeSeconds"].is_u64(), "{health}");
    assert!(rig.answers().is_empty(), "health called Azure");
}

#[tokio::test]
async fn snapshot_now_answers_with_the_place_of_the_blob_and_again_without_writing_twice() {
    let rig = Rig::start().await;
    let client = plain_client();
    let first = client.post(rig.url("/api/snapshots/orders")).send().await.unwrap();
    assert_eq!(first.status(), 201);
    let location = first.headers()["location"].to_str().unwrap().to_owned();
    let first: Value = first.json().await.unwrap();
    assert_eq!(first["source"], "orders");
    assert_eq!(first["url"], location.as_str());
    assert!(first["size"].as_u64().unwrap() > 0, "{first}");
    assert!(first["etag"].is_string() && first["slot"].is_string(), "{first}");
    // The second call may be in the next minute, which is another slot.
    let second: Value = client.post(rig.url("/api/snapshots/orders")).send().await.unwrap().json().await.unwrap();
    assert_eq!(second["slot"] == first["slot"], second["etag"] == first["etag"], "{first} {second}");
}

#[tokio::test]
async fn an_unknown_source_is_not_found() {
    let rig = Rig::start().await;
    let answer = plain_client().post(rig.url("/api/snapshots/nothing")).send().await.unwrap();
    assert_eq!(answer.status(), 404);
    let body: Value = answer.json().await.unwrap();
    assert!(body["error"]["code"].is_string() && body["error"]["message"].is_string(), "{body}");
    assert!(rig.answers().is_empty(), "an unknown source called Azure");
}

#[tokio::test]
async fn latest_of_a_source_without_snapshots_is_not_found() {
    let rig = Rig::start().await;
    assert_eq!(plain_get(rig.url("/api/snapshots/orders/latest")).await.unwrap().status(), 404);
    let list: Value = plain_get(rig.url("/api/snapshots/orders")).await.unwrap().json().await.unwrap();
    assert_eq!(list["snapshots"], json!([]));
}

#[tokio::test]
async fn our_own_refusal_is_never_the_callers_401_or_403() {
    let rig = Rig::with(|seed| local_azure::broken_link::Link::VaultRole.spoil(seed)).await;
    let answer = plain_client().post(rig.url("/api/snapshots/orders")).send().await.unwrap();
    assert_eq!(answer.status(), 502);
    let body: Value = answer.json().await.unwrap();
    assert!(body["error"]["message"].as_str().unwrap().contains("Key Vault"), "{body}");
}
