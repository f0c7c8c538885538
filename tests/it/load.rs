//! Load with faults: every request is answered, counts agree with the journal, and nothing grows.
//!
//! `LOAD_SECONDS` is the duration: 5 s by default. If it is set, no other test may run in this process, because local
//! Azure is a part of it and must not grow either.

use std::{
    collections::BTreeMap,
    fs,
    time::{Duration, Instant},
};

use futures_util::future::join_all;
use local_azure::{
    fault::{FaultKind, FaultService},
    journal::{EntryId, Service},
};
use reqwest::Client;

use crate::rig::{Rig, plain_client};

const CONNECTIONS: usize = 64;

/// The requests of a connection in one round. The journal keeps 10,000 entries, and all requests of a round must fit
/// into it.
const EACH: usize = 8;

/// One request in this number is an upload with a name that never repeats. The others are relayed.
const UPLOADS: usize = 8;

/// The rounds before the measurement. They make all one-time allocations.
const WARM_UP: usize = 1;

/// The memory of local Azure in KiB: for each blob beside its content, which is on the disk, and for all else once the
/// journal is full.
const OF_A_BLOB: u64 = 4;
const OF_ALL_ELSE: u64 = 16 * 1024;

/// The statuses of answers, with their numbers.
type Answers = BTreeMap<u16, usize>;

/// Memory in KiB, and open descriptors.
#[derive(Clone, Copy, Debug)]
struct Size {
    memory: u64,
    descriptors: usize,
}

/// Returns the duration of a run by itself, if this is one.
#[expect(clippy::disallowed_methods, reason = "a longer run is asked for by hand")]
fn alone() -> Option<Duration> {
    std::env::var("LOAD_SECONDS").ok().map(|seconds| Duration::from_secs(seconds.parse().unwrap()))
}

/// Runs one round on all connections. Returns the answers to relayed requests and uploads.
async fn round(rig: &Rig, clients: &[Client], number: usize) -> [Answers; 2] {
    let url = rig.url("/api");
    let connection = |(connection, client): (usize, &Client)| {
        let (client, url) = (client.clone(), url.clone());
        async move {
            let mut answers = [Answers::new(), Answers::new()];
            for request in 0..EACH {
                let is_upload = request % UPLOADS == UPLOADS - 1;
                let request = match is_upload {
                    true => client.put(format!("{url}/uploads/{number}/{connection}/{request}")).body(vec![7; 10_000]),
                    false => client.get(format!("{url}/relay/orders")),
                };
                let answer = request.send().await.unwrap();
                let status = answer.status().as_u16();
                assert!(answer.bytes().await.is_ok(), "an answer broke off");
                *answers[usize::from(is_upload)].entry(status).or_default() += 1;
            }
            answers
        }
    };
    let mut sums = [Answers::new(), Answers::new()];
    for answers in join_all(clients.iter().enumerate().map(connection)).await {
        add(&mut sums, answers);
    }
    sums
}

fn add(sums: &mut [Answers; 2], answers: [Answers; 2]) {
    for (sum, answers) in sums.iter_mut().zip(answers) {
        answers.into_iter().for_each(|(status, times)| *sum.entry(status).or_default() += times);
    }
}

fn last_entry(rig: &Rig) -> Option<EntryId> {
    rig.azure.journal().entries().iter().map(|entry| entry.id).max()
}

/// Checks that the answers of a round are those in the journal.
fn reconcile(rig: &Rig, before: Option<EntryId>, [relays, uploads]: &[Answers; 2]) {
    let mut entries = rig.azure.journal().entries();
    entries.retain(|entry| Some(entry.id) > before);
    let of = |service: Service| entries.iter().filter(move |entry| entry.service == service);
    let right = |answers: &Answers, status: u16| answers.get(&status).copied().unwrap_or_default();
    assert_eq!(of(Service::Handler).count(), CONNECTIONS * EACH, "an invocation for each request");
    let relayed = of(Service::ApiManagement).filter(|entry| entry.status == 200).count();
    assert_eq!(relayed, right(relays, 200), "what the gateway let pass is what callers got: {relays:?}");
    let written = of(Service::BlobStorage).filter(|entry| entry.decision.wrote.is_some()).count();
    assert_eq!(written, right(uploads, 201), "each success is a write, and each write a success: {uploads:?}");
}

