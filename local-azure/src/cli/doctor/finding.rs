//! A finding of the report.

use serde::Serialize;

/// One line of the report.
#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) name: String,
    pub(super) state: FindingState,
    /// What was found, or what to do.
    pub(super) note: String,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FindingState {
    #[serde(rename = "ok")]
    Good,
    /// Some commands do not work without it; local ones do.
    Missing,
    /// It works here, and may not mean what it seems to.
    Warning,
    Failed,
}
