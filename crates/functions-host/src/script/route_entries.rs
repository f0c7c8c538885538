//! `customHandler.http.routes`: HTTP functions without a folder, named `http-handler1`, `http-handler2`, …
//!
//! Source: `HttpWorkerFunctionProvider.cs` of `Azure/azure-functions-host`.

use serde_json::Value;

use super::{Settings, auth_level::AuthLevel, host_document::RouteOptions};

const RUNTIME: &str = "FUNCTIONS_WORKER_RUNTIME";

/// One entry of the list.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) template: String,
    /// The index of the entry in the list.
    pub(super) at: usize,
    pub(super) level: AuthLevel,
}

impl Route {
    /// Reads all entries. Fails for a level that does not exist and names its place, because such a level stops the
    /// host.
    pub(super) fn read_all(options: &RouteOptions) -> Result<Vec<Self>, String> {
        let level = |place: &str, text: Option<&str>| match text {
            Some("") => Err(format!("customHandler.http.{place}: an authorization level is empty")),
            text => {
                AuthLevel::read(text.map(Value::from)).map_err(|error| format!("customHandler.http.{place}: {error}"))
            }
        };
        let default = level("DefaultAuthorizationLevel", options.default_level.as_deref())?;
        let routes = options.routes.iter().enumerate().map(|(at, entry)| {
            let own = entry.authorization_level.as_deref();
            let level =
                own.map_or(Ok(default), |text| level(&format!("routes[{at}].authorizationLevel"), Some(text)))?;
            Ok(Self { template: entry.route.clone().unwrap_or_default(), at, level })
        });
        routes.collect()
    }

    /// Fails unless the runtime is `custom`.
    pub(super) fn check_runtime(settings: &Settings) -> Result<(), String> {
        match settings.get(RUNTIME).unwrap_or_default() {
            runtime if runtime.eq_ignore_ascii_case("custom") => Ok(()),
            "" => Err(format!("customHandler.http.routes needs the app setting {RUNTIME}=custom")),
            other => Err(format!("customHandler.http.routes needs the app setting {RUNTIME}=custom, not \"{other}\"")),
        }
    }
}
