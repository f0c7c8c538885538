//! Azure on a laptop: what a keyless app talks to, in one process on loopback.
//!
//! [`azure::LocalAzure`] starts every service of a [`seed::Seed`]; [`functions_host::FunctionsHost`] runs a staged
//! app against it. The app under test is another process that gets nothing but environment variables.
//!
//! Each service refuses what it does not understand, naming it, and checks what Azure checks.

mod access_token;
pub mod azure;
pub mod blob;
pub mod broken_link;
pub mod control;
#[cfg(test)]
mod default_world;
pub mod edge;
pub mod gateway;
pub mod graph;
mod hop_by_hop;
pub mod identity_endpoint;
mod invocation_journal;
pub mod issuer;
pub mod journal;
pub mod network;
pub mod new_function;
pub mod own_file;
pub mod own_folder;
pub mod package;
mod private_files;
pub mod rbac;
mod sample_api;
pub mod script_root;
pub mod seed;
pub mod subscription_keys;
pub mod vault;
pub mod world;

pub use functions_host;

pub use self::invocation_journal::journal_invocations;
