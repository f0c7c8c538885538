//! The JSON of each view.

mod about;
mod logs;
mod replay;
mod requests;

use super::{Dashboard, Route, row::Row};

/// The routes of every view.
pub(super) fn routes() -> Vec<Route> {
    [about::routes(), requests::routes(), replay::routes(), logs::routes()].into_iter().flatten().collect()
}
