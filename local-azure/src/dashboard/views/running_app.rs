//! The function app that runs beside this Azure, as the command that started it knows it.

use std::sync::{Arc, PoisonError, RwLock};

use functions_host::HostHandle;
use serde::Serialize;

/// A function app that runs.
#[derive(Clone)]
pub struct RunningApp {
    /// Its host.
    pub host: HostHandle,
    /// What its handler gets, in order of names. Values are not kept.
    pub settings: Vec<AppSetting>,
}

/// A variable of the handler, without its value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct AppSetting {
    /// Its name.
    pub name: String,
    /// Where its value comes from.
    pub source: SettingSource,
    /// Whether another value, of a source that gives way to this one, is hidden.
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

/// The app that is shown, if one runs.
#[derive(Clone, Default)]
pub(super) struct Shown(Arc<RwLock<Option<RunningApp>>>);

impl Shown {
    pub(super) fn set(&self, app: RunningApp) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Some(app);
    }

    pub(super) fn get(&self) -> Option<RunningApp> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn host(&self) -> Option<HostHandle> {
        self.get().map(|app| app.host)
    }
}
