//! Replays answers that were recorded from the real service. The same requests, sent through the edge over sockets,
//! must get the same statuses, codes, headers and bodies.
//!
//! `recorded.jsonl` has a sequence of requests in each line, reduced from recordings in the test suites of Microsoft's
//! SDKs (azure-storage-python 2019, azure-sdk-for-cpp 2022). Its placeholders: `{c0}` a container, `{s0}` a secret,
//! `{etag:0}` the tag in step 0's answer, `{md5:0}` the MD5 of step 0's body, `{D}` a date, `{T}` a time, `{*}`
//! anything.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod compare;
mod replay;
mod world;

use serde_json::Value;

use crate::{replay::Replay, world::World};

const TABLE: &str = include_str!("recorded.jsonl");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn recorded_requests_are_answered_as_the_service_answered_them() {
    let world = World::start().await;
    let mut failures = Vec::new();
    let mut compared = 0;
    for line in TABLE.lines() {
        let sequence: Value = serde_json::from_str(line).unwrap();
        let mut replay = Replay::new(&world, &sequence);
        for (number, step) in sequence["steps"].as_array().unwrap().iter().enumerate() {
            compared += 1;
            for difference in replay.step(number, step).await {
                failures.push(format!("{}.{number} {} {}: {difference}", sequence["id"], step["m"], step["p"]));
            }
        }
    }
    assert!(failures.is_empty(), "{compared} requests, {} differences:\n{}", failures.len(), failures.join("\n"));
    assert_eq!(compared, 46, "every request of the table was made");
}