fn size(id: u32) -> Size {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let memory = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let memory = memory.trim().trim_end_matches(" kB").parse().unwrap();
    Size { memory, descriptors: fs::read_dir(format!("/proc/{id}/fd")).unwrap().count() }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_request_of_64_connections_is_answered_and_nothing_grows_while_one_in_twenty_fails() {
    let rig = Rig::start().await;
    let clients: Vec<Client> = (0..CONNECTIONS).map(|_| plain_client()).collect();
    let faults = rig.azure.world().faults();
    for service in [FaultService::ApiManagement, FaultService::BlobStorage] {
        faults.set(format!("{service}:{},rate=0.05,seed=20", FaultKind::Unavailable).parse().unwrap()).unwrap();
    }
    for number in 0..WARM_UP {
        round(&rig, &clients, number).await;
    }
    let handler = rig.handler_id().unwrap();
    let (before, own) = (size(handler), size(std::process::id()));
    let (began, mut rounds, mut sums) = (Instant::now(), 0, [Answers::new(), Answers::new()]);
    // The journal keeps a limited number of entries. Once it is full, only the number of blobs still grows.
    let mut full: Option<(Size, u64)> = None;
    let blobs = |[_, uploads]: &[Answers; 2]| uploads.get(&201).copied().unwrap_or_default() as u64;
    let time = alone().unwrap_or(Duration::from_secs(5));
    while began.elapsed() < time {
        let last = last_entry(&rig);
        let answers = round(&rig, &clients, WARM_UP + rounds).await;
        reconcile(&rig, last, &answers);
        add(&mut sums, answers);
        rounds += 1;
        rig.forget_log();
        if full.is_none() && rig.azure.journal().latest(0).dropped > 0 {
            full = Some((size(std::process::id()), blobs(&sums)));
        }
    }
    let (after, own_after) = (size(handler), size(std::process::id()));
    let [relays, uploads] = &sums;
    let strikes: u64 = faults.all().iter().map(|fault| fault.strikes).sum();
    println!(
        "{} requests in {} s, {strikes} faults: relays {relays:?}, uploads {uploads:?}; \
         handler {before:?}, then {after:?}; local Azure and the callers {own:?}, with a full journal {:?}, then {own_after:?}",
        rounds * CONNECTIONS * EACH,
        began.elapsed().as_secs(),
        full.map(|(size, _)| size)
    );
    assert!(strikes > 0, "no fault struck");
    for (answers, right) in [(relays, 200), (uploads, 201)] {
        let sum: usize = answers.values().sum();
        // A call fails with 503 if a service fails at several tries in a row. At 5 % this is rare.
        assert!(answers.keys().all(|status| [right, 503].contains(status)), "{answers:?}");
        assert!(answers[&right] * 100 >= sum * 99, "{answers:?}");
    }
    assert_eq!(rig.handler_id(), Some(handler), "the handler was started anew");
    assert!(after.memory <= before.memory + before.memory / 4 + 8 * 1024, "memory grows: {before:?}, then {after:?}");
    assert!(after.descriptors <= before.descriptors + 16, "descriptors grow: {before:?}, then {after:?}");
    if alone().is_some() {
        nothing_else_grows(own, own_after, full, blobs(&sums));
    }
}

/// Checks the process that contains local Azure. The sizes are from before, from after, and from the moment when the
/// journal was just full. `full` also has the number of blobs at that moment, and `blobs` is the number of all blobs.
fn nothing_else_grows(before: Size, after: Size, full: Option<(Size, u64)>, blobs: u64) {
    assert!(after.descriptors <= before.descriptors + 128, "descriptors grow: {before:?}, then {after:?}");
    // A short run does not fill the journal.
    if let Some((full, known)) = full {
        let most = full.memory + OF_ALL_ELSE + (blobs - known) * OF_A_BLOB;
        assert!(after.memory <= most, "memory grows: {full:?}, then {after:?}");
    }
}
