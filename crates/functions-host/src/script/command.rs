//! The handler's command line, as the host builds it from `customHandler.description`.
//!
//! Source: `WorkerDescription.cs` and `DefaultWorkerProcessFactory.cs` of `Azure/azure-functions-host`.

use std::{
    env,
    path::{Path, PathBuf},
};

use serde::Deserialize;

use super::{ScriptError, Settings, configuration};

/// The section `customHandler.description`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Description {
    default_executable_path: Option<String>,
    #[serde(default, deserialize_with = "configuration::argument_list")]
    arguments: Vec<String>,
    default_worker_path: Option<String>,
    #[serde(default, deserialize_with = "configuration::argument_list")]
    worker_arguments: Vec<String>,
    worker_directory: Option<PathBuf>,
    working_directory: Option<PathBuf>,
    #[serde(default = "yes", deserialize_with = "configuration::boolean")]
    use_std_error_stream_for_errors_only: bool,
    // The host does not read this member for custom handlers.
    #[serde(default, rename = "isDisabled", deserialize_with = "configuration::optional_boolean")]
    _is_disabled: Option<bool>,
}

fn yes() -> bool {
    true
}

/// The command that starts the handler.
#[derive(Debug)]
pub(crate) struct HandlerCommand {
    description: Description,
    /// The folder in which a relative executable is searched.
    folder: PathBuf,
    pub(crate) working_directory: PathBuf,
    /// Whether each line of stderr is an error. Otherwise the words of the line decide.
    pub(crate) stderr_is_for_errors_only: bool,
}

impl HandlerCommand {
    pub(super) fn new(root: &Path, description: Description) -> Self {
        // `join` leaves an absolute path as it is.
        let under_root = |path: &Option<PathBuf>| path.as_ref().map_or(root.to_owned(), |path| root.join(path));
        Self {
            folder: under_root(&description.worker_directory),
            working_directory: under_root(&description.working_directory),
            stderr_is_for_errors_only: description.use_std_error_stream_for_errors_only,
            description,
        }
    }

    /// Returns the file to run: under the worker directory, or else as found by `PATH`.
    pub(crate) fn executable(&self, environment: &Settings) -> Result<PathBuf, ScriptError> {
        let name = expand(self.description.default_executable_path.as_deref().unwrap_or_default(), environment);
        if name.is_empty() {
            return Err(ScriptError::HostJson("\"defaultExecutablePath\" is missing or empty".to_owned()));
        }
        let search = environment.get("PATH").unwrap_or_default().to_owned();
        let on_path =
            env::split_paths(&search).filter(|_| !name.contains(['/', '\\'])).map(|folder| folder.join(&name));
        std::iter::once(self.folder.join(&name))
            .chain(on_path)
            .flat_map(|path| {
                let mut with_suffix = path.clone().into_os_string();
                with_suffix.push(env::consts::EXE_SUFFIX);
                [path, with_suffix.into()]
            })
            .find(|path| path.is_file())
            .ok_or_else(|| ScriptError::NoHandler { name, folder: self.folder.clone() })
    }

    /// Returns `arguments`, then `defaultWorkerPath`, then `workerArguments`. An item is not quoted: an item with
    /// spaces becomes several arguments, unless it has its own quotes. A `%…%` that cannot be resolved is dropped.
    pub(crate) fn arguments(&self, environment: &Settings) -> Vec<String> {
        let path = self.description.default_worker_path.as_ref().map(|path| format!("\"{path}\""));
        let items = self.description.arguments.iter().chain(&path).chain(&self.description.worker_arguments);
        let line = items.map(|item| format!(" {item}")).collect::<String>();
        split(&drop_unresolved(&expand(&line, environment)))
    }
}

/// Replaces each `%NAME%` that is set and leaves the others.
fn expand(text: &str, environment: &Settings) -> String {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        expanded.push_str(before);
        match after.split_once('%').and_then(|(name, after)| Some((environment.get(name)?, after))) {
            Some((value, after)) => {
                expanded.push_str(value);
                rest = after;
            }
            None => {
                expanded.push('%');
                rest = after;
            }
        }
    }
    expanded + rest
}

fn drop_unresolved(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('%') {
        let Some((_, after)) = after.split_once('%') else { break };
        kept.push_str(before);
        rest = after;
    }
    kept + rest
}

/// Splits as .NET does on Unix: at white space outside quotes. A backslash escapes only before a quote.
fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut current: Option<String> = None;
    let mut quoted = false;
    let mut rest = line;
    while let Some(first) = rest.chars().next() {
        let backslashes = rest.len() - rest.trim_start_matches('\\').len();
        if backslashes > 0 {
            let before_quote = rest[backslashes..].starts_with('"');
            let argument = current.get_or_insert_default();
            argument.push_str(&"\\".repeat(if before_quote { backslashes / 2 } else { backslashes }));
            let escaped = before_quote && backslashes % 2 == 1;
            if escaped {
                argument.push('"');
            }
            rest = &rest[backslashes + usize::from(escaped)..];
            continue;
        }
        match first {
            '"' => {
                let argument = current.get_or_insert_default();
                // Two quotes within quotes stand for one literal quote.
                if quoted && rest[1..].starts_with('"') {
                    argument.push('"');
                    rest = &rest[1..];
                } else {
                    quoted = !quoted;
                }
            }
            ' ' | '\t' if !quoted => arguments.extend(current.take()),
            other => current.get_or_insert_default().push(other),
        }
        rest = &rest[first.len_utf8()..];
    }
    arguments.extend(current);
    arguments
}

#[cfg(test)]
mod tests {
    use super::{Settings, drop_unresolved, expand, split};

    #[test]
    fn arguments_split_at_spaces_outside_quotes() {
        assert_eq!(
            split(r#" --port 8080 "two words" a"b c"d "" \"x\" C:\dir\"#),
            ["--port", "8080", "two words", "ab cd", "", "\"x\"", "C:\\dir\\"]
        );
        assert_eq!(split(r#" "a""b" c"#), ["a\"b", "c"]);
    }

    #[test]
    fn variables_expand_and_what_is_unset_disappears() {
        let environment = Settings::new([("PORT".to_owned(), "7".to_owned())]);
        assert_eq!(expand("--port %PORT% %OTHER% 5%", &environment), "--port 7 %OTHER% 5%");
        assert_eq!(drop_unresolved("--port 7 %OTHER% 5%"), "--port 7  5%");
    }
}
