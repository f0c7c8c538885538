//! The deployable package: its content, its refusals, and a run of it.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test's way to fail")]

mod archive;
#[cfg(unix)]
mod command_line;
mod refusals;
mod rig;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod run;
