//! The dashboard: a page at the proxy's own address that shows every request, the decision of its service and the
//! reason.
//!
//! # How to add a view
//! 1. `views/NAME.rs` holds its JSON: handlers that take `State<Dashboard>`, and one function `routes` that returns a
//!    `Route` for each. `views/mod.rs` chains that function to its list. A route states with `Route::read` or
//!    `Route::change` what a request must prove; every route has a guard, and the tests try each of them.
//! 2. `page/views/NAME.js` holds its page: it exports `view`, an object with `path`, `title`, `key` and `show`.
//!    `page/views.js` imports it, which puts it into the navigation, and `assets.rs` names the file.
//!
//! The page is plain ES modules without a build. It makes its elements with `el` of `page/dom.js`, which knows text and
//! attributes only, so markup in a claim, a path or a name stays text.

mod app_settings;
mod assets;
mod guard;
mod headers;
mod live;
mod log;
mod route;
mod row;
mod session;
mod state;
mod views;
mod waterfall;

use axum::Router;

pub use self::{
    app_settings::{AppSetting, SettingSource},
    state::Dashboard,
};
use self::{
    guard::Guard,
    route::{Access, Route},
};

/// Lists every route of the dashboard.
fn routes() -> Vec<Route> {
    let mut routes = assets::routes();
    routes.extend(session::routes());
    routes.extend(live::routes());
    routes.extend(views::routes());
    routes
}

/// Builds the dashboard's routes. Requests for other paths go to `others`.
pub(crate) fn router(dashboard: &Dashboard, others: Router) -> Router {
    let mut router = Router::new();
    for Route { path, access, answer } in routes() {
        router = router.route(path, Guard::new(dashboard.clone(), access).protect(answer));
    }
    headers::protect(router).with_state(dashboard.clone()).fallback_service(others)
}

#[cfg(test)]
mod tests;
