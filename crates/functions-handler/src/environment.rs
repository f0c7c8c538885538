//! The environment variables that the Functions host sets for the handler. No other module reads them.

use std::{
    env,
    path::{Path, PathBuf},
};

/// The port on 127.0.0.1 that the host will call.
pub(crate) const PORT: &str = "FUNCTIONS_CUSTOMHANDLER_PORT";
const SCRIPT_ROOT: &str = "FUNCTIONS_APP_ROOT_PATH";
const BODY_SIZE_LIMIT: &str = "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT";
const RUST_LOG: &str = "RUST_LOG";
/// The host lets `AzureFunctionsJobHost__a__b` override the member `a.b` of host.json.
const OVERRIDE: &str = "azurefunctionsjobhost";

/// The largest request that the host takes by default, in bytes.
const DEFAULT_BODY_SIZE_LIMIT: usize = 104_857_600;

/// The environment variables at the start of the process.
#[derive(Debug)]
pub(crate) struct Environment(Vec<(String, String)>);

impl Environment {
    pub(crate) fn from_process() -> Self {
        let texts =
            env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self(texts.collect())
    }

    /// For tests: an environment with only these variables.
    #[cfg(test)]
    pub(crate) fn from_variables(variables: &[(&str, &str)]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str());
        found.filter(|value| !value.is_empty())
    }

    pub(crate) fn port(&self) -> Option<&str> {
        self.get(PORT)
    }

    /// The folder with `host.json`.
    pub(crate) fn script_root(&self) -> Option<PathBuf> {
        self.get(SCRIPT_ROOT).map(|root| Path::new(root).to_owned())
    }

    /// The host's limit for a request body. As on the host, a text that is not a number counts as absent.
    pub(crate) fn body_size_limit(&self) -> usize {
        self.get(BODY_SIZE_LIMIT).and_then(|text| text.trim().parse().ok()).unwrap_or(DEFAULT_BODY_SIZE_LIMIT)
    }

    pub(crate) fn rust_log(&self) -> Option<&str> {
        self.get(RUST_LOG)
    }

    /// Returns the variable that overrides a member of host.json. Names match in any letter case. An empty value is a
    /// value.
    pub(crate) fn host_json_override(&self, path: &[&str]) -> Option<&str> {
        let matches = |name: &str| {
            let name = name.replace("__", ":").to_ascii_lowercase();
            let mut steps = name.split(':');
            steps.next() == Some(OVERRIDE) && steps.eq(path.iter().map(|step| step.to_ascii_lowercase()))
        };
        self.0.iter().find(|(name, _)| matches(name)).map(|(_, value)| value.as_str())
    }
}
