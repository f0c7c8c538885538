//! The real handler binary against local-azure, over real sockets.

#![expect(clippy::unwrap_used, reason = "a test's way to fail")]

mod audiences;
mod breaking_proxy;
mod browser;
mod certificate_authorities;
mod chat;
mod dashboard;
#[cfg(unix)]
mod developer;
mod edge;
mod faults;
mod first_token;
mod handler;
mod handler_process;
mod hostile;
mod http;
mod identities;
#[cfg(target_os = "linux")]
mod kills;
mod leaks;
mod least_privilege;
#[cfg(target_os = "linux")]
mod load;
mod main_job;
mod readiness;
mod reasons;
mod refusals;
mod relay;
mod rig;
mod rollover;
mod secrets;
mod snapshots;
mod storage;
mod telemetry;
mod timers;
mod uploads;
