//! What every service was asked, what it decided and why: the evidence that the demo prints and tests read.
//!
//! A service states its decision by putting a [`Decision`] into its response's extensions; [`observe`] wraps the service
//! and records it. No token or key enters the journal, and of a body no
//! more than the first 200 characters of what an expression of a policy took from it.
//!
//! An entry belongs to the trace of its request's `traceparent`. A request that a service sends while it answers another
//! has that one as its parent, and its trace unless it names one. Requests at the same time are never told apart by
//! their order: one without a trace belongs to no chain.

mod entry;
mod trace_id;

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use jiff::Timestamp;

pub use self::{
    entry::{Asker, Decision, Entry, EntryId, PolicyDecision, PolicyEnd, PolicyValue, Service, StreamEnd},
    trace_id::{NotTraceId, TraceId},
};

/// Entries kept; older ones are dropped so that a long run stays small.
const CAPACITY: usize = 10_000;

tokio::task_local! {
    /// The request that this task answers.
    static ANSWERING: Answering;
}

#[derive(Clone, Copy)]
struct Answering {
    id: EntryId,
    trace: Option<TraceId>,
}

/// The shared record; clones see the same entries.
#[derive(Clone, Debug, Default)]
pub struct Journal(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    last_id: AtomicU64,
    entries: Mutex<VecDeque<Entry>>,
}

impl Journal {
    /// An entry that begins now. Its parent is the request that this task answers, if it answers one.
    #[must_use]
    pub fn begin(&self, service: Service, method: &str, path: &str) -> Entry {
        let answering = ANSWERING.try_with(|answering| *answering).ok();
        Entry {
            id: EntryId(self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1),
            parent: answering.map(|answering| answering.id),
            trace: answering.and_then(|answering| answering.trace),
            started: Timestamp::now(),
            duration: std::time::Duration::ZERO,
            from: None,
            service,
            method: method.to_owned(),
            path: path.to_owned(),
            status: 200,
            decision: Decision::default(),
        }
    }

    /// Adds an entry.
    pub fn record(&self, entry: Entry) {
        let mut entries = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == CAPACITY {
            entries.pop_front();
        }
        entries.push_back(entry);
    }

    /// The request that this task answers.
    #[must_use]
    pub(crate) fn answering() -> Option<EntryId> {
        ANSWERING.try_with(|answering| answering.id).ok()
    }

    /// Adds to what an entry says: a stream ends long after its head was recorded.
    pub(crate) fn amend(&self, id: EntryId, change: impl FnOnce(&mut Decision)) {
        let mut entries = self.0.entries.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(entry) = entries.iter_mut().rev().find(|entry| entry.id == id) {
            change(&mut entry.decision);
        }
    }

    /// Everything recorded so far, in the order in which it ended.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.0.entries.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect()
    }
}

/// Wraps a service so that each of its answers is recorded.
pub fn observe(routes: Router, journal: &Journal, service: Service) -> Router {
    routes.layer(from_fn_with_state((journal.clone(), service), record))
}

async fn record(State((journal, service)): State<(Journal, Service)>, request: Request<Body>, next: Next) -> Response {
    let began = Instant::now();
    let mut entry = journal.begin(service, request.method().as_str(), request.uri().path());
    entry.from = request.extensions().get::<Asker>().map(|asker| asker.0);
    entry.trace = TraceId::of(request.headers()).or(entry.trace);
    let claims = entry::shown_claims(request.headers());
    let answering = Answering { id: entry.id, trace: entry.trace };
    let mut response = ANSWERING.scope(answering, next.run(request)).await;
    entry.duration = began.elapsed();
    entry.status = response.status().as_u16();
    entry.decision = response.extensions_mut().remove().unwrap_or_default();
    if entry.decision.claims.is_empty() {
        entry.decision.claims = claims;
    }
    journal.record(entry);
    response
}

#[cfg(test)]
mod tests;
