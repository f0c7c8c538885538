//! An Azure Functions custom handler without a key, password or connection string in its settings. It calls each
//! service with a managed identity, and reads the one key that a service requires from Key Vault.
//!
//! | module | holds |
//! |---|---|
//! | `app` | the settings and clients that functions share |
//! | `functions` | one file for each function |
//! | `chat` | conversations with a model |
//! | `snapshots` | the main job: stores an API's answer as a blob, one for each source and slot |
//! | `sources` | the APIs whose answers are stored |
//! | `uploads` | the limits of uploads, and their memory |
//! | `expiry` | the secrets that expire soon |
//! | `relay_paths` | the paths that callers of `relay` may reach |
//! | `memory` | the memory limit for all bodies together |
//! | `partial` | conditional and range requests for a blob |
//! | `error` | the app's own errors, besides those of the libraries |
//!
//! `functions-handler` implements the host's protocol, `keyless` calls the services of Azure.

mod app;
mod chat;
mod error;
mod expiry;
mod memory;
mod partial;
mod relay_paths;
mod snapshots;
mod sources;
mod uploads;

mod functions {
    pub(crate) mod chat;
    pub(crate) mod chat_page;
    pub(crate) mod health;
    pub(crate) mod ready;
    pub(crate) mod relay;
    pub(crate) mod secret_expiry;
    pub(crate) mod secrets;
    pub(crate) mod snapshot;
    pub(crate) mod snapshot_now;
    pub(crate) mod snapshots;
    pub(crate) mod upload;
}

use std::process::ExitCode;

use functions_handler::{FunctionApp, function};

use self::app::App;

fn main() -> ExitCode {
    register(FunctionApp::new(|| keyless::from_env(App::read)))
        .subscriber(keyless::telemetry::beside)
        .on_stop(async |app: App| app.telemetry.flush().await)
        .run()
}

/// Registers every function. A new function is `functions/<name>/function.json`, a file, and a line here; `cargo local
/// new` makes them.
fn register(app: FunctionApp<App>) -> FunctionApp<App> {
    app.max_concurrent(App::max_concurrent)
        .on_start(App::prepare)
        .layer(keyless::trace::TraceLayer)
        .http(function!("chat"), functions::chat::run)
        .http(function!("chat_page"), functions::chat_page::run)
        .http(function!("health").always_admitted(), functions::health::run)
        .http(function!("ready"), functions::ready::run)
        .http(function!("relay"), functions::relay::run)
        .timer(function!("secret_expiry"), functions::secret_expiry::run)
        .http(function!("secrets"), functions::secrets::run)
        .timer(function!("snapshot"), functions::snapshot::run)
        .http(function!("snapshot_now"), functions::snapshot_now::run)
        .http(function!("snapshots"), functions::snapshots::run)
        .http(function!("upload"), functions::upload::run)
}

#[cfg(test)]
mod tests;
