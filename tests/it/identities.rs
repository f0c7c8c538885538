//! Three identities with one duty each. The duty of one is refused to the others.

use local_azure::{journal::Service, seed::Seed};

use crate::rig::Rig;

/// Makes `connection` use the identity of another connection.
fn swap(seed: &mut Seed, connection: &str, for_identity_of: &str) {
    let settings = &mut seed.function_app.settings;
    let other = settings[&format!("{for_identity_of}__clientId")].clone();
    settings.insert(format!("{connection}__clientId"), other);
}

/// Runs the main job with one connection that uses another's identity. `service` must refuse it.
async fn refused(connection: &str, for_identity_of: &str, service: Service, status: u16, identity: Option<&str>) {
    let rig = Rig::with(|seed| swap(seed, connection, for_identity_of)).await;
    assert!(!rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    let answers = rig.answers();
    let last = answers.last().unwrap();
    assert_eq!((last.service, last.status), (service, status), "{last:?}");
    assert_eq!(last.decision.identity.as_deref(), identity);
    assert_eq!(rig.blob_count(), 0);
}

#[tokio::test]
async fn the_writer_cannot_read_secrets() {
    refused("KEYVAULT", "STORAGE", Service::KeyVault, 403, Some("id-keyless-writer")).await;
}

#[tokio::test]
async fn the_reader_cannot_write_blobs() {
    refused("STORAGE", "KEYVAULT", Service::BlobStorage, 403, Some("id-keyless-reader")).await;
}

#[tokio::test]
async fn the_reader_cannot_call_the_api() {
    // The gateway names no identity, because a token that it refused proves none.
    refused("APIM", "KEYVAULT", Service::ApiManagement, 401, None).await;
}

#[tokio::test]
async fn the_caller_can_neither_read_secrets_nor_write_blobs() {
    refused("KEYVAULT", "APIM", Service::KeyVault, 403, Some("id-keyless-caller")).await;
    refused("STORAGE", "APIM", Service::BlobStorage, 403, Some("id-keyless-caller")).await;
}

#[tokio::test]
async fn one_identity_serves_many_invocations_with_one_token_request_for_each_audience() {
    let rig = Rig::start().await;
    for _ in 0..5 {
        assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    }
    let requests = rig.answers().iter().filter(|entry| entry.service == Service::IdentityEndpoint).count();
    assert_eq!(requests, 3, "one each for the vault, the API and storage");
}

#[tokio::test]
async fn an_identity_may_be_named_by_its_object_id_or_in_the_older_connection_string() {
    let rig = Rig::with(|seed| {
        let caller = seed.identities[2].principal_id.to_string();
        let settings = &mut seed.function_app.settings;
        settings.remove("APIM__clientId");
        settings.insert("APIM__objectId".to_owned(), caller);
        let reader = settings.remove("KEYVAULT__clientId").unwrap();
        settings.remove("KEYVAULT__credential");
        settings.insert("KEYVAULT__identity".to_owned(), format!("RunAs=App; AppId={reader}"));
    })
    .await;
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    assert_eq!(rig.blob_count(), 1);
}
