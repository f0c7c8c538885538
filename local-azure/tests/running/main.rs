//! The program beside others: an assistant that drives a run, a save that must keep the world, a reader that leaves.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

mod assistant;
mod closed_pipe;
mod kept_world;
mod replay;
mod rig;
