//! Reports what the host would load from a script root, without running anything.

use std::{collections::BTreeMap, path::Path};

use super::{
    ScriptError,
    script::{Script, Settings},
};

/// What the host would load from a script root.
#[derive(Debug)]
pub struct ScriptSummary {
    /// Names of the functions that load, sorted.
    pub functions: Vec<String>,
    /// Those that do not.
    pub problems: Vec<FunctionProblem>,
    /// What is written and has no effect, or another one than it seems.
    pub warnings: Vec<String>,
}

/// A function that the host would leave out.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct FunctionProblem {
    /// Its folder's name.
    pub name: String,
    /// What is wrong with it.
    pub problem: String,
}

impl ScriptSummary {
    /// Reads a script root as a host with these app settings would. The handler must lie in the script root: nothing is
    /// looked for on this machine's `PATH`.
    ///
    /// # Errors
    /// [`ScriptError`] if the host would not start at all.
    pub fn read(script_root: &Path, settings: &BTreeMap<String, String>) -> Result<Self, ScriptError> {
        Self::read_in(script_root, &BTreeMap::new(), settings)
    }

    /// The same for a handler that gets this environment: its `PATH` may have the executable.
    ///
    /// # Errors
    /// [`ScriptError`] if the host would not start at all.
    pub fn read_in(
        script_root: &Path,
        environment: &BTreeMap<String, String>,
        settings: &BTreeMap<String, String>,
    ) -> Result<Self, ScriptError> {
        let settings = Settings::new(settings.clone());
        let script = Script::load(script_root, &Settings::new(environment.clone()), &settings, false)?;
        let problem =
            |error: super::script::FunctionError| FunctionProblem { name: error.name, problem: error.problem };
        let warnings = script.warnings().cloned().collect();
        Ok(Self {
            warnings,
            functions: script.functions.into_iter().map(|function| function.name).collect(),
            problems: script.errors.into_iter().map(problem).collect(),
        })
    }
}
