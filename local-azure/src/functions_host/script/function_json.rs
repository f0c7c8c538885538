//! `<name>/function.json`: one function.
//!
//! Source of the rules: `HostFunctionMetadataProvider.cs` and `FunctionDescriptorProvider.cs` of
//! `Azure/azure-functions-host`.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Settings, bindings::Trigger, host_json::HostJson};

/// A function that can be invoked.
#[derive(Debug)]
pub(in crate::functions_host) struct FunctionDefinition {
    pub(in crate::functions_host) name: String,
    pub(in crate::functions_host) trigger: Trigger,
    /// Listed, but its timer does not fire.
    pub(in crate::functions_host) disabled: bool,
    /// `function.json` as it stands.
    pub(in crate::functions_host) config: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    #[serde(default)]
    bindings: Vec<Map<String, Value>>,
    script_file: Option<String>,
    // Of other languages, or not read by version 4 of the host.
    #[serde(rename = "entryPoint")]
    _entry_point: Option<Value>,
    #[serde(rename = "configurationSource")]
    _configuration_source: Option<Value>,
    #[serde(rename = "$schema")]
    _schema: Option<Value>,
}

impl FunctionDefinition {
    /// Reads the function in `folder`. The error says what is wrong with it; the host then goes on without it.
    pub(super) fn read(folder: &Path, name: &str, host: &HostJson, settings: &Settings) -> Result<Self, String> {
        if !is_function_name(name) {
            return Err("the name must begin with a letter and go on with letters, digits, \"_\" or \"-\", up to 128 \
                        characters, and not be \"host\""
                .to_owned());
        }
        let text =
            fs::read_to_string(folder.join("function.json")).map_err(|error| format!("function.json: {error}"))?;
        let text = text.trim_start_matches('\u{feff}');
        let config: Value = serde_json::from_str(text).map_err(|error| format!("function.json: {error}"))?;
        let document: Document = serde_json::from_str(text).map_err(|error| format!("function.json: {error}"))?;
        if let Some(file) = document.script_file.filter(|file| !folder.join(file).exists()) {
            return Err(format!("the script file \"{file}\" does not exist"));
        }
        let trigger = Trigger::from_bindings(document.bindings, name, host, settings)?;
        let disabled = [format!("AzureWebJobs.{name}.Disabled"), format!("AzureWebJobs_{name}_Disabled")]
            .iter()
            .any(|setting| settings.is_on(setting));
        Ok(Self { name: name.to_owned(), trigger, disabled, config })
    }

    /// Same name but for case, or the same route for a common method.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        let same_route = match (&self.trigger, &other.trigger) {
            (Trigger::Http(a), Trigger::Http(b)) => a.conflicts_with(b),
            _ => false,
        };
        same_route || self.name.eq_ignore_ascii_case(&other.name)
    }
}

fn is_function_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && !name.eq_ignore_ascii_case("host")
}
