//! Reports of secrets: names and dates, once for each occurrence. A role on one secret is not enough for a report.

use futures_util::StreamExt;
use local_azure::seed::Seed;
use serde_json::Value;

use crate::{
    rig::{Rig, plain_get},
    storage,
};

/// Adds secrets: one has ended, and one never ends.
fn with_dates(seed: &mut Seed) {
    let secrets = [("old", "2026-01-01T00:00:00Z"), ("later", "2096-01-01T00:00:00Z")].map(|(name, expires)| {
        toml::from_str(&format!("name = \"{name}\"\nvalue = \"S3CRET\"\nexpires = \"{expires}\"")).unwrap()
    });
    seed.vaults[0].secrets.extend(secrets);
}

async fn report(rig: &Rig) -> (u16, String) {
    let answer = plain_get(rig.url("/api/secrets")).await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap())
}

#[tokio::test]
async fn secrets_that_end_are_named_with_their_dates_and_no_value() {
    let rig = Rig::with(with_dates).await;
    let (status, text) = report(&rig).await;
    assert_eq!(status, 200, "{text}");
    assert!(!text.contains("S3CRET"), "{text}");
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&report["secrets"], &report["withoutEnd"], &report["withinDays"]), (&4.into(), &2.into(), &30.into()));
    assert_eq!(report["ending"].as_array().unwrap().len(), 1, "{report}");
    assert_eq!(report["ending"][0]["name"], "old");
    assert_eq!(report["ending"][0]["expiresOn"], "2026-01-01T00:00:00Z");
    assert!(report["ending"][0]["daysLeft"].as_i64().unwrap() < 0, "{report}");
}

#[tokio::test]
async fn the_timer_writes_the_report_and_warns_and_no_value_is_anywhere() {
    let rig = Rig::with(with_dates).await;
    let invocation = rig.host.invoke("secret_expiry", None).await.unwrap();
    assert!(invocation.succeeded(), "{invocation:?}");
    let wrote: Vec<_> = rig.answers().into_iter().filter_map(|entry| entry.decision.wrote).collect();
    let [url] = wrote.as_slice() else { panic!("{wrote:?}") };
    let (_, path) = url.split_once(".net/").unwrap();
    assert!(path.starts_with("snapshots/secret-expiry/"), "{path}");
    let pieces: Vec<_> = storage::read(&rig.azure, path).await.unwrap().collect().await;
    let stored: Value = serde_json::from_slice(&pieces.concat()).unwrap();
    assert_eq!(stored["ending"][0]["name"], "old");
    let log = rig.log();
    assert!(log.contains("the secret old ended on 2026-01-01T00:00:00Z"), "{log}");
    assert!(!log.contains("S3CRET") && !stored.to_string().contains("S3CRET"));
}

#[tokio::test]
async fn a_role_on_one_secret_is_not_enough_to_list_them() {
    let rig = Rig::with(|seed| {
        let role = seed.role_assignments.iter_mut().find(|role| role.scope.vault.is_some()).unwrap();
        role.scope.secret = Some("orders-subscription-key".to_owned());
    })
    .await;
    let (status, text) = report(&rig).await;
    assert_eq!(status, 502, "{text}");
    assert!(text.contains("role on the vault"), "{text}");
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded(), "the secret itself may be read");
}

#[tokio::test]
async fn the_main_job_outlives_an_outage_of_the_vault() {
    let rig = Rig::start().await;
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    rig.azure.world().network().cut_off("kv-keyless.vault.azure.net");
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded(), "the key is in memory");
    let (status, text) = report(&rig).await;
    assert_eq!(status, 503, "{text}");
}
