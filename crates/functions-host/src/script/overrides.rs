//! `AzureFunctionsJobHost__a__b__0`: app settings that win over `host.json`.
//!
//! Source: `ScriptEnvironmentVariablesConfigurationSource.cs` of `Azure/azure-functions-host`.

use serde_json::{Map, Value};

use super::Settings;

const PREFIX: &str = "azurefunctionsjobhost:";

/// Writes the overrides into the document. `__` in a name stands for `:`. The version is read from the file alone.
pub(super) fn apply(document: &mut Value, settings: &Settings) {
    for (name, value) in settings.iter() {
        let name = name.replace("__", ":");
        if name.to_ascii_lowercase().starts_with(PREFIX) {
            let path: Vec<&str> = name[PREFIX.len()..].split(':').collect();
            if !matches!(path.as_slice(), [only] if only.eq_ignore_ascii_case("version")) {
                set(document, &path, value);
            }
        }
    }
}

fn set(node: &mut Value, path: &[&str], text: &str) {
    let Some((step, rest)) = path.split_first() else {
        *node = Value::String(text.to_owned());
        return;
    };
    match (node, step.parse::<usize>()) {
        (Value::Array(items), Ok(index)) => {
            // The real host merges lists by index; a gap in the indices closes up.
            let index = index.min(items.len());
            if index == items.len() {
                items.push(Value::Null);
            }
            set(&mut items[index], rest, text);
        }
        (node @ Value::Null, Ok(_)) => {
            *node = Value::Array(vec![Value::Null]);
            set(&mut node[0], rest, text);
        }
        (node, _) => {
            if !node.is_object() {
                *node = Value::Object(Map::new());
            }
            if let Value::Object(members) = node {
                let key = members.keys().find(|key| key.eq_ignore_ascii_case(step)).cloned();
                set(members.entry(key.unwrap_or_else(|| (*step).to_owned())).or_insert(Value::Null), rest, text);
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
                ("AzureFunctionsJobHost__functions__0", "tick"),
                ("AzureFunctionsJobHost__functions__1", "tock"),
                ("AzureFunctionsJobHost__version", "3.0"),
                ("AzureFunctionsJobHost:functionTimeout", "00:01:00"),
                ("UNRELATED", "x"),
            ]
            .map(|(name, value)| (name.to_owned(), value.to_owned())),
        );
        let mut document = json!({
            "version": "2.0",
            "customHandler": { "description": { "arguments": ["a", "b"] }, "enableProxyingHttpRequest": false },
        });
        apply(&mut document, &settings);
        assert_eq!(
            document,
            json!({
                "version": "2.0",
                "customHandler": { "description": { "arguments": ["a", "c"] }, "enableProxyingHttpRequest": "True" },
                "extensions": { "http": { "routePrefix": "" } },
                "functions": ["tick", "tock"],
                "functionTimeout": "00:01:00",
            })
        );
    }
}
