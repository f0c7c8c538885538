//! Records the work of policies while they run.

use std::time::Duration;

use super::{ExpressionValue, PolicyEnd, PolicyRun, Secrets};
use crate::{location::Location, scope::Section};

/// The number of policies that are kept for one request. If more run, these are the first and the last ones.
const MOST_POLICIES: usize = 256;
/// The number of values and of decisions that are kept for one policy: `retry` may evaluate its condition many times.
const MOST_OF_POLICY: usize = 20;
/// The number of characters of a text that are searched for secrets.
const LONGEST_RAW: usize = 8 * 1024;
/// The number of characters of a value that are shown.
const LONGEST_VALUE: usize = 200;
/// The number of characters of a decision that are shown.
const LONGEST_DECISION: usize = 1000;

/// The trace of one request's policies so far.
#[derive(Debug)]
pub(crate) struct TraceLog {
    /// The entries in the order of their numbers.
    entries: Vec<Entry>,
    /// The number of the next entry.
    next: usize,
    secrets: Secrets,
}

#[derive(Debug)]
struct Entry {
    number: usize,
    began: Duration,
    run: PolicyRun,
}

impl TraceLog {
    pub(crate) fn new(secrets: Secrets) -> Self {
        Self { entries: Vec::new(), next: 0, secrets }
    }

    /// Returns the texts that must not be shown.
    pub(crate) fn secrets(&mut self) -> &mut Secrets {
        &mut self.secrets
    }

    /// Records the start of a policy, and returns its number.
    pub(crate) fn begin(&mut self, location: &Location, section: Section, now: Duration) -> usize {
        if self.entries.len() == MOST_POLICIES {
            self.entries.remove(MOST_POLICIES / 2);
        }
        let number = self.next;
        self.next += 1;
        let run = PolicyRun {
            policy: location.name,
            id: location.id.clone(),
            section,
            scope: location.scope,
            document: None,
            fragment: location.fragment.clone(),
            line: location.line,
            path: location.path.clone(),
            values: Vec::new(),
            decisions: Vec::new(),
            end: PolicyEnd::Passed,
            duration: Duration::ZERO,
        };
        self.entries.push(Entry { number, began: now, run });
        number
    }

    /// Records the end of a policy. A policy that waits for an answer ends a second time when the answer arrives.
    pub(crate) fn end(&mut self, number: usize, end: PolicyEnd, now: Duration) {
        if let Some(entry) = self.entry(number) {
            entry.run.end = end;
            entry.run.duration = now.saturating_sub(entry.began);
        }
    }

    /// Records the value of the policy's expression.
    pub(crate) fn value(&mut self, number: usize, name: &str, value: String) {
        if let Some(entry) = self.entry(number).filter(|entry| entry.run.values.len() < MOST_OF_POLICY) {
            entry.run.values.push(ExpressionValue { name: name.to_owned(), value: cut(value, LONGEST_RAW) });
        }
    }

    /// Records a decision of the policy.
    pub(crate) fn decision(&mut self, number: usize, text: String) {
        if let Some(entry) = self.entry(number).filter(|entry| entry.run.decisions.len() < MOST_OF_POLICY) {
            entry.run.decisions.push(cut(text, LONGEST_RAW));
        }
    }

    fn entry(&mut self, number: usize) -> Option<&mut Entry> {
        let index = self.entries.binary_search_by_key(&number, |entry| entry.number).ok()?;
        self.entries.get_mut(index)
    }

    /// Returns the trace in the order in which the policies began, without secrets.
    pub(crate) fn finish(self) -> Vec<PolicyRun> {
        let Self { entries, secrets, .. } = self;
        let clean = |mut run: PolicyRun| {
            for ExpressionValue { value, .. } in &mut run.values {
                *value = cut(secrets.redact(value), LONGEST_VALUE);
            }
            for decision in &mut run.decisions {
                *decision = cut(secrets.redact(decision), LONGEST_DECISION);
            }
            run
        };
        entries.into_iter().map(|entry| clean(entry.run)).collect()
    }
}

/// Cuts the text after a number of characters.
fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}
