//! App settings: names and their sources. This view has no values.

use axum::{Json, extract::State};
use serde::Serialize;

use super::{AppSetting, Dashboard, Route, SettingSource};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    /// Whether a host runs. Without a host, the settings are the seed's.
    host: bool,
    settings: Vec<AppSetting>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/settings", list)]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Settings> {
    let of_seed = || {
        let names = dashboard.world().seed.function_app.settings.keys();
        names.map(|name| AppSetting { name: name.clone(), source: SettingSource::Seed, hides: None }).collect()
    };
    let settings = dashboard.settings();
    let settings = if settings.is_empty() { of_seed() } else { settings };
    Json(Settings { host: dashboard.host().is_some(), settings })
}
