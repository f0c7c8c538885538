//! Changes of the journal as they happen, for readers that may reconnect or be slow.

use std::sync::Arc;

use tokio::sync::broadcast::{self, error::RecvError};

use super::{Entry, Ring};

/// The largest number of missed changes that a reader gets. A reader that missed more reads the whole list again.
const LONGEST_BACKLOG: usize = 1000;

/// A new or changed entry.
#[derive(Clone, Debug)]
pub struct Change {
    /// Number of the change, from 1.
    pub sequence: u64,
    /// The entry as it is now.
    pub entry: Arc<Entry>,
}

/// The changes for one reader.
#[derive(Debug)]
pub struct Following {
    /// The number of the last change before this value was made.
    pub sequence: u64,
    /// Changes that the reader missed. `None` if some of them are no longer kept: then read the whole list again.
    pub backlog: Option<Vec<Change>>,
    changes: broadcast::Receiver<Change>,
}

/// The reader was too slow: some changes are lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooSlow;

impl Following {
    pub(super) fn new(ring: &Ring, after: Option<u64>, changes: broadcast::Receiver<Change>) -> Self {
        let backlog = after.map_or_else(|| Some(Vec::new()), |after| ring.since(after));
        let backlog = backlog.filter(|changes| changes.len() <= LONGEST_BACKLOG);
        Self { sequence: ring.last_sequence(), backlog, changes }
    }

    /// The next change after the backlog; `None` when the journal is gone.
    ///
    /// # Errors
    /// When the reader was too slow.
    pub async fn next(&mut self) -> Option<Result<Change, TooSlow>> {
        match self.changes.recv().await {
            Ok(change) => Some(Ok(change)),
            Err(RecvError::Lagged(_)) => Some(Err(TooSlow)),
            Err(RecvError::Closed) => None,
        }
    }
}
