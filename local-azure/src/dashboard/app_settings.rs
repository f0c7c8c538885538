//! The names of the handler's environment variables; values are not kept.

use serde::Serialize;

/// A variable of the handler, without its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppSetting {
    /// Its name.
    pub name: String,
    /// The source of its value.
    pub source: SettingSource,
    /// The source of another value, which this one hides.
    pub hides: Option<SettingSource>,
}

/// The source of a setting's value. A later source wins.
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
