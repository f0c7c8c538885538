//! The handler's settings in `host.json`, for tools that stage, package or explain an app.

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{
    ScriptError,
    configuration::{self, is_true},
    host_json, profile,
};

/// The handler's settings in `host.json`, as written. No app setting overrides them, and no `%NAME%` is resolved. Names
/// match in any letter case, and comments are allowed, as in the host.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HandlerSettings {
    /// The value of `defaultExecutablePath`, or an empty text.
    pub executable: String,
    /// The folder of the executable: the value of `workerDirectory`, or an empty path.
    pub folder: PathBuf,
    /// Whether HTTP functions get their caller's request, forwarded or proxied, instead of JSON.
    pub sends_requests: bool,
    /// The prefix of every route. It may be empty.
    pub route_prefix: String,
}

impl HandlerSettings {
    /// Reads the `host.json` in `script_root`.
    ///
    /// # Errors
    /// [`ScriptError`] if the file is missing, is not JSON, or names a profile that does not exist.
    pub fn read(script_root: &Path) -> Result<Self, ScriptError> {
        let document = configuration::from_document(&host_json::read(script_root)?);
        let document = profile::apply(document).map_err(ScriptError::HostJson)?;
        let text = |path: &str| document.pointer(path).and_then(Value::as_str);
        let handler = |member: &str| text(&format!("/customHandler/{member}"));
        let is_on = |member: &str| handler(member).is_some_and(|text| is_true(&Value::from(text)) == Some(true));
        Ok(Self {
            executable: handler("description/defaultExecutablePath").unwrap_or_default().to_owned(),
            folder: handler("description/workerDirectory").unwrap_or_default().into(),
            sends_requests: is_on("enableForwardingHttpRequest") || is_on("enableProxyingHttpRequest"),
            route_prefix: text("/extensions/http/routePrefix").unwrap_or("api").to_owned(),
        })
    }

    /// Returns the executable's path below the script root, or `None` if `host.json` names no executable.
    #[must_use]
    pub fn path(&self) -> Option<PathBuf> {
        (!self.executable.is_empty()).then(|| self.folder.join(&self.executable))
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, path::PathBuf};

    use super::HandlerSettings;

    #[test]
    fn section_1_2_what_host_json_says_of_the_handler_is_read_as_the_host_reads_it() {
        let folder = tempfile::tempdir().unwrap();
        let read = |text: &str| {
            fs::write(folder.path().join("host.json"), text).unwrap();
            HandlerSettings::read(folder.path())
        };
        let written = "{ // a comment\n 'CustomHandler': { 'enableproxyinghttprequest': 'True', 'description': \
                       { 'DefaultExecutablePath': 'app', 'workerDirectory': 'bin' } }, }";
        let settings = read(written).unwrap();
        assert_eq!((settings.path(), settings.sends_requests), (Some(PathBuf::from("bin/app")), true));
        assert_eq!(settings.route_prefix, "api");
        let bare = read("{}").unwrap();
        assert_eq!((bare.path(), bare.sends_requests), (None, false));
        let profile = read(r#"{ "configurationProfile": "web-app-custom-handler" }"#).unwrap();
        assert_eq!((profile.route_prefix.as_str(), profile.sends_requests), ("", true));
        let prefix = read(r#"{ "extensions": { "http": { "routePrefix": null } } }"#).unwrap();
        assert_eq!(prefix.route_prefix, "");
        assert!(read("{").is_err());
    }
}
