//! How much is broken on purpose, for the banner on every page, and one click that mends all.

use std::sync::Arc;

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use serde::{Deserialize, Serialize};

use super::{Views, links::Switched, refused::Refused};
use crate::broken_link::Link;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Broken {
    links: Vec<Link>,
    /// Faults that are set, those of broken links among them.
    faults: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Nothing {}

pub(super) async fn count(State(views): State<Arc<Views>>) -> Json<Broken> {
    let links = views.broken_links().into_iter().map(|broken| broken.link).collect();
    Json(Broken { links, faults: views.world.faults.all().len() })
}

/// Mends every link and ends every fault, also those of the seed. What a fault has changed for good stays.
pub(super) async fn mend_all(
    State(views): State<Arc<Views>>,
    body: Result<Json<Nothing>, JsonRejection>,
) -> Result<Json<Switched>, Refused> {
    let Json(Nothing {}) = body?;
    views.mend_links();
    views.world.faults.clear();
    Ok(Json(views.forget_tokens().await))
}
