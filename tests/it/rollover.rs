//! The tenant signs with a new key: who has an old token, and who gets a new one.

use local_azure::{
    azure::LocalAzure,
    journal::{Entry, Service},
};

use crate::{handler::Handler, rig::seed};

/// Whether a snapshot is there now: written, or written in this minute before.
async fn snapshot(handler: &Handler) -> bool {
    let url = handler.url("/api/snapshots/orders");
    reqwest::Client::new().post(url).send().await.unwrap().status().is_success()
}

/// How often the gateway has looked for the tenant's keys.
fn looked_for_keys(azure: &LocalAzure) -> usize {
    let is_keys = |entry: &&Entry| entry.service == Service::Entra && entry.path.ends_with("/keys");
    azure.journal().entries().iter().filter(is_keys).filter(|entry| entry.from.is_some()).count()
}

#[tokio::test]
async fn old_tokens_stay_good_and_the_gateway_looks_for_the_key_of_a_new_one() {
    let azure = LocalAzure::start(seed(), None).await.unwrap();
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
    let azure = LocalAzure::start(seed(), None).await.unwrap();
    let handler = Handler::start(&azure.app_environment());
    assert!(snapshot(&handler).await);
    // The third key from the last is published no more.
    for _ in 0..3 {
        azure.world().roll_over_signing_keys().unwrap();
    }
    // Storage's client gives the 401 to us, and we to the caller; the token is gone with it.
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
