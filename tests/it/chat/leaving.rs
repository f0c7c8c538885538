//! Events one by one, and callers that leave.

use reqwest::Response;

use super::{ask, deployment, direct, streamed};
use crate::rig::Rig;

/// Makes the model answer fifty words, each in an event.
fn long(seed: &mut local_azure::seed::Seed) {
    deployment(seed).answer = Some(vec!["word"; 50].join(" "));
}

/// Returns the next whole event. A piece of a body may be only a part of one.
async fn next_event(answer: &mut Response, read: &mut String) -> Option<String> {
    loop {
        if let Some(end) = read.find("\n\n") {
            return Some(read.drain(..end + 2).collect());
        }
        read.push_str(std::str::from_utf8(&answer.chunk().await.unwrap()?).unwrap());
    }
}

/// Checks the order without a clock: the model holds each event back until the previous one has arrived here.
pub(super) async fn events_arrive_one_by_one(rig: &Rig) {
    let mut held = rig.azure.world().model_streams().hold();
    held.release(1);
    let mut answer = ask(rig, &streamed()).await;
    assert_eq!(answer.status(), 200);
    let (mut read, mut count) = (String::new(), 0);
    while let Some(event) = next_event(&mut answer, &mut read).await {
        assert_eq!(event.matches("data: ").count(), 1, "one event at a time: {event}");
        count += 1;
        held.release(1);
    }
    let end = held.next_end().await.unwrap();
    assert_eq!((end.events, end.caller_left), (count, false));
    assert!(count >= 50, "{count} events");
}

/// Checks in the journal that the model stops.
pub(super) async fn a_caller_that_leaves_ends_the_models_work(rig: &Rig) {
    let mut held = rig.azure.world().model_streams().hold();
    held.release(3);
    let mut answer = ask(rig, &streamed()).await;
    let mut read = String::new();
    for _ in 0..3 {
        next_event(&mut answer, &mut read).await.unwrap();
    }
    drop(answer);
    let end = held.next_end().await.unwrap();
    assert!(end.caller_left && end.events < end.of, "{end:?}");
    rig.until_logged("the caller left before the answer was complete").await;
    let entries = rig.azure.journal().entries();
    assert!(entries.iter().any(|entry| entry.decision.stream == Some(end)), "{entries:?}");
}

#[tokio::test]
async fn direct_events_arrive_one_by_one() {
    let rig = Rig::with(|seed| {
        direct(seed);
        long(seed);
    })
    .await;
    events_arrive_one_by_one(&rig).await;
}

#[tokio::test]
async fn direct_a_caller_that_leaves_ends_the_models_work() {
    let rig = Rig::with(|seed| {
        direct(seed);
        long(seed);
    })
    .await;
    a_caller_that_leaves_ends_the_models_work(&rig).await;
}
