//! `--settings`: a file in the format of `local.settings.json`.
//!
//! Reference: <https://learn.microsoft.com/azure/azure-functions/functions-develop-local#local-settings-file> and
//! `AppSettingsFile.cs` of `Azure/azure-functions-core-tools`. A file whose values Core Tools would drop with a warning
//! is refused here, with the reason.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use local_azure::functions_host::Cors;
use serde::Deserialize;
use serde_json::Value;

use super::{command_error::CommandError, project::Project};

/// The content of the file.
#[derive(Debug, Default, PartialEq)]
pub(super) struct LocalSettings {
    pub(super) values: BTreeMap<String, String>,
    pub(super) port: Option<u16>,
    pub(super) cors: Option<Cors>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields, expecting = "an object with IsEncrypted and Values")]
struct Document {
    /// Core Tools treats an absent member as true.
    is_encrypted: Option<bool>,
    #[serde(default)]
    values: BTreeMap<String, Value>,
    #[serde(default)]
    host: Host,
    #[serde(default)]
    connection_strings: BTreeMap<String, Value>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Host {
    local_http_port: Option<u16>,
    local_http_address: Option<String>,
    #[serde(rename = "CORS")]
    cors: Option<String>,
    #[serde(rename = "CORSCredentials", default)]
    cors_credentials: bool,
}

impl LocalSettings {
    /// Reads the project's `local.settings.json`, if it exists, and then `given`, whose values override.
    pub(super) fn from_project(project: Option<&Project>, given: Option<&PathBuf>) -> Result<Self, CommandError> {
        let file = project.map(|project| project.root().join("local.settings.json"));
        Self::read_all(file.filter(|file| file.is_file()).iter().chain(given))
    }

    /// Reads the files. Of several files with the same value, the last one wins.
    fn read_all<'a>(files: impl Iterator<Item = &'a PathBuf>) -> Result<Self, CommandError> {
        let mut all = Self::default();
        for file in files {
            let Self { values, port, cors } = Self::read(file)?;
            all.values.extend(values);
            all.port = port.or(all.port);
            all.cors = cors.or(all.cors);
        }
        Ok(all)
    }

    /// Reads the file.
    fn read(path: &Path) -> Result<Self, CommandError> {
        let named = |problem: String| format!("{}: {problem}", path.display());
        let text = fs::read_to_string(path).map_err(|error| named(error.to_string()))?;
        Ok(Self::parse(&text).map_err(named)?)
    }

    fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        let document: Document = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if document.is_encrypted != Some(false) {
            return Err("\"IsEncrypted\" must be there and be false: Core Tools takes the values as encrypted \
                        otherwise, and only Windows can decrypt them"
                .to_owned());
        }
        if let Some(name) = document.connection_strings.keys().next() {
            return Err(format!("the connection string \"{name}\" is not supported by local-azure: use an identity"));
        }
        if let Some(address) = document.host.local_http_address.filter(|address| !is_loopback(address)) {
            return Err(format!(
                "Host.LocalHttpAddress \"{address}\" is not 127.0.0.1: the host serves this machine only"
            ));
        }
        let values = document.values.into_iter().filter_map(|(name, value)| match plain(&value) {
            Some(text) => text.map(|text| Ok((name, text))),
            None => Some(Err(format!("the value of \"{name}\" in Values is neither a text, a number nor a boolean"))),
        });
        Ok(Self {
            values: values.collect::<Result<_, _>>()?,
            port: document.host.local_http_port,
            cors: document.host.cors.as_deref().and_then(|list| origins(list, document.host.cors_credentials)),
        })
    }
}

fn is_loopback(address: &str) -> bool {
    ["127.0.0.1", "localhost"].contains(&address)
}

/// Returns the text of a plain value, and `None` for an array or an object. The inner `None` is null, which sets
/// nothing.
fn plain(value: &Value) -> Option<Option<String>> {
    match value {
        Value::Null => Some(None),
        Value::String(text) => Some(Some(text.clone())),
        // .NET writes booleans like this.
        Value::Bool(true) => Some(Some("True".to_owned())),
        Value::Bool(false) => Some(Some("False".to_owned())),
        Value::Number(number) => Some(Some(number.to_string())),
        Value::Array(_) | Value::Object(_) => None,
    }
}

fn origins(list: &str, credentials: bool) -> Option<Cors> {
    let origins: Vec<String> =
        list.split(',').map(str::trim).filter(|origin| !origin.is_empty()).map(str::to_owned).collect();
    (!origins.is_empty()).then_some(Cors { origins, credentials })
}

#[cfg(test)]
mod tests {
    use super::{Cors, LocalSettings};

    #[test]
    fn section_9_3_values_are_texts_and_the_host_section_counts() {
        let text = r#"{
            "IsEncrypted": false,
            "Values": { "A": "x", "B": 5, "C": true, "D": null, "E": "" },
            "Host": { "LocalHttpPort": 7072, "CORS": "http://localhost:3000, https://x.test", "CORSCredentials": true }
        }"#;
        let settings = LocalSettings::parse(text).unwrap();
        let values: Vec<_> = settings.values.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(values, [("A", "x"), ("B", "5"), ("C", "True"), ("E", "")]);
        assert_eq!(settings.port, Some(7072));
        let origins = vec!["http://localhost:3000".to_owned(), "https://x.test".to_owned()];
        assert_eq!(settings.cors, Some(Cors { origins, credentials: true }));
    }

    #[test]
    fn section_9_3_what_core_tools_would_not_take_is_refused_by_name() {
        let cases = [
            (r#"{ "Values": {} }"#, "\"IsEncrypted\" must be there and be false"),
            (r#"{ "IsEncrypted": true }"#, "\"IsEncrypted\" must be there and be false"),
            (r#"{ "IsEncrypted": false, "Values": { "A": {} } }"#, "the value of \"A\" in Values is neither"),
            (r#"{ "IsEncrypted": false, "ConnectionStrings": { "Db": "x" } }"#, "the connection string \"Db\""),
            (r#"{ "IsEncrypted": false, "Host": { "LocalHttpAddress": "0.0.0.0" } }"#, "Host.LocalHttpAddress"),
            (r#"{ "IsEncrypted": false, "Magic": 1 }"#, "unknown field `Magic`"),
            ("{", "EOF while parsing"),
            ("\"x\"", "invalid type: string \"x\", expected an object with IsEncrypted and Values"),
        ];
        for (text, expected) in cases {
            let refusal = LocalSettings::parse(text).unwrap_err();
            assert!(refusal.starts_with(expected), "{refusal}");
        }
    }
}
