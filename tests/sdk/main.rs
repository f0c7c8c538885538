//! The Azure SDK for Rust, unmodified, against local-azure: what the app does not use of it, but another program may.
//! The clients of other languages are tried in `tests/clients`.

#![expect(clippy::unwrap_used, reason = "a test's way to fail")]

mod key_vault;
mod rig;
