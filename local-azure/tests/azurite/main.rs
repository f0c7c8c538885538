//! Blob Storage against Azurite: both get the same generated calls, and the answers must be the same.
//!
//! The test needs Node and `npm ci` in this folder. Without them it says that it was left out. Differences with a known
//! reason are in [`differences`].

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod answer;
mod azurite;
mod call;
mod differences;
mod generate;
mod run;
mod service;

use std::time::Instant;

use futures_util::{StreamExt as _, stream};
use proptest::{
    strategy::{Strategy as _, ValueTree as _},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};

use crate::{azurite::Azurite, run::Peers, service::Service};

/// The number of sequences in one run, and the number of sequences at the same time.
const SEQUENCES: usize = 2_000;
const AT_ONCE: usize = 24;
/// The largest number of attempts to make a failing sequence smaller.
const SHRINKS: usize = 300;
/// The seed, which gives the same sequences at each run.
const SEED: [u8; 32] = *b"local-azure and Azurite agree...";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn local_azure_answers_as_azurite_does() {
    let azurite = match Azurite::start().await {
        Ok(azurite) => azurite,
        Err(reason) => {
            println!("left out: Azurite does not run here: {reason}");
            return;
        }
    };
    let service = Service::start().await;
    let peers = Peers::new(&service, &azurite);
    let started = Instant::now();
    let mut runner = TestRunner::new_with_rng(Config::default(), TestRng::from_seed(RngAlgorithm::ChaCha, &SEED));
    let trees = (0..SEQUENCES).map(|_| generate::sequence().new_tree(&mut runner).unwrap());
    let runs = stream::iter(trees).map(|tree| async {
        let difference = peers.run(&tree.current()).await.err();
        (tree, difference)
    });
    let mut runs = Box::pin(runs.buffer_unordered(AT_ONCE));
    while let Some((mut tree, difference)) = runs.next().await {
        if difference.is_some() {
            panic!("{}", shrink(&peers, &mut tree).await);
        }
    }
    let compared = peers.compared();
    println!("{SEQUENCES} sequences, {compared} calls, no unexplained difference, {:.1?}", started.elapsed());
    peers.met().iter().for_each(|name| println!("explained: {name}"));
    assert!(compared > 4 * SEQUENCES, "sequences end before they tell anything");
}

/// Returns the smallest sequence found that still differs, and the difference.
async fn shrink(peers: &Peers, tree: &mut impl proptest::strategy::ValueTree<Value = Vec<call::BlobStep>>) -> String {
    let mut smallest = "It did not differ again when it was run once more, alone.".to_owned();
    let mut differs = true;
    for _ in 0..SHRINKS {
        if differs && let Err(difference) = peers.run(&tree.current()).await {
            smallest = difference;
        }
        let goes_on = if differs { tree.simplify() } else { tree.complicate() };
        if !goes_on {
            break;
        }
        differs = peers.run(&tree.current()).await.is_err();
    }
    smallest
}
