//! Compares the deployment with the rest of the repository. Bicep agrees with `local-azure/seed.toml`, `apim/`,
//! `azure.yaml` and the settings of the handler, and the scripts do their documented work. `bicep-check` checks the
//! templates themselves.
//!
//! A rule is a function from the files to complaints. Each rule has a test that it has no complaint, and tests that
//! break a file in memory.
#![allow(clippy::expect_used, reason = "a file of ours that cannot be read as expected ends the test")]

mod apis;
mod azd;
mod check_deployment;
mod docs;
mod entra;
mod files;
mod hardening;
mod models;
mod names;
mod needs;
mod plan;
mod policies;
mod role_assignments;
mod scripts;
mod secrets;
mod settings;
mod workflow;
mod workflows;
