//! The names of the handler's environment variables; values are not kept.

use serde::Serialize;

/// A variable of the handler, without its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppSetting {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub source: SettingSource,
    /// Where another value comes from, which this one hides.
    pub hides: Option<SettingSource>,
}

/// Where the value of a setting comes from; a later one wins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum SettingSource {
    /// `[function_app.settings]` of the seed.
    Seed,
    /// `local.settings.json`, or the file that `--settings` names.
    SettingsFile,
    /// The shell that started local-azure.
    Shell,
    /// local-azure itself: how the app reaches this Azure.
    LocalAzure,
}
