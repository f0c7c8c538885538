//! `customHandler.http.routes`: HTTP functions without a folder, named `http-handler1`, `http-handler2`, …
//!
//! Source: `HttpWorkerFunctionProvider.cs` of `Azure/azure-functions-host`.

use serde_json::Value;

use super::{Settings, auth_level::AuthLevel, host_document::RouteOptions};

const RUNTIME: &str = "FUNCTIONS_WORKER_RUNTIME";

/// One entry.
#[derive(Debug)]
pub(super) struct Route {
    pub(super) template: String,
    pub(super) level: AuthLevel,
}

impl Route {
    /// The error names a level that does not exist: it stops the host.
    pub(super) fn read_all(options: &RouteOptions) -> Result<Vec<Self>, String> {
        let level = |text: Option<&str>| match text {
            Some("") => Err("customHandler.http: an authorization level is empty".to_owned()),
            text => AuthLevel::read(text.map(Value::from)).map_err(|error| format!("customHandler.http: {error}")),
        };
        let default = level(options.default_level.as_deref())?;
        let routes = options.routes.iter().map(|entry| {
            let level = entry.authorization_level.as_deref().map_or(Ok(default), |text| level(Some(text)))?;
            Ok(Self { template: entry.route.clone().unwrap_or_default(), level })
        });
        routes.collect()
    }

    /// Only with the runtime `custom`.
    pub(super) fn check_runtime(settings: &Settings) -> Result<(), String> {
        match settings.get(RUNTIME).unwrap_or_default() {
            runtime if runtime.eq_ignore_ascii_case("custom") => Ok(()),
            "" => Err(format!("customHandler.http.routes needs the app setting {RUNTIME}=custom")),
            other => Err(format!("customHandler.http.routes needs the app setting {RUNTIME}=custom, not \"{other}\"")),
        }
    }
}
