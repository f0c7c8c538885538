//! A finding of the report.

use serde::Serialize;

/// One line of the report.
#[derive(Serialize)]
pub(super) struct Finding {
    pub(super) name: String,
    pub(super) state: FindingState,
    /// The result of the check, or the remedy.
    pub(super) note: String,
}

#[derive(Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum FindingState {
    #[serde(rename = "ok")]
    Good,
    /// Some commands need the tool; local commands do not.
    Missing,
    /// The subject of the finding works here, but may not mean what it seems to mean.
    Warning,
    Failed,
}
