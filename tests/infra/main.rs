//! Checks the deployment without Azure: every Bicep file parses, keeps our rules, and says the same as `local-azure/seed.toml`,
//! `apim/` and `azure.yaml`. Types and what Azure itself refuses are checked by `bicep build` and a deployment only.
//!
//! A rule is a function from the files to complaints. Each has a test that it has none, and tests that break a file in memory.
#![allow(clippy::expect_used, reason = "a file of ours that cannot be read as expected ends the test")]

mod api_versions;
mod apis;
mod azd;
mod bicep;
mod entra;
mod files;
mod hardening;
mod models;
mod modules;
mod names;
mod parse;
mod policies;
mod resolve;
mod role_assignments;
mod scripts;
mod secrets;
mod settings;
mod symbols;
