//! An Azure Functions custom handler that holds no key, password or connection string: each service is called as a
//! managed identity, and the one key that a service insists on lives in Key Vault.
//!
//! | module | holds |
//! |---|---|
//! | [`config`] | every setting, parsed once into types |
//! | `app` | what the functions of one process share: settings and clients |
//! | [`server`] | the router, made from the table of functions; serving and stopping |
//! | `functions` | the table, and one file for each function |
//! | `archive` | the main job: an API's answer is kept as a blob, one for each source and slot |
//! | `azure` | the services that are called, one file each, and the identities they are called as |
//! | `expiry` | which secrets end soon |
//! | `partial` | which part of a stored thing a request wants, by its conditions and range |
//! | `host` | the custom-handler protocol as types |
//! | `error` | what can go wrong in an invocation, by who must act |
//! | `start` | what can go wrong before |
//! | [`telemetry`] | the log |
//!
//! The arrows go one way: `main → server → functions → {app, archive, expiry, host, partial, error}` and
//! `{app, archive} → azure → {config, error}`, `error → {config, host}`,
//! `partial → error`.

mod app;
mod archive;
mod azure;
pub mod config;
mod error;
mod expiry;
mod functions;
mod host;
mod partial;
pub mod server;
mod start;
pub mod telemetry;

pub use app::App;
pub use config::Config;
pub use start::StartError;
