//! `<name>/function.json`: one function.
//!
//! Source of the rules: `HostFunctionMetadataProvider.cs` and `FunctionDescriptorProvider.cs` of
//! `Azure/azure-functions-host`.

use std::{fs, path::Path};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Settings, bindings::Trigger, host_json::HostJson, member_names::as_documented};
use crate::retry::Retry;

/// A function that can be invoked.
#[derive(Debug)]
pub(crate) struct FunctionDefinition {
    pub(crate) name: String,
    pub(crate) trigger: Trigger,
    /// Listed, but its timer does not fire.
    pub(crate) disabled: bool,
    /// Of its own; `host.json` may have one for all.
    pub(crate) retry: Option<Retry>,
    /// What is in the file and has no effect.
    pub(crate) warnings: Vec<String>,
    /// `function.json` as it stands.
    pub(crate) config: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Document {
    #[serde(default)]
    bindings: Vec<Map<String, Value>>,
    script_file: Option<String>,
    retry: Option<Value>,
    disabled: Option<Value>,
    // Of other languages, or not read by version 4 of the host.
    #[serde(rename = "entryPoint")]
    _entry_point: Option<Value>,
    #[serde(rename = "configurationSource")]
    _configuration_source: Option<Value>,
    #[serde(rename = "generatedBy")]
    _generated_by: Option<Value>,
    #[serde(rename = "$schema")]
    _schema: Option<Value>,
}

/// Members of any binding that mean nothing to HTTP and timers, whose data is text and whose connection is none.
const NO_EFFECT: &[&str] = &["cardinality", "connection", "dataType", "properties"];

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
        let mut document: Document =
            serde_json::from_value(as_documented(config.clone())).map_err(|error| format!("function.json: {error}"))?;
        let mut warnings = document.drop_what_has_no_effect(name);
        if let Some(file) = document.script_file.filter(|file| !folder.join(file).exists()) {
            return Err(format!("the script file \"{file}\" does not exist"));
        }
        let retry = document.retry.map(Retry::parse).transpose()?;
        let trigger = Trigger::from_bindings(document.bindings, name, host, settings)?;
        if retry.is_some() && matches!(trigger, Trigger::Http(_)) {
            warnings.push(format!("'{name}': retry has no effect on an HTTP function"));
        }
        let disabled = [format!("AzureWebJobs.{name}.Disabled"), format!("AzureWebJobs_{name}_Disabled")]
            .iter()
            .any(|setting| settings.is_on(setting));
        Ok(Self { name: name.to_owned(), trigger, disabled, retry, warnings, config })
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

impl Document {
    /// Removes members without effect from the bindings, and says which.
    fn drop_what_has_no_effect(&mut self, function: &str) -> Vec<String> {
        let mut warnings = Vec::new();
        if self.disabled.is_some() {
            warnings.push(format!(
                "'{function}': \"disabled\" in function.json has no effect: set AzureWebJobs.{function}.Disabled"
            ));
        }
        for binding in &mut self.bindings {
            for member in NO_EFFECT.iter().filter(|member| binding.remove(**member).is_some()) {
                warnings.push(format!("'{function}': \"{member}\" of a binding has no effect"));
            }
        }
        warnings
    }
}

fn is_function_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && !name.eq_ignore_ascii_case("host")
}
