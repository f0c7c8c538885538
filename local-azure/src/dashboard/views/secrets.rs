//! Secrets: names, versions and dates of each vault. This view has no access to values.

use axum::{Json, extract::State};

use super::{Dashboard, Route};
use crate::vault::VaultOnView;

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/secrets", list)]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Vec<VaultOnView>> {
    Json(dashboard.world().vaults().all().map(|vault| vault.on_view()).collect())
}
