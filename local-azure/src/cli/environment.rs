//! The environment variables that this process reads, and those that the handler gets.
//!
//! The shell's variables override app settings of the same name, with a warning as under `func start`. local-azure's
//! own variables override both. Variables that would lead the handler to another Azure, another proxy or another CA are
//! removed.

use std::{collections::BTreeMap, ffi::OsString, path::PathBuf};

/// Prefixes of variables that point to one particular Azure, in upper case.
const OTHER_AZURE: &[&str] = &["AZURE_", "IDENTITY_", "MSI_", "LOCAL_AZURE_"];
/// Variables that name proxies and CA files, in upper case.
const OTHER_NETWORK: &[&str] = &[
    "ALL_PROXY",
    "AWS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "EXTRA_CA_CERTS",
    "FTP_PROXY",
    "GIT_SSL_CAINFO",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "NODE_EXTRA_CA_CERTS",
    "NO_PROXY",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
];

/// The seed that `LOCAL_AZURE_SEED` names.
#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
pub(super) fn named_seed() -> Option<PathBuf> {
    std::env::var_os("LOCAL_AZURE_SEED").filter(|file| !file.is_empty()).map(PathBuf::from)
}

/// The cargo that started this process, or the one on `PATH`.
#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
pub(super) fn cargo() -> OsString {
    std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into())
}

/// Returns `PATH`, by which the host finds an executable that is not in the script root.
#[expect(clippy::disallowed_methods, reason = "this module reads the environment")]
pub(super) fn path() -> BTreeMap<String, String> {
    std::env::var("PATH").map(|path| ("PATH".to_owned(), path)).into_iter().collect()
}

/// App settings and the handler's environment.
pub(super) struct ChildEnvironment {
    /// The app settings, overridden by the shell's variables. `%NAME%` in a binding resolves to these values.
    pub(super) settings: BTreeMap<String, String>,
    /// The part of the settings that comes from the shell.
    pub(super) shell: BTreeMap<String, String>,
    /// Names of the settings whose values the shell hides.
    pub(super) hidden: Vec<String>,
}

impl ChildEnvironment {
    /// Overrides the settings with this process's own environment.
    pub(super) fn of_this_shell(settings: BTreeMap<String, String>) -> Self {
        let texts = |(name, value): (std::ffi::OsString, std::ffi::OsString)| {
            Some((name.into_string().ok()?, value.into_string().ok()?))
        };
        Self::new(settings, std::env::vars_os().filter_map(texts))
    }

    fn new(mut settings: BTreeMap<String, String>, shell: impl Iterator<Item = (String, String)>) -> Self {
        let mut hidden = Vec::new();
        let shell: BTreeMap<_, _> = shell.filter(|(name, _)| passes(name)).collect();
        for (name, value) in &shell {
            if settings.get(name).is_some_and(|setting| setting != value) {
                hidden.push(name.clone());
            }
            settings.insert(name.clone(), value.clone());
        }
        Self { settings, shell, hidden }
    }

    /// The handler's variables; those of `azure` come last.
    pub(super) fn variables(&self, azure: Vec<(String, String)>) -> Vec<(String, String)> {
        self.settings.clone().into_iter().chain(azure).collect()
    }
}

fn passes(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    !OTHER_NETWORK.contains(&name.as_str()) && !OTHER_AZURE.iter().any(|start| name.starts_with(start))
}

#[cfg(test)]
mod tests {
    use super::ChildEnvironment;

    #[test]
    fn the_shell_wins_over_a_setting_and_what_leads_to_another_azure_does_not_pass() {
        let pairs = |pairs: &[(&str, &str)]| -> Vec<(String, String)> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let settings = pairs(&[("LEVEL", "info"), ("SAME", "1"), ("AZURE_CLIENT_ID", "of the app"), ("ONLY", "x")]);
        let shell = pairs(&[
            ("LEVEL", "debug"),
            ("SAME", "1"),
            ("RUST_LOG", "trace"),
            ("AZURE_CLIENT_ID", "of the shell"),
            ("IDENTITY_ENDPOINT", "http://elsewhere"),
            ("MSI_SECRET", "s"),
            ("https_proxy", "http://corporate"),
            ("SSL_CERT_FILE", "/corporate.pem"),
        ]);
        let environment = ChildEnvironment::new(settings.into_iter().collect(), shell.into_iter());
        assert_eq!(environment.hidden, ["LEVEL"]);
        let azure = pairs(&[("IDENTITY_ENDPOINT", "http://here")]);
        let expected = pairs(&[
            ("AZURE_CLIENT_ID", "of the app"),
            ("LEVEL", "debug"),
            ("ONLY", "x"),
            ("RUST_LOG", "trace"),
            ("SAME", "1"),
            ("IDENTITY_ENDPOINT", "http://here"),
        ]);
        assert_eq!(environment.variables(azure), expected);
    }
}
