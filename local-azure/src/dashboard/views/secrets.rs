//! Secrets: names, versions and dates of each vault. There is no way from here to a value.

use std::sync::Arc;

use axum::{Json, extract::State};

use super::Views;
use crate::vault::VaultOnView;

pub(super) async fn list(State(views): State<Arc<Views>>) -> Json<Vec<VaultOnView>> {
    Json(views.world.vaults().all().map(|vault| vault.on_view()).collect())
}
