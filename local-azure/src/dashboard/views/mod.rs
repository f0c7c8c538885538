//! What the dashboard shows of the world besides its requests, as JSON: one file for each view.
//!
//! A view reads with GET. What changes something is a POST with JSON. Who asks has been checked before.

mod blobs;
mod broken;
mod faults;
mod functions;
mod identities;
mod links;
mod refused;
mod running_app;
mod secrets;
mod settings;
mod timers;

use std::sync::Arc;

use axum::{
    Router,
    routing::{get, post},
};

use self::running_app::Shown;
pub use self::running_app::{AppSetting, RunningApp, SettingSource};
use crate::{link_switch::Switches, world::World};

/// What the views are about.
pub(crate) struct Views {
    world: Arc<World>,
    app: Shown,
    switches: Switches,
}

impl Views {
    pub(crate) fn new(world: Arc<World>) -> Self {
        Self { world, app: Shown::default(), switches: Switches::default() }
    }

    /// Shows this app from now on.
    pub(crate) fn show(&self, app: RunningApp) {
        self.app.set(app);
    }
}

/// The views, by name.
pub(crate) fn routes(views: Arc<Views>) -> Router {
    Router::new()
        .route("/timers", get(timers::list))
        .route("/timers/run", post(timers::run))
        .route("/secrets", get(secrets::list))
        .route("/blobs", get(blobs::accounts))
        .route("/blobs/list", get(blobs::list))
        .route("/blobs/content", get(blobs::content))
        .route("/identities", get(identities::list))
        .route("/settings", get(settings::list))
        .route("/functions", get(functions::list))
        .route("/faults", get(faults::list))
        .route("/faults/set", post(faults::set))
        .route("/faults/end", post(faults::end))
        .route("/links", get(links::list))
        .route("/links/break", post(links::break_one))
        .route("/links/mend", post(links::mend))
        .route("/links/attack", post(links::attack))
        .route("/broken", get(broken::count))
        .route("/broken/mend", post(broken::mend_all))
        .with_state(views)
}

#[cfg(test)]
mod tests;
