//! `AzureFunctionsJobHost__a__b__0`: app settings that override `host.json`.
//!
//! Source: `ScriptEnvironmentVariablesConfigurationSource.cs` of `Azure/azure-functions-host`.

use serde_json::{Map, Value};

use super::{Settings, configuration::list_in_text, member_names::documented};

const PREFIX: &str = "azurefunctionsjobhost:";

/// Writes the overrides into the document. `__` in a name stands for `:`. The version is read only from the file.
pub(super) fn apply(document: &mut Value, settings: &Settings) {
    let mut overrides: Vec<(Vec<String>, &str)> = settings
        .iter()
        .filter_map(|(name, value)| Some((path(name)?, value)))
        .filter(|(path, _)| !matches!(path.as_slice(), [only] if only == "version"))
        .collect();
    // Items of a list are sorted by their number, so 10 comes after 9.
    overrides.sort_by_key(|(path, _)| {
        path.iter().map(|step| (step.parse::<usize>().unwrap_or(usize::MAX), step.clone())).collect::<Vec<_>>()
    });
    for (path, value) in overrides {
        set(document, &path, value);
    }
}

/// Returns the steps below the root, spelt as documented.
fn path(name: &str) -> Option<Vec<String>> {
    let name = name.replace("__", ":");
    let prefix = name.get(..PREFIX.len()).filter(|prefix| prefix.eq_ignore_ascii_case(PREFIX))?;
    Some(name[prefix.len()..].split(':').map(documented).collect())
}

fn set(node: &mut Value, path: &[String], text: &str) {
    let Some((step, rest)) = path.split_first() else {
        // A section keeps its members beside its own text. Only the lists of arguments read that text.
        let is_section = node.as_object().is_some_and(|members| !members.is_empty())
            || node.as_array().is_some_and(|items| !items.is_empty() && list_in_text(text).is_none());
        if !is_section {
            *node = Value::String(text.to_owned());
        }
        return;
    };
    match (node, step.parse::<usize>()) {
        (Value::Array(items), Ok(index)) => {
            // The real host merges lists by index. A gap in the indices closes.
            let index = index.min(items.len());
            if index == items.len() {
                items.push(Value::Null);
            }
            set(&mut items[index], rest, text);
        }
        (node @ (Value::Null | Value::String(_)), Ok(_)) => {
            *node = Value::Array(vec![Value::Null]);
            set(&mut node[0], rest, text);
        }
        (node, _) => {
            if !node.is_object() {
                *node = Value::Object(Map::new());
            }
            if let Value::Object(members) = node {
                let key = members.keys().find(|key| key.eq_ignore_ascii_case(step)).cloned();
                set(members.entry(key.unwrap_or_else(|| step.clone())).or_insert(Value::Null), rest, text);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Settings, apply};

    #[test]
    fn settings_win_over_the_file_member_by_member_and_item_by_item() {
        let settings = Settings::new(
            [
                ("AzureFunctionsJobHost__extensions__http__routePrefix", ""),
                ("AzureFunctionsJobHost__customhandler__enableProxyingHttpRequest", "True"),
                ("AzureFunctionsJobHost__customHandler__description__arguments__1", "c"),
                ("AzureFunctionsJobHost__customHandler__description__arguments", "ignored"),
                ("AzureFunctionsJobHost__customHandler__description__workerArguments", "['x']"),
                ("AzureFunctionsJobHost__version", "3.0"),
                ("AzureFunctionsJobHost:functionTimeout", "00:01:00"),
                ("UNRELATED", "x"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into_iter()
            .chain((0..11).map(|at| (format!("AzureFunctionsJobHost__functions__{at}"), format!("f{at}")))),
        );
        let mut document = json!({
            "version": "2.0",
            "customHandler": { "description": { "arguments": ["a", "b"], "workerArguments": ["w"] } },
        });
        apply(&mut document, &settings);
        assert_eq!(
            document,
            json!({
                "version": "2.0",
                "customHandler": {
                    "description": { "arguments": ["a", "c"], "workerArguments": "['x']" },
                    "enableProxyingHttpRequest": "True",
                },
                "extensions": { "http": { "routePrefix": "" } },
                "functions": ["f0", "f1", "f2", "f3", "f4", "f5", "f6", "f7", "f8", "f9", "f10"],
                "functionTimeout": "00:01:00",
            })
        );
    }
}
