//! `customHandler.http.routes`: HTTP functions without a folder, named `http-handler1`, `http-handler2`, …
//!
//! Source: `HttpWorkerFunctionProvider.cs` of `Azure/azure-functions-host`.

use serde_json::{Map, Value, json};

use super::{
    FunctionDefinition, HostJson, Settings, bindings::AuthLevel, function_json::FunctionProblem,
    host_document::RouteOptions,
};
use crate::template::{Template, TemplateError};

const RUNTIME: &str = "FUNCTIONS_WORKER_RUNTIME";
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"];

/// One entry.
#[derive(Debug)]
pub(super) struct Route {
    template: String,
    level: AuthLevel,
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

    /// The function that the entry stands for; a bad template leaves out this one alone.
    pub(super) fn function(
        &self,
        name: &str,
        host: &HostJson,
        settings: &Settings,
    ) -> Result<FunctionDefinition, FunctionProblem> {
        if self.template.trim().is_empty() {
            return Err("its route in customHandler.http.routes is empty".to_owned().into());
        }
        if let Err(TemplateError::Refused(problem)) = Template::parse(&self.template) {
            return Err(format!("its route \"{}\" in customHandler.http.routes: {problem}", self.template).into());
        }
        let trigger = json!({
            "type": "httpTrigger", "authLevel": self.level.to_string(), "direction": "in", "name": "req",
            "methods": METHODS, "route": self.template,
        });
        let output = json!({ "type": "http", "direction": "out", "name": "res" });
        let members = Map::from_iter([("bindings".to_owned(), json!([trigger, output]))]);
        FunctionDefinition::new(name, members, host, settings)
    }
}
