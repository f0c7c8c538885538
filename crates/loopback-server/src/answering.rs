//! Whether a connection has a request to answer now: the shared state of its stream and its service.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Waker,
};

/// Clones are of the same connection.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answering(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    now: AtomicBool,
    requests: AtomicU64,
    reader: Mutex<Option<Waker>>,
}

/// From the head of a request to the last byte of its answer.
#[derive(Debug)]
pub(crate) struct AnsweringGuard(Answering);

impl Answering {
    pub(crate) fn begin(&self) -> AnsweringGuard {
        self.0.requests.fetch_add(1, Ordering::Relaxed);
        self.0.now.store(true, Ordering::Release);
        AnsweringGuard(self.clone())
    }

    pub(crate) fn is_now(&self) -> bool {
        self.0.now.load(Ordering::Acquire)
    }

    /// Requests that have begun.
    pub(crate) fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Who reads the connection is woken when the answer has been given.
    pub(crate) fn wake_at_end(&self, reader: &Waker) {
        *self.0.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader.clone());
    }
}

impl AnsweringGuard {
    /// The connection becomes something else: it counts as answering for ever.
    pub(crate) fn forget(self) {
        std::mem::forget(self);
    }
}

impl Drop for AnsweringGuard {
    fn drop(&mut self) {
        let shared = &self.0.0;
        shared.now.store(false, Ordering::Release);
        if let Some(reader) = shared.reader.lock().unwrap_or_else(PoisonError::into_inner).take() {
            reader.wake();
        }
    }
}
