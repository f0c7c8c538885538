//! Streamed answers: one event after the other while the caller reads. A test can hold them back.

use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicUsize, Ordering},
};

use axum::body::{Body, Bytes};
use futures_util::stream;
use tokio::sync::{Semaphore, mpsc};

use crate::journal::{EntryId, Journal, StreamEnd};

/// The streams of all models of a run. A test can control them.
#[derive(Clone, Default)]
pub struct ModelStreams(Arc<Mutex<Option<StreamLimits>>>);

#[derive(Clone)]
struct StreamLimits {
    permits: Arc<Semaphore>,
    ends: mpsc::UnboundedSender<StreamEnd>,
}

/// A hold on streams. The events of a stream that begins during the hold wait until they are released. When the hold is
/// dropped, they flow freely.
pub struct HeldStreams {
    streams: ModelStreams,
    permits: Arc<Semaphore>,
    ends: mpsc::UnboundedReceiver<StreamEnd>,
}

impl ModelStreams {
    /// From now on, each event of a streamed answer waits until it is released. Earlier streams continue.
    #[must_use]
    pub fn hold(&self) -> HeldStreams {
        let permits = Arc::new(Semaphore::new(0));
        let (sender, ends) = mpsc::unbounded_channel();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) =
            Some(StreamLimits { permits: Arc::clone(&permits), ends: sender });
        HeldStreams { streams: self.clone(), permits, ends }
    }

    fn held(&self) -> Option<StreamLimits> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns a body with these events. The end of the stream is recorded in the journal.
    pub(super) fn body(&self, events: Vec<String>, journal: &Journal) -> Body {
        let held = self.held();
        let permits = held.as_ref().map(|held| Arc::clone(&held.permits));
        let end = Arc::new(End {
            sent: AtomicUsize::new(0),
            total: events.len(),
            entry: Journal::answering(),
            journal: journal.clone(),
            told: held.map(|held| held.ends),
        });
        let events = stream::unfold((events.into_iter(), end, permits), async |(mut events, end, permits)| {
            let event = events.next()?;
            if let Some(permits) = &permits {
                // The semaphore is closed after the hold has ended.
                if let Ok(permit) = permits.acquire().await {
                    permit.forget();
                }
            } else {
                // This yields, so each event is written before the next one is made.
                tokio::task::yield_now().await;
            }
            end.sent.fetch_add(1, Ordering::Relaxed);
            Some((Ok::<_, std::io::Error>(Bytes::from(event)), (events, end, permits)))
        });
        Body::from_stream(events)
    }
}

impl HeldStreams {
    /// Releases this number of further events.
    pub fn release(&self, events: usize) {
        self.permits.add_permits(events);
    }

    /// Waits until a stream has ended, or its caller has left.
    pub async fn next_end(&mut self) -> Option<StreamEnd> {
        self.ends.recv().await
    }
}

impl Drop for HeldStreams {
    fn drop(&mut self) {
        *self.streams.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        self.permits.close();
    }
}

/// The end of a stream. It is dropped with the body: at the body's end, or when the caller leaves.
struct End {
    sent: AtomicUsize,
    total: usize,
    entry: Option<EntryId>,
    journal: Journal,
    told: Option<mpsc::UnboundedSender<StreamEnd>>,
}

impl Drop for End {
    fn drop(&mut self) {
        let events = self.sent.load(Ordering::Relaxed);
        let end = StreamEnd { events, of: self.total, caller_left: events < self.total };
        if let Some(entry) = self.entry {
            self.journal.amend(entry, |decision| decision.stream = Some(end));
        }
        if let Some(told) = &self.told {
            // The test may no longer listen.
            let _ = told.send(end);
        }
    }
}
