//! The latest entries, bounded by number and by size.

use std::{collections::VecDeque, sync::Arc};

use serde_json::Value;

use super::{Change, Entry, EntryId};

/// The largest number of kept entries.
pub const MOST_ENTRIES: usize = 10_000;

/// The largest size of the kept entries together, in bytes.
pub const LARGEST_BYTES: usize = 32 * 1024 * 1024;

/// The allocator's overhead for a piece of memory, in bytes, about.
const BYTES_OF_AN_ALLOCATION: usize = 16;

#[derive(Debug, Default)]
pub(super) struct Ring {
    kept: VecDeque<Recorded>,
    bytes: usize,
    dropped: u64,
    last_sequence: u64,
    /// The number of the latest change of an entry that was dropped.
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

    /// Drops the oldest entries until the rest fits. The last entry stays, however large it is.
    fn shrink(&mut self) {
        while self.kept.len() > 1 && (self.kept.len() > MOST_ENTRIES || self.bytes > LARGEST_BYTES) {
            let Some(oldest) = self.kept.pop_front() else { return };
            self.bytes -= oldest.bytes;
            self.dropped += 1;
            self.last_dropped_sequence = self.last_dropped_sequence.max(oldest.sequence);
        }
    }

    /// Iterates over the entries in the order in which they ended.
    pub(super) fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> + ExactSizeIterator {
        self.kept.iter().map(|recorded| &recorded.entry)
    }

    pub(super) fn last_sequence(&self) -> u64 {
        self.last_sequence
    }

    pub(super) fn dropped(&self) -> u64 {
        self.dropped
    }

    /// Returns the changes after `sequence`, in their order. `None` if some of them are not kept, or if the number is
    /// not of this ring.
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

/// Estimates the memory of an entry, in bytes.
fn bytes_of(entry: &Entry) -> usize {
    let decision = &entry.decision;
    let texts = [&entry.caller_span, &entry.host, &entry.query, &decision.identity, &decision.audience];
    let more = [&decision.allowed_by, &decision.reason, &decision.wrote];
    let token = entry.token.iter().flat_map(|token| token.alg.iter().chain(&token.kid).chain([&token.hash]));
    let texts = texts.into_iter().chain(more).flatten().chain([&entry.method, &entry.path]).chain(token);
    let policies = decision.policies.iter().map(|policy| {
        let texts = [&policy.policy, &policy.section, &policy.scope, &policy.place, &policy.path, &policy.outcome];
        let values = policy.values.iter().map(|one| size_of_val(one) + text(&one.name) + text(&one.value));
        size_of_val(policy) + all(texts.into_iter()) + values.sum::<usize>()
    });
    let demanded = decision.demanded.iter().map(|demand| {
        let texts = demand.claim.iter().chain(&demand.found);
        let accepted = demand.accepted.iter().map(|one| size_of_val(one) + text(one));
        size_of_val(demand) + all(texts) + accepted.sum::<usize>()
    });
    size_of::<Recorded>()
        + size_of::<Entry>()
        + all(texts)
        + demanded.sum::<usize>()
        + policies.sum::<usize>()
        + decision.claims.iter().map(bytes_of_member).sum::<usize>()
}

fn all<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|one| text(one)).sum()
}

fn text(text: &str) -> usize {
    if text.is_empty() { 0 } else { text.len() + BYTES_OF_AN_ALLOCATION }
}

fn bytes_of_member((name, value): (&String, &Value)) -> usize {
    size_of_val(name) + text(name) + bytes_of_json(value)
}

fn bytes_of_json(value: &Value) -> usize {
    size_of::<Value>()
        + match value {
            Value::Null | Value::Bool(_) | Value::Number(_) => 0,
            Value::String(value) => text(value),
            Value::Array(values) => values.iter().map(bytes_of_json).sum(),
            Value::Object(members) => members.iter().map(bytes_of_member).sum(),
        }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::journal::{Journal, PolicyDecision, PolicyEnd, PolicyValue, Service};

    fn entry() -> Entry {
        let mut entry = Journal::default().begin(Service::ApiManagement, "GET", "/orders");
        entry.decision.claims.insert("roles".to_owned(), json!(["a".repeat(100), { "b": "c".repeat(100) }]));
        entry.decision.policies.push(PolicyDecision {
            policy: "validate-jwt".to_owned(),
            section: "inbound".to_owned(),
            scope: "api".to_owned(),
            place: "apis/orders.xml:7".to_owned(),
            path: String::new(),
            values: vec![PolicyValue { name: "d".repeat(100), value: "e".repeat(100) }],
            outcome: "f".repeat(100),
            end: PolicyEnd::Passed,
            microseconds: 1,
        });
        entry
    }

    #[test]
    fn an_entry_takes_more_than_its_text() {
        let entry = entry();
        assert!(bytes_of(&entry) > serde_json::to_string(&entry).unwrap().len());
    }

    #[test]
    fn the_oldest_go_where_all_take_too_much() {
        let mut ring = Ring::default();
        let large = |id| {
            let mut entry = Entry { id: EntryId(id), ..entry() };
            entry.decision.policies[0].outcome = "x".repeat(LARGEST_BYTES / 3);
            entry
        };
        (1..=4).for_each(|id| drop(ring.push(large(id))));
        assert_eq!(ring.iter().map(|entry| entry.id.0).collect::<Vec<_>>(), [3, 4]);
        assert_eq!(ring.dropped(), 2);
        assert!(ring.bytes <= LARGEST_BYTES);
    }
}
