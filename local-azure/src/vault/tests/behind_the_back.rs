//! The changes that a test may make to a vault while a process uses it.

use crate::world::World;
use std::time::Duration;

use super::*;
use crate::{azure::LocalAzure, network::NetworkError, seed::VaultFault};

const KEY: &str = "orders-subscription-key";

async fn read(world: &Arc<World>, path: &str) -> VaultAnswer {
    get_as(world.clone(), "id-keyless-reader", path).await
}

#[tokio::test]
async fn a_rotated_secret_has_a_new_version_and_the_old_one_stays() {
    let world = world_where(|_| {});
    let before = read(&world, SECRET).await.body;
    let version = vault(&world).rotate(KEY, "new").unwrap();

    let after = read(&world, SECRET).await.body;
    assert_eq!(after["value"], "new");
    assert_eq!(after["id"], format!("https://kv-keyless.vault.azure.net/secrets/{KEY}/{version}"));
    let old = before["id"].as_str().unwrap().trim_start_matches("https://kv-keyless.vault.azure.net").to_owned();
    assert_eq!(read(&world, &format!("{old}?api-version=7.4")).await.body["value"], before["value"]);
}

#[tokio::test]
async fn a_secret_is_disabled_and_enabled() {
    let world = world_where(|_| {});
    vault(&world).disable(KEY).unwrap();
    assert_eq!(read(&world, SECRET).await.body["error"]["innererror"]["code"], "SecretDisabled");
    vault(&world).enable(KEY).unwrap();
    assert_eq!(read(&world, SECRET).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_secret_is_deleted_and_recovered() {
    let world = world_where(|_| {});
    vault(&world).delete(KEY).unwrap();
    assert_eq!(read(&world, SECRET).await.body["error"]["code"], "SecretNotFound");
    vault(&world).recover(KEY).unwrap();
    assert_eq!(read(&world, SECRET).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_vault_is_throttled_until_told_otherwise() {
    let world = world_where(|_| {});
    vault(&world).throttle(Duration::from_millis(1_500));
    let answer = read(&world, SECRET).await;
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.headers["retry-after"], "2");
    assert_eq!(answer.body["error"]["code"], "Throttled");
    vault(&world).stop_throttling();
    assert_eq!(read(&world, SECRET).await.status, StatusCode::OK);
}

#[test]
fn what_is_not_there_cannot_be_changed() {
    let world = world_where(|_| {});
    let vault = vault(&world);
    let refused = |outcome: Result<(), NoSuchSecret>| {
        assert_eq!(outcome.unwrap_err().to_string(), "the vault \"kv-keyless\" has no secret \"nothing\"");
    };
    refused(vault.rotate("nothing", "x").map(drop));
    refused(vault.disable("nothing"));
    refused(vault.enable("nothing"));
    refused(vault.delete("nothing"));
    refused(vault.recover("nothing"));
    assert!(vault.recover(KEY).is_err(), "it is not deleted");
    vault.delete(KEY).unwrap();
    assert!(vault.rotate(KEY, "x").is_err(), "it is deleted");
    assert!(world.key_vault.vaults.get("another").is_none());
}

#[tokio::test]
async fn a_seed_may_make_a_vault_throttled() {
    let world = world_where(|seed| seed.vaults[0].fault = Some(VaultFault::Throttled));
    let answer = read(&world, SECRET).await;
    assert_eq!((answer.status, &answer.headers["retry-after"]), (StatusCode::TOO_MANY_REQUESTS, &"2".parse().unwrap()));
}

#[tokio::test]
async fn a_seed_may_make_a_vault_unreachable() {
    let mut seed = world().seed().clone();
    seed.vaults[0].fault = Some(VaultFault::Unreachable);
    let azure = LocalAzure::start(seed).await.unwrap();
    let network = &azure.world().network;
    let request = || Request::get(format!("{ORIGIN}{SECRET}")).body(Body::empty()).unwrap();
    assert!(matches!(network.send(request()).await, Err(NetworkError::CutOff(host)) if ORIGIN.ends_with(&host)));
    network.reconnect(&vault(azure.world()).host());
    assert_eq!(network.send(request()).await.unwrap().status(), StatusCode::UNAUTHORIZED);
}
