//! Keys change while the app runs: the tenant's signing key, and the subscription key.

use local_azure::{
    LocalAzure,
    journal::{Entry, Service},
    subscription_keys::Which,
};

use crate::{
    handler::Handler,
    rig::{plain_client, seed},
};

/// Reports whether a snapshot exists now: written by this call, or earlier in this minute.
async fn snapshot(handler: &Handler) -> bool {
    let url = handler.url("/api/snapshots/orders");
    plain_client().post(url).send().await.unwrap().status().is_success()
}

/// Returns the number of the gateway's requests for the tenant's keys.
fn looked_for_keys(azure: &LocalAzure) -> usize {
    let is_keys = |entry: &&Entry| entry.service == Service::Entra && entry.path.ends_with("/keys");
    azure.journal().entries().iter().filter(is_keys).filter(|entry| entry.from.is_some()).count()
}

#[tokio::test]
async fn old_tokens_stay_good_and_the_gateway_looks_for_the_key_of_a_new_one() {
    let azure = LocalAzure::start(seed()).await.unwrap();
    let old = Handler::start(&azure.app_environment());
    assert!(snapshot(&old).await);
    assert_eq!(looked_for_keys(&azure), 1);

    azure.world().roll_over_signing_keys().unwrap();
    assert!(snapshot(&old).await, "its tokens are of the key before, which is published still");
    assert_eq!(looked_for_keys(&azure), 1);

    let new = Handler::start(&azure.app_environment());
    assert!(snapshot(&new).await, "its tokens are of the new key");
    assert_eq!(looked_for_keys(&azure), 2, "which the gateway did not know");
    assert!(snapshot(&new).await);
    assert_eq!(looked_for_keys(&azure), 2);
}

#[tokio::test]
async fn a_token_of_a_withdrawn_key_is_refused_once_and_replaced() {
    let azure = LocalAzure::start(seed()).await.unwrap();
    let handler = Handler::start(&azure.app_environment());
    assert!(snapshot(&handler).await);
    // The third key from the last is not published any more.
    for _ in 0..3 {
        azure.world().roll_over_signing_keys().unwrap();
    }
    // Storage's client returns the 401 to the app, and the app to the caller. The token is dropped then.
    assert!(!snapshot(&handler).await);
    let before = azure.journal().entries().len();
    let entries = azure.journal().entries();
    let refused = entries.iter().rfind(|entry| entry.service == Service::BlobStorage).unwrap();
    assert_eq!((refused.status, refused.from), (401, None));
    assert!(snapshot(&handler).await);
    let entries = azure.journal().entries();
    let asked = entries[before..].iter().filter(|entry| entry.service == Service::IdentityEndpoint).count();
    assert_eq!(asked, 1, "for storage alone");
}

/// Returns the status of each answer of a service, from the entry with this index on.
fn statuses(azure: &LocalAzure, service: Service, from: usize) -> Vec<u16> {
    let entries = azure.journal().entries();
    let of_service = entries[from..].iter().filter(|entry| entry.service == service && entry.from.is_none());
    of_service.map(|entry| entry.status).collect()
}

#[tokio::test]
async fn a_new_subscription_key_is_fetched_after_one_refusal_which_nobody_notices() {
    let azure = LocalAzure::start(seed()).await.unwrap();
    let handler = Handler::start(&azure.app_environment());
    assert!(snapshot(&handler).await);

    let holders = azure.world().regenerate_subscription_key("keyless-functions", Which::Primary).unwrap();
    assert_eq!(holders, ["kv-keyless/orders-subscription-key"]);
    let from = azure.journal().entries().len();
    assert!(snapshot(&handler).await);
    assert_eq!(statuses(&azure, Service::ApiManagement, from), [401, 200]);
    assert_eq!(statuses(&azure, Service::KeyVault, from), [200], "the token for it is kept");

    let from = azure.journal().entries().len();
    assert!(snapshot(&handler).await);
    assert_eq!(statuses(&azure, Service::ApiManagement, from), [200]);
    assert!(statuses(&azure, Service::KeyVault, from).is_empty());
}

#[tokio::test]
async fn a_key_that_the_vault_does_not_hold_yet_is_refused_twice_and_the_answer_says_which() {
    let azure = LocalAzure::start(seed()).await.unwrap();
    let handler = Handler::start(&azure.app_environment());
    assert!(snapshot(&handler).await);

    let vault = azure.world().vaults().get("kv-keyless").unwrap();
    vault.rotate("orders-subscription-key", "not the key of any subscription").unwrap();
    azure.world().regenerate_subscription_key("keyless-functions", Which::Secondary).unwrap();
    assert!(snapshot(&handler).await, "the primary key is in memory, and good");

    azure.world().regenerate_subscription_key("keyless-functions", Which::Primary).unwrap();
    vault.rotate("orders-subscription-key", "forgotten by who rotates").unwrap();
    let from = azure.journal().entries().len();
    let answer = plain_client().post(handler.url("/api/snapshots/orders")).send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(!answer.text().await.unwrap().contains("orders-subscription-key"), "that is no caller's business");
    assert_eq!(statuses(&azure, Service::ApiManagement, from), [401, 401]);
    let (_, ready) = handler.ready().await;
    let problem = ready["checks"][2].to_string();
    assert!(problem.contains("The key is the value of the secret orders-subscription-key."), "{ready}");
    let log = handler.end().concat();
    assert!(log.contains("our key is the value of the secret orders-subscription-key"), "{log}");
    assert!(!log.contains("forgotten by who rotates"), "{log}");
}
