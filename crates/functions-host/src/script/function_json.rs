//! `<name>/function.json`: one function.
//!
//! Source of the rules: `HostFunctionMetadataProvider.cs` and `FunctionDescriptorProvider.cs` of
//! `Azure/azure-functions-host`.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};

use super::{
    Settings, bindings::Trigger, error::FunctionProblem, host_json::HostJson, member_names::documented,
    route_entries::Route,
};
use crate::{
    json,
    retry::Retry,
    template::{Template, TemplateError},
};

/// A function that can be invoked.
#[derive(Debug)]
pub(crate) struct FunctionDefinition {
    pub(crate) name: String,
    pub(crate) trigger: Trigger,
    /// Whether the function is disabled: it is listed, but its timer does not fire.
    pub(crate) disabled: bool,
    /// The function's own retry policy. `host.json` may have one for all functions.
    pub(crate) retry: Option<Retry>,
    /// Warnings of members that have no effect.
    pub(crate) warnings: Vec<String>,
    /// The content of `function.json`, unchanged.
    pub(crate) config: Value,
}

/// The methods of a function from `customHandler.http.routes`.
const METHODS: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS", "TRACE", "CONNECT"];

/// Members of other languages, and members that version 4 of the host does not read.
const IGNORED: &[&str] = &["$schema", "entryPoint", "excluded", "generatedBy", "isProxy", "language", "name"];

impl FunctionDefinition {
    /// Reads the function in `folder`.
    pub(super) fn read(
        folder: &Path,
        name: &str,
        host: &HostJson,
        settings: &Settings,
    ) -> Result<Self, FunctionProblem> {
        if !is_function_name(name) {
            return Err("the name must begin with a letter and go on with letters, digits, \"_\" or \"-\", up to 128 \
                        characters, and not be \"host\""
                .to_owned()
                .into());
        }
        let file = |error: String| format!("function.json: {error}");
        let text = fs::read_to_string(folder.join("function.json")).map_err(|error| file(error.to_string()))?;
        let Value::Object(members) = json::read_whole(&text).map_err(|error| file(error.to_string()))?.to_value()
        else {
            return Err(file("not an object".to_owned()).into());
        };
        refuse_script_file(members.get("scriptFile"), folder)?;
        Self::new(name, members, host, settings)
    }

    /// Makes the function for an entry of `customHandler.http.routes`. A bad template leaves out only this function.
    pub(super) fn of_route(
        name: &str,
        route: &Route,
        host: &HostJson,
        settings: &Settings,
    ) -> Result<Self, FunctionProblem> {
        if route.template.trim().is_empty() {
            return Err(format!("its route in customHandler.http.routes[{}] is empty", route.at).into());
        }
        if let Err(TemplateError::Refused(problem)) = Template::parse(&route.template) {
            let Route { template, at, .. } = route;
            return Err(format!("its route \"{template}\" in customHandler.http.routes[{at}]: {problem}").into());
        }
        let trigger = json!({
            "type": "httpTrigger", "authLevel": route.level.to_string(), "direction": "in", "name": "req",
            "methods": METHODS, "route": route.template,
        });
        let output = json!({ "type": "http", "direction": "out", "name": "res" });
        let members = Map::from_iter([("bindings".to_owned(), json!([trigger, output]))]);
        Self::new(name, members, host, settings)
    }

    /// Makes a function from the members of the document. The script file has been checked before.
    pub(super) fn new(
        name: &str,
        mut members: Map<String, Value>,
        host: &HostJson,
        settings: &Settings,
    ) -> Result<Self, FunctionProblem> {
        let file = |error: String| format!("function.json: {error}");
        let config = Value::Object(members.clone());
        let bindings = bindings(members.remove("bindings")).map_err(file)?;
        members.remove("scriptFile");
        let mut warnings = Vec::new();
        let retry = members.remove("retry").filter(|retry| !retry.is_null());
        let retry = retry.map(|retry| Retry::parse(known_members_of(retry, host.lenient)));
        let retry = retry.transpose()?;
        let source = members.remove("configurationSource");
        if source.is_some_and(|source| source.as_str().is_some_and(|source| source.eq_ignore_ascii_case("attributes")))
        {
            return Err(file("configurationSource \"attributes\" is for .NET functions".to_owned()).into());
        }
        if members.remove("disabled").is_some() {
            warnings.push(format!(
                "'{name}': \"disabled\" in function.json has no effect: set AzureWebJobs.{name}.Disabled"
            ));
        }
        for unknown in members.keys().filter(|member| !IGNORED.contains(&member.as_str())) {
            if !host.lenient {
                return Err(file(format!("the member \"{unknown}\" is unknown")).into());
            }
            warnings.push(format!("'{name}': the unknown member \"{unknown}\" is ignored"));
        }
        let trigger = Trigger::from_bindings(bindings, name, host, settings, &mut warnings)?;
        if let Trigger::Http(http) = &trigger {
            if retry.is_some() {
                warnings.push(format!("'{name}': retry has no effect on an HTTP function"));
            }
            if http.route.contains('%') {
                warnings.push(format!("'{name}': \"%\" in its route is a literal character, no setting"));
            }
        }
        let disabled = [format!("AzureWebJobs.{name}.Disabled"), format!("AzureWebJobs_{name}_Disabled")]
            .iter()
            .any(|setting| settings.is_on(setting));
        Ok(Self { name: name.to_owned(), trigger, disabled, retry, warnings, config })
    }

    /// Reports whether two functions have the same name in any letter case, or the same route for a common method.
    pub(super) fn conflicts_with(&self, other: &Self) -> bool {
        let same_route = match (&self.trigger, &other.trigger) {
            (Trigger::Http(a), Trigger::Http(b)) => a.conflicts_with(b),
            (Trigger::Timer(_), _) | (_, Trigger::Timer(_)) => false,
        };
        same_route || self.name.eq_ignore_ascii_case(&other.name)
    }
}

/// Returns the list named exactly `bindings`. The host reads this name in no other letter case.
fn bindings(value: Option<Value>) -> Result<Vec<Map<String, Value>>, String> {
    let Some(Value::Array(bindings)) = value else { return Err("there is no list \"bindings\"".to_owned()) };
    if bindings.is_empty() {
        return Err("\"bindings\" is empty".to_owned());
    }
    let object = |binding| match binding {
        Value::Object(members) => Ok(members),
        other => Err(format!("a binding is {other}, not an object")),
    };
    bindings.into_iter().map(object).collect()
}

/// Returns a retry policy with its members spelt as documented. Unknown members are removed if `lenient` is set.
fn known_members_of(retry: Value, lenient: bool) -> Value {
    const KNOWN: [&str; 5] = ["delayInterval", "maximumInterval", "maxRetryCount", "minimumInterval", "strategy"];
    let Value::Object(members) = retry else { return retry };
    let spelt = members.into_iter().map(|(name, value)| (documented(&name), value));
    Value::Object(spelt.filter(|(name, _)| !lenient || KNOWN.contains(&name.as_str())).collect())
}

fn refuse_script_file(value: Option<&Value>, folder: &Path) -> Result<(), String> {
    match value {
        None | Some(Value::Null) => Ok(()),
        Some(Value::String(file)) if file.is_empty() || folder.join(file).exists() => Ok(()),
        Some(file) => Err(format!("the script file {file} does not exist")),
    }
}

fn is_function_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.len() <= 128
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-')
        && !name.eq_ignore_ascii_case("host")
}
