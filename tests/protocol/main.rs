//! The real handler binary, with a plain environment, called over HTTP by a test that plays the Functions host.
//!
//! Each test proves what one part of the host's behaviour asks of a custom handler, and is named after that part:
//! starting and ending the process (`process_…`), a timer's or another trigger's call (`posted_…`), and a caller's
//! request that the host passes on (`forwarded_…`).
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod forwarded;
mod identity;
mod posted;
mod process;
mod rig;
mod stopping;
