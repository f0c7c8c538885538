//! The main job: it reads a secret, calls an API with the app role's token, and writes the answer.

use http::StatusCode;
use local_azure::journal::Service;

use crate::rig::{Rig, plain_client, plain_get};

#[tokio::test]
async fn each_link_is_passed_by_the_identity_and_role_meant_for_it() {
    let rig = Rig::start().await;
    let invocation = rig.host.invoke("snapshot", None).await.unwrap();
    assert!(invocation.succeeded(), "{invocation:?}");
    let passed: Vec<_> = rig
        .answers()
        .into_iter()
        .filter(|entry| entry.service != Service::IdentityEndpoint)
        .map(|entry| {
            (entry.service, entry.decision.identity.unwrap_or_default(), entry.decision.allowed_by.unwrap_or_default())
        })
        .collect();
    let expected = [
        (Service::KeyVault, "id-keyless-reader", "Key Vault Secrets User on kv-keyless"),
        (Service::ApiManagement, "id-keyless-caller", "subscription keyless-functions, app role Orders.Read"),
        (Service::BlobStorage, "id-keyless-writer", "Storage Blob Data Contributor on stkeyless/snapshots"),
    ];
    let expected: Vec<_> = expected.map(|(service, who, why)| (service, who.to_owned(), why.to_owned())).to_vec();
    assert_eq!(passed, expected);
}

#[tokio::test]
async fn the_backend_sees_neither_our_token_nor_our_key_and_its_answer_is_what_is_stored() {
    let rig = Rig::start().await;
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    let stored = plain_get(rig.url("/api/snapshots/orders/latest")).await.unwrap();
    assert_eq!(stored.status(), 200);
    assert_eq!(stored.headers()["content-type"], "application/json");
    let stored: serde_json::Value = stored.json().await.unwrap();
    let sample = std::fs::read_to_string(crate::rig::project().join("local-azure/sample-api/orders.json")).unwrap();
    let sample: serde_json::Value = serde_json::from_str(&sample).unwrap();
    assert_eq!(stored, sample);
}

#[tokio::test]
async fn no_setting_holds_a_secret() {
    let rig = Rig::start().await;
    let world = rig.azure.world();
    assert_eq!(world.secrets_in(&world.seed().function_app.settings), 0);
    let mut settings = world.seed().function_app.settings.clone();
    settings.insert("APIM__key".to_owned(), world.subscription_keys().of("keyless-functions").unwrap().primary);
    settings.insert("STORAGE".to_owned(), "DefaultEndpointsProtocol=https;AccountKey=abc".to_owned());
    assert_eq!(world.secrets_in(&settings), 2, "a secret would be found");
}

#[tokio::test]
async fn nothing_that_is_secret_reaches_the_log() {
    let rig = Rig::start().await;
    assert!(rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    let log = rig.log();
    let keys = rig.azure.world().subscription_keys().of("keyless-functions").unwrap();
    assert!(!log.contains(&keys.primary), "the subscription key was logged");
    assert!(!log.contains("eyJ"), "a token was logged");
    assert!(log.contains("Functions.snapshot"), "the log was looked at");
}

#[tokio::test]
async fn every_call_of_a_job_carries_the_trace_of_its_invocation_also_when_two_run_at_once() {
    const TRACES: [&str; 2] = ["0af7651916cd43dd8448eb211c80319c", "4bf92f3577b34da6a3ce929d0e0e4736"];
    let rig = Rig::with(|seed| {
        let settings = &mut seed.function_app.settings;
        settings.insert("SNAPSHOT_SOURCES".to_owned(), "one=/orders,two=/orders".to_owned());
    })
    .await;
    let run = async |source: &str, trace: &str| {
        let call = plain_client().post(rig.url(&format!("/api/snapshots/{source}")));
        call.header("traceparent", format!("00-{trace}-00f067aa0ba902b7-01")).send().await.unwrap().status()
    };
    assert_eq!(tokio::join!(run("one", TRACES[0]), run("two", TRACES[1])), (StatusCode::CREATED, StatusCode::CREATED));
    let answers = rig.answers();
    assert!(answers.iter().all(|entry| entry.trace.is_some()), "a call without a trace: {answers:#?}");
    for (trace, path) in [(TRACES[0], "/snapshots/one"), (TRACES[1], "/snapshots/two")] {
        let of_trace: Vec<_> = answers.iter().filter(|entry| entry.trace.unwrap().to_string() == trace).collect();
        let services: Vec<_> = of_trace.iter().map(|entry| entry.service).collect();
        assert!(services.contains(&Service::ApiManagement) && services.contains(&Service::BlobStorage), "{services:?}");
        let blobs = of_trace.iter().filter(|entry| entry.service == Service::BlobStorage);
        assert!(blobs.map(|entry| &entry.path).all(|blob| blob.starts_with(path)), "a chain has a call of the other");
    }
    // The secret is fetched once for both, for the caller that asked first.
    let secrets = answers.iter().filter(|entry| entry.service == Service::KeyVault);
    assert_eq!(secrets.count(), 1);
}
