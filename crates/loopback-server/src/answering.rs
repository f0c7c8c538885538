//! The shared state of a connection's stream and its service: whether a request is being answered at this moment.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    task::Waker,
};

/// The state of one connection. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Answering(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    now: AtomicBool,
    requests: AtomicU64,
    reader: Mutex<Option<Waker>>,
}

/// Marks the time from the head of a request to the last byte of its answer.
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

    /// Returns the number of requests that have begun.
    pub(crate) fn requests(&self) -> u64 {
        self.0.requests.load(Ordering::Relaxed)
    }

    /// Wakes the reader of the connection when the answer has been given.
    pub(crate) fn wake_at_end(&self, reader: &Waker) {
        *self.0.reader.lock().unwrap_or_else(PoisonError::into_inner) = Some(reader.clone());
    }
}

impl AnsweringGuard {
    /// Marks the connection as answering for ever, because it has become something else.
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
