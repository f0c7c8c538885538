//! The script root: `host.json` and one folder for each function, read as the Functions host reads them.
//!
//! The real host ignores unknown members. This host refuses them by name, unless it is set to be lenient. Documented
//! members without effect on HTTP and timer functions on one machine are accepted with a warning.

mod auth_level;
mod bindings;
mod command;
mod configuration;
mod error;
mod function_json;
mod handler_settings;
mod host_document;
mod host_json;
mod known_members;
mod member_names;
mod members;
mod overrides;
mod profile;
mod route_entries;
mod settings;

use std::{collections::BTreeSet, fs, path::Path};

pub(super) use self::{
    auth_level::AuthLevel,
    bindings::{HttpOutput, HttpTrigger, TimerTrigger, Trigger},
    command::HandlerCommand,
    function_json::FunctionDefinition,
    host_document::HttpMode,
    host_json::Throttle,
    settings::Settings,
};
use self::{error::FunctionProblem, host_json::HostJson, route_entries::Route};
pub use self::{error::ScriptError, handler_settings::HandlerSettings};

/// A script root that can be run.
#[derive(Debug)]
pub(super) struct Script {
    pub(super) host: HostJson,
    /// The functions, sorted by name in any letter case. Routes are tried in this order.
    pub(super) functions: Vec<FunctionDefinition>,
    pub(super) errors: Vec<FunctionError>,
}

/// A function that was left out.
#[derive(Debug)]
pub(super) struct FunctionError {
    pub(super) name: String,
    pub(super) problem: String,
}

impl Script {
    /// Reads the script root. `environment` is the handler's environment, for `%NAME%` in its command line. `settings`
    /// are the app settings, for `%NAME%` in bindings and for `AzureFunctionsJobHost__…`. With `lenient`, members that
    /// Azure ignores are ignored.
    pub(super) fn load(
        root: &Path,
        environment: &Settings,
        settings: &Settings,
        lenient: bool,
    ) -> Result<Self, ScriptError> {
        let host = HostJson::load(root, environment, settings, lenient)?;
        let mut script = Self { host, functions: Vec::new(), errors: Vec::new() };
        let folders = function_names(root)?;
        if script.host.routes.is_empty() {
            for name in folders {
                let function = script.host.allows(&name).then(|| script.read_function(root, &name, settings));
                script.add(name, function)?;
            }
            return Ok(script);
        }
        Route::check_runtime(settings).map_err(ScriptError::HostJson)?;
        if let Some(folder) = folders.into_iter().next() {
            return Err(ScriptError::RoutesAndFolders(folder));
        }
        let mut names: Vec<(usize, String)> =
            (0..script.host.routes.len()).map(|at| (at, format!("http-handler{}", at + 1))).collect();
        names.sort_by(|(_, a), (_, b)| a.cmp(b));
        for (at, name) in names {
            let route = &script.host.routes[at];
            let function = script
                .host
                .allows(&name)
                .then(|| script.without_conflict(FunctionDefinition::of_route(&name, route, &script.host, settings)?));
            script.add(name, function)?;
        }
        Ok(script)
    }

    /// Returns warnings of members that have no effect, or a different effect from what they seem to have.
    pub(super) fn warnings(&self) -> impl Iterator<Item = &String> {
        self.host.warnings.iter().chain(self.functions.iter().flat_map(|function| &function.warnings))
    }

    /// Adds a function, or the reason why it is left out. `function` is absent if `host.json` does not list the
    /// function.
    fn add(
        &mut self,
        name: String,
        function: Option<Result<FunctionDefinition, FunctionProblem>>,
    ) -> Result<(), ScriptError> {
        match function {
            None => {}
            Some(Ok(function)) => self.functions.push(function),
            Some(Err(FunctionProblem::InError(problem))) => self.errors.push(FunctionError { name, problem }),
            Some(Err(FunctionProblem::StopsTheHost { template, problem })) => {
                return Err(ScriptError::Route { function: name, template, problem });
            }
        }
        Ok(())
    }

    fn read_function(
        &self,
        root: &Path,
        name: &str,
        settings: &Settings,
    ) -> Result<FunctionDefinition, FunctionProblem> {
        self.without_conflict(FunctionDefinition::read(&root.join(name), name, &self.host, settings)?)
    }

    fn without_conflict(&self, function: FunctionDefinition) -> Result<FunctionDefinition, FunctionProblem> {
        match self.functions.iter().find(|other| other.conflicts_with(&function)) {
            Some(other) => {
                Err(format!("the route specified conflicts with the route defined by function '{}'", other.name).into())
            }
            None => Ok(function),
        }
    }
}

/// Returns the names of the immediate subfolders with a `function.json`, sorted in any letter case.
fn function_names(root: &Path) -> Result<Vec<String>, ScriptError> {
    let read_error = |source| ScriptError::Read { path: root.to_owned(), source };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(root).map_err(read_error)? {
        let entry = entry.map_err(read_error)?;
        if entry.path().join("function.json").is_file() {
            let name = entry.file_name().to_string_lossy().into_owned();
            names.insert((name.to_ascii_uppercase(), name));
        }
    }
    Ok(names.into_iter().map(|(_, name)| name).collect())
}
