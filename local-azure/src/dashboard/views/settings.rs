//! App settings: names, and where each comes from. Values stay where they are.

use std::sync::Arc;

use axum::{Json, extract::State};
use serde::Serialize;

use super::{AppSetting, SettingSource, Views};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Settings {
    /// Whether a host runs: without one these are the seed's.
    host: bool,
    settings: Vec<AppSetting>,
}

pub(super) async fn list(State(views): State<Arc<Views>>) -> Json<Settings> {
    let app = views.app.get();
    let of_seed = || {
        let names = views.world.seed.function_app.settings.keys();
        names.map(|name| AppSetting { name: name.clone(), source: SettingSource::Seed, hides: None }).collect()
    };
    Json(Settings { host: app.is_some(), settings: app.map_or_else(of_seed, |app| app.settings) })
}
