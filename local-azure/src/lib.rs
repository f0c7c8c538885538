//! Azure on a laptop: the services that a keyless app calls, in one process on loopback.
//!
//! [`LocalAzure::start`] starts every service of a [`seed::Seed`]. [`functions_host::FunctionsHost`] runs a staged app
//! against them. The app under test is another process and gets environment variables only. A test reads the
//! [`journal`], and may change the [`world`] while the app runs.
//!
//! Each service makes the same checks as in Azure. It refuses requests that it does not understand, and names the
//! unknown part.

mod access_token;
mod azure;
mod blob;
pub mod broken_link;
pub mod control;
pub mod dashboard;
#[cfg(test)]
mod default_world;
pub mod deployed_files;
mod edge;
pub mod fault;
mod gateway;
mod graph;
mod header_names;
mod hop_by_hop;
mod identity_endpoint;
mod invocation_journal;
mod issuer;
pub mod journal;
mod link_switch;
mod management;
pub mod monitor;
pub mod network;
pub mod new_function;
mod openai;
pub mod own_file;
pub mod own_folder;
pub mod package;
mod private_files;
mod rbac;
mod run_secret;
pub mod running;
mod sample_api;
pub mod script_root;
pub mod seed;
mod services;
mod start_error;
pub mod subscription_keys;
mod tokenizer;
mod vault;
pub mod world;

pub use functions_host;

pub use self::{
    azure::LocalAzure,
    edge::EdgeError,
    gateway::{CheckedFile, LoadError, PolicyFinding, PolicyTrace, check as check_policies},
    invocation_journal::journal_invocations,
    issuer::{KeyError, TokenError},
    openai::{HeldStreams, ModelStreams},
    start_error::StartError,
    vault::{NoSuchSecret, Vault, Vaults},
};

/// The README's examples must compile.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
