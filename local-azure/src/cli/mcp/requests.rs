//! The journal for an assistant: the latest requests, and one trace.

use local_azure::{
    journal::{Entry, Service, TraceId},
    monitor::{ReceivedLog, ReceivedSpan, ReceivedTrace},
};
use serde::Serialize;

use super::super::chain_command::is_outer;

/// A request that no service sent.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Listed {
    /// The ID to pass to `show_chain`. Absent if the request carried no traceparent.
    #[serde(skip_serializing_if = "Option::is_none")]
    trace: Option<TraceId>,
    started: String,
    milliseconds: f64,
    answered_by: String,
    method: String,
    path: String,
    status: u16,
    /// The reason of a refusal.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

/// The latest `limit` requests, newest first.
pub(super) fn listed(entries: &[Entry], limit: usize, only_failed: bool) -> Vec<Listed> {
    let mut outer: Vec<&Entry> = entries.iter().filter(|entry| is_outer(entry, entries)).collect();
    outer.retain(|entry| !only_failed || entry.status >= 400);
    outer.sort_by_key(|entry| std::cmp::Reverse(entry.started));
    outer.into_iter().take(limit).map(Listed::new).collect()
}

impl Listed {
    fn new(entry: &Entry) -> Self {
        Self {
            trace: entry.trace,
            started: entry.started.to_string(),
            milliseconds: (entry.duration.as_secs_f64() * 1e4).round() / 10.0,
            answered_by: match entry.from {
                Some(Service::FunctionsHost) => "function".to_owned(),
                Some(_) | None => entry.service.to_string(),
            },
            method: entry.method.clone(),
            path: entry.path.clone(),
            status: entry.status,
            reason: entry.decision.reason.clone(),
        }
    }
}

/// Everything that local-azure knows about a trace.
#[derive(Serialize)]
pub(super) struct Whole {
    trace: TraceId,
    entries: Vec<Entry>,
    spans: Vec<ReceivedSpan>,
    logs: Vec<ReceivedLog>,
}

impl Whole {
    pub(super) fn new(trace: TraceId, entries: Vec<Entry>, received: ReceivedTrace) -> Self {
        Self { trace, entries, spans: received.spans, logs: received.logs }
    }
}
