//! `azure_security_keyvault_secrets`: the life of secrets from set to restore.

use std::collections::HashMap;

use azure_core::http::StatusCode;
use azure_security_keyvault_secrets::{
    ResourceExt as _, SecretClient, SecretClientOptions,
    models::{
        RestoreSecretParameters, SecretAttributes, SecretClientGetSecretOptions,
        SecretClientListSecretPropertiesOptions, SetSecretParameters, UpdateSecretPropertiesParameters,
    },
};
use futures_util::TryStreamExt as _;

use crate::rig::Rig;

/// The number of secrets that every vault of the seed begins with: one given, and two subscription keys.
const SECRETS_OF_THE_SEED: usize = 3;

fn client(rig: &Rig, identity: &str) -> SecretClient {
    let options = SecretClientOptions { client_options: rig.client_options(), ..Default::default() };
    SecretClient::new(rig.setting("KEYVAULT__vaultUri"), rig.identity(identity), Some(options)).unwrap()
}

async fn set(client: &SecretClient, name: &str, value: &str) -> String {
    let parameters = SetSecretParameters { value: Some(value.to_owned()), ..Default::default() };
    let secret = client.set_secret(name, parameters.try_into().unwrap(), None).await.unwrap().into_model().unwrap();
    secret.resource_id().unwrap().version.unwrap()
}

async fn value(client: &SecretClient, name: &str) -> azure_core::Result<Option<String>> {
    client.get_secret(name, None).await?.into_model().map(|secret| secret.value)
}

fn status<T>(outcome: azure_core::Result<T>) -> Option<StatusCode> {
    outcome.err().unwrap().http_status()
}

#[tokio::test]
async fn a_secret_is_written_read_and_changed() {
    let rig = Rig::start().await;
    let officer = client(&rig, "OFFICER__clientId");
    let first = set(&officer, "made", "1").await;
    set(&officer, "made", "2").await;
    assert_eq!(value(&officer, "made").await.unwrap().as_deref(), Some("2"));
    let options = SecretClientGetSecretOptions { secret_version: Some(first.clone()), ..Default::default() };
    let old = officer.get_secret("made", Some(options)).await.unwrap().into_model().unwrap();
    assert_eq!(old.value.as_deref(), Some("1"));

    let change = UpdateSecretPropertiesParameters {
        content_type: Some("text/plain".to_owned()),
        secret_attributes: Some(SecretAttributes { enabled: Some(false), ..Default::default() }),
        tags: Some(HashMap::from([("owner".to_owned(), "team".to_owned())])),
    };
    let changed = officer.update_secret_properties("made", change.try_into().unwrap(), None).await.unwrap();
    assert_eq!(changed.into_model().unwrap().content_type.as_deref(), Some("text/plain"));
    assert_eq!(status(value(&officer, "made").await), Some(StatusCode::Forbidden));
    let versions: Vec<_> = officer.list_secret_properties_versions("made", None).unwrap().try_collect().await.unwrap();
    assert_eq!(versions.len(), 2);

    let reader = client(&rig, "KEYVAULT__clientId");
    assert_eq!(value(&reader, "given").await.unwrap().as_deref(), Some("from the seed"));
    assert_eq!(status(reader.backup_secret("given", None).await), Some(StatusCode::Forbidden));
}

#[tokio::test]
async fn lists_come_in_pages_that_may_be_empty() {
    let rig = Rig::start().await;
    let officer = client(&rig, "OFFICER__clientId");
    for number in 0..30 {
        set(&officer, &format!("page-{number:02}"), "v").await;
    }
    let all: Vec<_> = officer.list_secret_properties(None).unwrap().try_collect().await.unwrap();
    assert_eq!(all.len(), 30 + SECRETS_OF_THE_SEED);
    for number in 0..30 {
        officer.delete_secret(&format!("page-{number:02}"), None).await.unwrap();
    }
    let deleted: Vec<_> = officer.list_deleted_secret_properties(None).unwrap().try_collect().await.unwrap();
    assert_eq!(deleted.len(), 30);
    let options = SecretClientListSecretPropertiesOptions { maxresults: Some(4), ..Default::default() };
    let left: Vec<_> = officer.list_secret_properties(Some(options)).unwrap().try_collect().await.unwrap();
    let left: Vec<_> = left.iter().map(|one| one.resource_id().unwrap().name).collect();
    assert_eq!(left, ["chat-subscription-key", "given", "orders-subscription-key"]);
}

#[tokio::test]
async fn a_secret_is_deleted_recovered_purged_and_restored() {
    let rig = Rig::start().await;
    let officer = client(&rig, "OFFICER__clientId");
    set(&officer, "made", "1").await;
    let backup = officer.backup_secret("made", None).await.unwrap().into_model().unwrap().value;
    officer.delete_secret("made", None).await.unwrap();
    assert!(officer.get_deleted_secret("made", None).await.unwrap().into_model().unwrap().recovery_id.is_some());
    let again = SetSecretParameters { value: Some("2".to_owned()), ..Default::default() };
    assert_eq!(status(officer.set_secret("made", again.try_into().unwrap(), None).await), Some(StatusCode::Conflict));
    officer.recover_deleted_secret("made", None).await.unwrap();
    assert_eq!(value(&officer, "made").await.unwrap().as_deref(), Some("1"));

    officer.delete_secret("made", None).await.unwrap();
    officer.purge_deleted_secret("made", None).await.unwrap();
    assert_eq!(status(value(&officer, "made").await), Some(StatusCode::NotFound));
    let parameters = RestoreSecretParameters { secret_backup: backup };
    officer.restore_secret(parameters.try_into().unwrap(), None).await.unwrap();
    assert_eq!(value(&officer, "made").await.unwrap().as_deref(), Some("1"));
}
