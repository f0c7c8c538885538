//! The real handler binary against local-azure, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test's way to fail")]

mod breaking_proxy;
mod handler_process;
mod http;
mod identities;
mod main_job;
mod readiness;
mod refusals;
mod rig;
mod snapshots;
mod storage;
mod timers;
mod uploads;
