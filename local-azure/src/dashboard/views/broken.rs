//! The number of faults and broken links, for the banner on every page, and a button that clears them all.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use serde::{Deserialize, Serialize};

use super::{Dashboard, Route, links::Switched, refused::ViewRefusal};
use crate::broken_link::Link;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Broken {
    links: Vec<Link>,
    /// The number of set faults, including those of broken links.
    faults: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Nothing {}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/broken", count), Route::change("/dashboard/api/broken/mend", mend_all)]
}

async fn count(State(dashboard): State<Dashboard>) -> Json<Broken> {
    let links = dashboard.switches().spoilt().into_iter().map(|broken| broken.link).collect();
    Json(Broken { links, faults: dashboard.world().faults.all().len() })
}

/// Mends every link and ends every fault, including faults of the seed. Lasting changes of a fault stay.
async fn mend_all(
    State(dashboard): State<Dashboard>,
    body: Result<Json<Nothing>, JsonRejection>,
) -> Result<Json<Switched>, ViewRefusal> {
    let Json(Nothing {}) = body?;
    dashboard.switches().mend_all(dashboard.world());
    dashboard.world().faults.clear();
    Ok(Json(dashboard.forget_tokens().await))
}
