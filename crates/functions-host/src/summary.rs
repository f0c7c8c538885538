//! A report on a script root: the functions that the host would load. Nothing is run.

use std::{collections::BTreeMap, path::Path};

use super::{
    ScriptError,
    script::{Script, Settings},
};

/// The content that the host would load from a script root.
#[derive(Debug)]
pub struct ScriptSummary {
    /// The names of the functions that load, sorted.
    pub functions: Vec<String>,
    /// The functions that do not load.
    pub problems: Vec<FunctionProblem>,
    /// Members that have no effect, or a different effect from what they seem to have.
    pub warnings: Vec<String>,
}

/// A function that the host would leave out.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {problem}")]
pub struct FunctionProblem {
    /// The name of the function's folder.
    pub name: String,
    /// The problem of the function.
    pub problem: String,
}

impl ScriptSummary {
    /// Reads a script root as a host with these app settings would. The handler must be in the script root: this
    /// machine's `PATH` is not searched.
    ///
    /// # Errors
    /// [`ScriptError`] if the host would not start at all.
    pub fn read(script_root: &Path, settings: &BTreeMap<String, String>) -> Result<Self, ScriptError> {
        Self::read_in(script_root, &BTreeMap::new(), settings)
    }

    /// Reads a script root for a handler with this environment. The executable may be on the environment's `PATH`.
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
