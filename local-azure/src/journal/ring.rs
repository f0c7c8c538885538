//! The entries that are kept: the latest ones, bounded by number and by size.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use super::{Change, Entry, EntryId};

/// Most entries that are kept.
pub const MOST_ENTRIES: usize = 10_000;

/// Most bytes of text that the kept entries have together.
pub const LARGEST_BYTES: usize = 32 * 1024 * 1024;

/// An entry without its texts, about.
const BYTES_OF_AN_ENTRY: usize = 512;

#[derive(Debug, Default)]
pub(super) struct Ring {
    kept: VecDeque<Recorded>,
    bytes: usize,
    dropped: u64,
    last_sequence: u64,
    /// The latest change of an entry that was dropped.
    last_dropped_sequence: u64,
}

#[derive(Debug)]
struct Recorded {
    sequence: u64,
    bytes: usize,
    entry: Arc<Entry>,
}

impl Ring {
    pub(super) fn push(&mut self, entry: Entry) -> Change {
        self.last_sequence += 1;
        let (sequence, bytes, entry) = (self.last_sequence, bytes_of(&entry), Arc::new(entry));
        self.bytes += bytes;
        self.kept.push_back(Recorded { sequence, bytes, entry: entry.clone() });
        self.shrink();
        Change { sequence, entry }
    }

    pub(super) fn amend(&mut self, id: EntryId, change: impl FnOnce(&mut Entry)) -> Option<Change> {
        let recorded = self.kept.iter_mut().rev().find(|recorded| recorded.entry.id == id)?;
        self.last_sequence += 1;
        recorded.sequence = self.last_sequence;
        change(Arc::make_mut(&mut recorded.entry));
        let bytes = bytes_of(&recorded.entry);
        self.bytes = self.bytes + bytes - recorded.bytes;
        recorded.bytes = bytes;
        let change = Change { sequence: recorded.sequence, entry: recorded.entry.clone() };
        self.shrink();
        Some(change)
    }

    /// Drops the oldest entries until the rest fits. The last one stays, whatever its size.
    fn shrink(&mut self) {
        while self.kept.len() > 1 && (self.kept.len() > MOST_ENTRIES || self.bytes > LARGEST_BYTES) {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.bytes;
            self.dropped += 1;
            self.last_dropped_sequence = self.last_dropped_sequence.max(oldest.sequence);
        }
    }

    /// In the order in which they ended.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> + ExactSizeIterator {
        self.kept.iter().map(|recorded| &recorded.entry)
    }

    pub(super) fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The changes after `sequence`, in their order; `None` if some of them are not kept, or the number is not of this ring.
    pub(super) fn since(&self, sequence: u64) -> Option<Vec<Change>> {
        if sequence < self.last_dropped_sequence || sequence > self.last_sequence {
            return None;
        }
        let later = self.kept.iter().filter(|recorded| recorded.sequence > sequence);
        let mut changes: Vec<Change> =
            later.map(|recorded| Change { sequence: recorded.sequence, entry: recorded.entry.clone() }).collect();
        changes.sort_by_key(|change| change.sequence);
        Some(changes)
    }
}

fn bytes_of(entry: &Entry) -> usize {
    let decision = &entry.decision;
    let texts = [&decision.identity, &decision.audience, &decision.allowed_by, &decision.reason, &decision.wrote];
    let policies = decision.policies.iter().map(|policy| {
        let values = policy.values.iter().map(|one| size_of_val(one) + one.name.len() + one.value.len());
        size_of_val(policy) + policy.place.len() + policy.path.len() + policy.outcome.len() + values.sum::<usize>()
    });
    let demanded = decision.demanded.iter().map(|demand| {
        size_of_val(demand) + demand.accepted.iter().map(|one| size_of_val(one) + one.len()).sum::<usize>()
    });
    BYTES_OF_AN_ENTRY
        + entry.path.len()
        + texts.into_iter().flatten().map(String::len).sum::<usize>()
        + demanded.sum::<usize>()
        + policies.sum::<usize>()
        + decision.claims.iter().map(|(name, value)| name.len() + bytes_of_json(value)).sum::<usize>()
}

fn bytes_of_json(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(text) => text.len(),
            Value::Array(values) => values.iter().map(bytes_of_json).sum(),
            Value::Object(members) => members.iter().map(|(name, value)| name.len() + bytes_of_json(value)).sum(),
        }
}
