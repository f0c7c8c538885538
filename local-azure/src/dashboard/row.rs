//! An entry of the journal as a row of the list.

use jiff::Timestamp;
use serde::Serialize;

use crate::journal::{Entry, EntryId, Service, TraceId, Verdict};

/// A row of the list for an entry. Its text is not escaped: the page shows it as text, never as markup.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row<'a> {
    id: EntryId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<EntryId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<TraceId>,
    started: Timestamp,
    milliseconds: f64,
    /// Absent if an outside process sent the request.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    identity: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<&'a str>,
    service: String,
    kind: Service,
    method: &'a str,
    path: &'a str,
    status: u16,
    verdict: Verdict,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    replay_of: Option<EntryId>,
}

impl<'a> From<&'a Entry> for Row<'a> {
    fn from(entry: &'a Entry) -> Self {
        Self {
            id: entry.id,
            parent: entry.parent,
            trace: entry.trace,
            started: entry.started,
            milliseconds: (entry.duration.as_secs_f64() * 1e6).round() / 1e3,
            from: entry.from.map(|service| service.to_string()),
            identity: entry.decision.identity.as_deref(),
            audience: entry.decision.audience.as_deref(),
            service: entry.service.to_string(),
            kind: entry.service,
            method: &entry.method,
            path: &entry.path,
            status: entry.status,
            verdict: entry.verdict(),
            reason: entry.decision.reason.as_deref(),
            replay_of: entry.replay_of,
        }
    }
}
