//! The JSON of the views, one file for each. A view reads with GET; a change is a POST with JSON.

mod about;
mod blobs;
mod broken;
mod faults;
mod functions;
mod identities;
mod jobs;
mod links;
mod logs;
mod refused;
mod replay;
mod requests;
mod secrets;
mod settings;
mod timers;

use super::{AppSetting, Dashboard, Route, SettingSource, row::Row};

/// The routes of every view.
pub(super) fn routes() -> Vec<Route> {
    let views = [
        about::routes(),
        requests::routes(),
        replay::routes(),
        logs::routes(),
        timers::routes(),
        secrets::routes(),
        blobs::routes(),
        identities::routes(),
        settings::routes(),
        functions::routes(),
        faults::routes(),
        links::routes(),
        jobs::routes(),
        broken::routes(),
    ];
    views.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests;
