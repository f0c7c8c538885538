//! The real handler binary with a plain environment. A test that plays the Functions host calls it over HTTP.
//!
//! Each test proves one requirement that the host has for a custom handler, and is named after that part of the host's
//! behaviour: starting and ending the process (`process_…`), a timer's or another trigger's call (`posted_…`), and a
//! caller's request that the host passes on (`forwarded_…`).
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod forwarded;
mod identity;
mod posted;
mod process;
mod rig;
mod stopping;
