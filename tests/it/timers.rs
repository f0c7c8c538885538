//! Timers write each scheduled time once, even if they run several times.

use std::collections::HashSet;

use crate::rig::{Rig, plain_get};

#[tokio::test]
async fn a_second_run_for_the_same_scheduled_time_writes_nothing_twice() {
    let rig = Rig::start().await;
    for run in 1..=2 {
        let invocation = rig.host.invoke("snapshot", None).await.unwrap();
        assert!(invocation.succeeded(), "run {run}: {invocation:?}");
    }
    // For a run by hand, the scheduled time is the minute of the run. Two runs may be in two different minutes.
    let slots: HashSet<_> =
        rig.log().split_whitespace().filter(|word| word.starts_with("slot=")).map(str::to_owned).collect();
    assert_eq!(rig.blob_count(), slots.len(), "{slots:?}");
    let list: serde_json::Value = plain_get(rig.url("/api/snapshots/orders")).await.unwrap().json().await.unwrap();
    assert_eq!(list["snapshots"].as_array().map(Vec::len), Some(slots.len()), "{list}");
}

#[tokio::test]
async fn a_failed_timer_says_who_refused() {
    let rig = Rig::with(|seed| local_azure::broken_link::Link::BlobRole.spoil(seed)).await;
    let invocation = rig.host.invoke("snapshot", None).await.unwrap();
    let error = invocation.error.unwrap();
    assert!(error.contains("Blob Storage"), "{error}");
}

#[tokio::test]
async fn one_source_that_fails_does_not_keep_the_others_from_being_stored() {
    let rig = Rig::with(|seed| {
        let sources = "missing=/nowhere,orders=/orders".to_owned();
        seed.function_app.settings.insert("SNAPSHOT_SOURCES".to_owned(), sources);
    })
    .await;
    assert!(!rig.host.invoke("snapshot", None).await.unwrap().succeeded());
    assert_eq!(rig.blob_count(), 1);
}
