//! Exactly once: the handler is killed at every step of a job. In the end each slot has one whole blob.
//!
//! A step is seen in the journal (after a service has answered), or held by a fault (before the service answers).

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
    time::Duration,
};

use bytes::Bytes;
use futures_util::StreamExt as _;
use local_azure::{
    fault::{Fault, FaultKind, FaultService},
    journal::{Entry, Service},
};
use reqwest::StatusCode;
use serde_json::Value;
use tokio::time::timeout;

use crate::{
    rig::{Rig, plain_client, plain_get, project},
    storage,
};

const BLOCK: usize = 4 * 1024 * 1024;

/// Kills the handler with SIGKILL, and waits for the next one.
async fn kill(rig: &Rig) {
    let killed = rig.handler_id().unwrap();
    assert!(Command::new("kill").args(["-9", &killed.to_string()]).status().unwrap().success());
    let next = async {
        while rig.handler_id().is_none_or(|id| id == killed) {
            tokio::task::yield_now().await;
        }
    };
    timeout(Duration::from_secs(30), next).await.unwrap();
    rig.host.wait_ready().await.unwrap();
}

/// Waits until `is_there`, or until the job has ended.
async fn until(is_there: impl Fn() -> bool, job: &tokio::task::JoinHandle<()>) {
    while !is_there() && !job.is_finished() {
        tokio::task::yield_now().await;
    }
}

/// Returns the number of writes of each blob. More than one is a duplicate.
fn writes(rig: &Rig) -> BTreeMap<String, usize> {
    let mut writes = BTreeMap::new();
    let is_write = |entry: &Entry| entry.service == Service::BlobStorage && entry.decision.wrote.is_some();
    for entry in rig.azure.journal().entries().into_iter().filter(is_write) {
        *writes.entry(entry.path.trim_start_matches('/').to_owned()).or_default() += 1;
    }
    writes
}

async fn bytes_of(rig: &Rig, path: &str) -> Option<Vec<u8>> {
    let blob = storage::read(&rig.azure, path).await?;
    Some(blob.collect::<Vec<Bytes>>().await.concat())
}

/// Starts a snapshot job.
fn job(rig: &Rig) -> tokio::task::JoinHandle<()> {
    let run = plain_client().post(rig.url("/api/snapshots/orders")).send();
    tokio::spawn(async move { drop(run.await) })
}

/// Runs the timer late, and then once more, after the kill. Each slot must have one whole blob.
async fn comes_again(rig: &Rig, step: &str) {
    for run in ["late", "twice"] {
        let invocation = rig.host.invoke("snapshot", None).await.unwrap();
        assert!(invocation.succeeded(), "killed {step}, {run}: {invocation:?}");
    }
    let file = project().join("local-azure/sample-api/orders.json");
    let orders: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    for (path, times) in writes(rig) {
        assert_eq!(times, 1, "killed {step}: {path} was written {times} times");
    }
    // If the client was killed before the answer, the journal cannot tell whether the write was done. The listing shows
    // the blob.
    let list: Value = plain_get(rig.url("/api/snapshots/orders")).await.unwrap().json().await.unwrap();
    let mut slots = BTreeSet::new();
    for snapshot in list["snapshots"].as_array().unwrap() {
        let path = snapshot["url"].as_str().unwrap().split_once(".net/").unwrap().1;
        let stored: Value = serde_json::from_slice(&bytes_of(rig, path).await.unwrap()).unwrap();
        assert_eq!(stored, orders, "killed {step}: half a blob at {path}");
        assert!(slots.insert(snapshot["slot"].to_string()), "killed {step}: two blobs of one slot: {list}");
    }
    // For a run by hand the slot is the minute, and the calls may be in two different minutes.
    assert!((1..=2).contains(&slots.len()), "killed {step}: {list}");
}

#[tokio::test]
async fn a_job_killed_before_any_service_answers_writes_each_slot_once() {
    let services = [
        FaultService::IdentityEndpoint,
        FaultService::KeyVault,
        FaultService::ApiManagement,
        FaultService::BlobStorage,
    ];
    for service in services {
        let rig = Rig::with(|seed| seed.faults.push(Fault::new(service, FaultKind::Hang).count(1))).await;
        let job = job(&rig);
        until(|| rig.azure.world().faults().all()[0].strikes == 1, &job).await;
        kill(&rig).await;
        job.await.unwrap();
        comes_again(&rig, &format!("before {service} answered")).await;
    }
}

#[tokio::test]
async fn a_job_killed_after_each_step_of_the_journal_writes_each_slot_once() {
    // The steps are: challenge, token, secret; token, gateway; token, blob.
    for step in 1..=7 {
        let rig = Rig::start().await;
        let job = job(&rig);
        let entries = || rig.azure.journal().entries().into_iter().filter(|entry| entry.from.is_none()).count();
        until(|| entries() >= step, &job).await;
        kill(&rig).await;
        job.await.unwrap();
        comes_again(&rig, &format!("after step {step}")).await;
    }
}

#[tokio::test]
async fn an_upload_killed_after_each_block_is_whole_or_absent_and_can_come_again() {
    let body: Bytes =
        (0..(5 * BLOCK / 4) as u32).flat_map(|number| number.wrapping_mul(0x9e37_79b9).to_le_bytes()).collect();
    for blocks in 0..=6 {
        let rig = Rig::start().await;
        let put = |body: Bytes| plain_client().put(rig.url("/api/uploads/killed.bin")).body(body).send();
        let (first, answered) = (put(body.clone()), std::sync::Arc::new(std::sync::Mutex::new(None)));
        let status = answered.clone();
        let job = tokio::spawn(async move { *status.lock().unwrap() = first.await.ok().map(|answer| answer.status()) });
        let is_put =
            |entry: &Entry| entry.service == Service::BlobStorage && entry.method == "PUT" && entry.status == 201;
        let entries = || rig.azure.journal().entries().iter().filter(|entry| is_put(entry)).count();
        until(|| entries() >= blocks, &job).await;
        kill(&rig).await;
        job.await.unwrap();
        let stored = bytes_of(&rig, "uploads/killed.bin").await;
        let first = *answered.lock().unwrap();
        assert!(stored.as_ref().is_none_or(|stored| *stored == body), "half a blob after {blocks} blocks");
        assert!(stored.is_some() || first != Some(StatusCode::CREATED), "a success is lost after {blocks} blocks");
        let again = put(body.clone()).await.unwrap().status();
        let expected = if stored.is_some() { StatusCode::CONFLICT } else { StatusCode::CREATED };
        assert_eq!(again, expected, "killed after {blocks} blocks");
        assert!(bytes_of(&rig, "uploads/killed.bin").await.unwrap() == body, "killed after {blocks} blocks");
    }
}
