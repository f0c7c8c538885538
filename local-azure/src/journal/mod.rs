//! Every request to every service, with the service's decision and its reason. `demo` prints the journal, and tests
//! read it.
//!
//! A service states its decision by putting a [`Decision`] into its response's extensions. [`observe`] wraps the
//! service and records it. No token or key enters the journal. Of a body, only the value of a policy's expression may
//! enter, up to 200 characters.
//!
//! An entry belongs to the trace of its request's `traceparent`. A service may send a request while it answers another
//! one. The answered request is the parent of the sent one, and gives it its trace unless the sent one names its own.
//! Concurrent requests are never assigned to chains by their order: a request without a trace belongs to no chain.

mod demanded;
mod entry;
mod follow;
mod replays;
mod ring;
mod shown_query;
mod shown_token;
mod trace_id;
mod verdict;

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    thread,
    time::Instant,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    middleware::{Next, from_fn_with_state},
    response::Response,
};
use http::header;
use jiff::Timestamp;
use tokio::sync::broadcast;
use uuid::Uuid;

pub(crate) use self::shown_token::shown_token;
pub(crate) use self::trace_id::caller_span;
pub use self::{
    demanded::{Demand, DemandKind},
    entry::{
        Asker, CallerRequest, Decision, Entry, EntryId, InvocationFacts, PolicyDecision, PolicyEnd, PolicyValue,
        Service, StreamEnd,
    },
    follow::{Change, Following},
    ring::{LARGEST_BYTES, MOST_ENTRIES},
    shown_token::ShownToken,
    trace_id::{NotTraceId, TraceId},
    verdict::Verdict,
};
use self::{replays::Replays, ring::Ring, shown_query::shown_query};

/// The number of changes that a follower may be behind. A follower that is further behind starts again.
const MOST_CHANGES_BEHIND: usize = 256;

/// The status of a request whose client left before the answer, as nginx and Azure's front ends log it. No client gets
/// this status.
pub const CLIENT_LEFT: u16 = 499;

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

#[derive(Debug)]
struct Shared {
    last_id: AtomicU64,
    ring: Mutex<Ring>,
    replays: Mutex<Replays>,
    changes: broadcast::Sender<Change>,
}

impl Default for Shared {
    fn default() -> Self {
        Self {
            last_id: AtomicU64::default(),
            ring: Mutex::default(),
            replays: Mutex::default(),
            changes: broadcast::Sender::new(MOST_CHANGES_BEHIND),
        }
    }
}

/// The content of the journal at one moment.
#[derive(Clone, Debug)]
pub struct JournalContents {
    /// Number of the last change.
    pub sequence: u64,
    /// The number of entries that were dropped because of [`MOST_ENTRIES`] or [`LARGEST_BYTES`].
    pub dropped: u64,
    /// The number of kept entries.
    pub count: usize,
    /// The latest entries, in the order in which they ended.
    pub entries: Vec<Arc<Entry>>,
}

impl Journal {
    /// Makes an entry that begins now. Its parent is the request that this task is answering, if any.
    #[must_use]
    pub fn begin(&self, service: Service, method: &str, path: &str) -> Entry {
        let answering = ANSWERING.try_with(|answering| *answering).ok();
        Entry {
            id: EntryId(self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1),
            parent: answering.map(|answering| answering.id),
            trace: answering.and_then(|answering| answering.trace),
            caller_span: None,
            started: Timestamp::now(),
            duration: std::time::Duration::ZERO,
            from: None,
            service,
            method: method.to_owned(),
            host: None,
            path: path.to_owned(),
            query: None,
            status: 200,
            token: None,
            invocation: None,
            replay_of: None,
            decision: Decision::default(),
        }
    }

    /// Returns the ID of the entry that began last.
    #[must_use]
    pub(crate) fn last(&self) -> EntryId {
        EntryId(self.0.last_id.load(Ordering::Relaxed))
    }

    /// Adds an entry.
    pub fn record(&self, mut entry: Entry) {
        if let Some(trace) = entry.trace.filter(|_| entry.invocation.is_some()) {
            entry.replay_of = self.replays().original(trace);
        }
        let mut ring = self.ring();
        let change = ring.push(entry);
        // The change is sent while the ring is locked, so that followers get changes in their order. There may be no
        // follower.
        let _ = self.0.changes.send(change);
    }

    /// Returns the request that this task answers.
    #[must_use]
    pub(crate) fn answering() -> Option<EntryId> {
        ANSWERING.try_with(|answering| answering.id).ok()
    }

    /// Changes the decision of a recorded entry: a stream ends long after its head was recorded.
    pub(crate) fn amend(&self, id: EntryId, change: impl FnOnce(&mut Decision)) {
        let mut ring = self.ring();
        if let Some(change) = ring.amend(id, |entry| change(&mut entry.decision)) {
            let _ = self.0.changes.send(change);
        }
    }

