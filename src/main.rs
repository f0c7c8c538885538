//! An Azure Functions custom handler that holds no key, password or connection string: each service is called as a
//! managed identity, and the one key that a service insists on lives in Key Vault.
//!
//! | module | holds |
//! |---|---|
//! | `app` | the settings and clients that functions share |
//! | `functions` | one file for each function |
//! | `chat` | conversations with a model |
//! | `snapshots` | the main job: an API's answer is kept as a blob, one for each source and slot |
//! | `sources` | the APIs whose answers are kept |
//! | `uploads` | what may be uploaded, and in how much memory |
//! | `expiry` | which secrets end soon |
//! | `relay_paths` | what callers of `relay` may reach |
//! | `memory` | the memory that bodies may take together |
//! | `partial` | which part of a blob a request wants, by its conditions and range |
//! | `error` | what can go wrong here beyond what the libraries report |
//!
//! The protocol of the host is in `functions-handler`, and the services of Azure are in `keyless`.

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

/// Every function. A new one is `functions/<name>/function.json`, a file, and a line here; `cargo local new` makes them.
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
