//! App settings: names, and where each comes from. Values stay where they are.

use axum::{Json, extract::State};
use serde::Serialize;

use super::{AppSetting, Dashboard, Route, SettingSource};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Settings {
    /// Whether a host runs: without one these are the seed's.
    host: bool,
    settings: Vec<AppSetting>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::read("/dashboard/api/settings", list),
    ]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Settings> {
    let app = views.app.get();
    let of_seed = || {
        let names = dashboard.world().seed.function_app.settings.keys();
        names.map(|name| AppSetting { name: name.clone(), source: SettingSource::Seed, hides: None }).collect()
    };
    Json(Settings { host: app.is_some(), settings: app.map_or_else(of_seed, |app| app.settings) })
}