    /// Marks the invocations of this trace, which has not begun yet, as repeating entry `of`.
    pub(crate) fn expect_replay(&self, trace: TraceId, of: EntryId) {
        self.replays().expect(trace, of);
    }

    /// Marks a recorded invocation as repeating entry `of`.
    pub(crate) fn mark_replay(&self, invocation: Uuid, of: EntryId) -> Option<EntryId> {
        let mut ring = self.ring();
        let is_it = |entry: &&Arc<Entry>| entry.invocation.as_ref().is_some_and(|facts| facts.id == invocation);
        let id = ring.iter().rev().find(is_it)?.id;
        if let Some(change) = ring.amend(id, |entry| entry.replay_of = Some(of)) {
            let _ = self.0.changes.send(change);
        }
        Some(id)
    }

    /// Returns all kept entries, in the order in which they ended.
    #[must_use]
    pub fn entries(&self) -> Vec<Entry> {
        self.ring().iter().map(|entry| Entry::clone(entry)).collect()
    }

    /// Returns the latest entries, at most `limit`, and the counts of the others.
    #[must_use]
    pub fn latest(&self, limit: usize) -> JournalContents {
        let ring = self.ring();
        let count = ring.iter().len();
        let entries = ring.iter().skip(count.saturating_sub(limit)).cloned().collect();
        JournalContents { sequence: ring.last_sequence(), dropped: ring.dropped(), count, entries }
    }

    /// Returns one entry, if it is kept.
    #[must_use]
    pub fn entry(&self, id: EntryId) -> Option<Arc<Entry>> {
        self.ring().iter().rev().find(|entry| entry.id == id).cloned()
    }

    /// Returns the kept entries of a trace, in the order in which they began.
    #[must_use]
    pub fn of_trace(&self, trace: TraceId) -> Vec<Arc<Entry>> {
        let mut found: Vec<_> = self.ring().iter().filter(|entry| entry.trace == Some(trace)).cloned().collect();
        found.sort_by_key(|entry| (entry.started, entry.id));
        found
    }

    /// Follows the changes from now on. The backlog has the earlier changes after number `after`.
    #[must_use]
    pub fn follow(&self, after: Option<u64>) -> Following {
        let ring = self.ring();
        Following::new(&ring, after, self.0.changes.subscribe())
    }

    fn replays(&self) -> MutexGuard<'_, Replays> {
        self.0.replays.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn ring(&self) -> MutexGuard<'_, Ring> {
        self.0.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Wraps a service so that each of its answers is recorded.
pub fn observe(routes: Router, journal: &Journal, service: Service) -> Router {
    routes.layer(from_fn_with_state((journal.clone(), service), record))
}

async fn record(State((journal, service)): State<(Journal, Service)>, request: Request<Body>, next: Next) -> Response {
    let mut entry = journal.begin(service, request.method().as_str(), request.uri().path());
    entry.from = request.extensions().get::<Asker>().map(|asker| asker.0);
    entry.trace = TraceId::from_headers(request.headers()).or(entry.trace);
    entry.caller_span = caller_span(request.headers());
    entry.host = host_of(&request);
    entry.query = request.uri().query().map(shown_query);
    let (token, claims) = shown_token(request.headers()).unzip();
    entry.token = token;
    entry.decision.claims = claims.unwrap_or_default();
    let answering = Answering { id: entry.id, trace: entry.trace };
    let unanswered = Unanswered { journal, began: Instant::now(), entry: Some(entry) };
    let mut response = ANSWERING.scope(answering, next.run(request)).await;
    let decision = response.extensions_mut().remove().unwrap_or_default();
    unanswered.answered(response.status().as_u16(), decision);
    response
}

/// A request without an answer so far. If this value is dropped, the client has left.
struct Unanswered {
    journal: Journal,
    began: Instant,
    entry: Option<Entry>,
}

impl Unanswered {
    fn answered(mut self, status: u16, mut decision: Decision) {
        let Some(mut entry) = self.entry.take() else { return };
        if decision.claims.is_empty() {
            decision.claims = std::mem::take(&mut entry.decision.claims);
        }
        self.journal.record(Entry { duration: self.began.elapsed(), status, decision, ..entry });
    }
}

impl Drop for Unanswered {
    fn drop(&mut self) {
        // A panic ends a request too, but then the client has not left.
        let Some(mut entry) = self.entry.take().filter(|_| !thread::panicking()) else { return };
        entry.decision.reason = Some("the client left before there was an answer".to_owned());
        self.journal.record(Entry { duration: self.began.elapsed(), status: CLIENT_LEFT, ..entry });
    }
}

fn host_of(request: &Request<Body>) -> Option<String> {
    let named = request.headers().get(header::HOST).and_then(|value| value.to_str().ok());
    named.or_else(|| request.uri().host()).map(str::to_owned)
}

#[cfg(test)]
mod tests;
