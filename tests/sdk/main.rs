//! The Azure SDK for Rust, unmodified, against local-azure: the parts that the app does not use, but another program
//! may. The clients of other languages are tried in `tests/clients`.

#![expect(clippy::unwrap_used, reason = "a test's way to fail")]

mod key_vault;
mod rig;
