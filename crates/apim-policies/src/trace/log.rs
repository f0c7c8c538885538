//! Collects what policies do while they run.

use std::time::Duration;

use super::{ExpressionValue, PolicyEnd, PolicyRun, Secrets};
use crate::{location::Location, scope::Section};

/// Policies of one request that are kept: the first and the last ones, where more run.
const MOST_POLICIES: usize = 256;
/// Values and decisions that are kept of one policy: `retry` may ask its condition many times.
const MOST_OF_POLICY: usize = 20;
/// Characters of a text that are looked at for secrets.
const LONGEST_RAW: usize = 8 * 1024;
/// Characters of a value that are shown.
const LONGEST_VALUE: usize = 200;
/// Characters of a decision that are shown.
const LONGEST_DECISION: usize = 1000;

/// What the policies of one request did so far.
#[derive(Debug)]
pub(crate) struct TraceLog {
    /// In the order of their numbers.
    entries: Vec<Entry>,
    /// Number of the next.
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

    /// What may not be shown.
    pub(crate) fn secrets(&mut self) -> &mut Secrets {
        &mut self.secrets
    }

    /// A policy begins: its number here.
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

    /// A policy ends. One that waits for an answer ends a second time, when that is there.
    pub(crate) fn end(&mut self, number: usize, end: PolicyEnd, now: Duration) {
        if let Some(entry) = self.entry(number) {
            entry.run.end = end;
            entry.run.duration = now.saturating_sub(entry.began);
        }
    }

    /// An expression of the policy gave this.
    pub(crate) fn value(&mut self, number: usize, name: &str, value: String) {
        if let Some(entry) = self.entry(number).filter(|entry| entry.run.values.len() < MOST_OF_POLICY) {
            entry.run.values.push(ExpressionValue { name: name.to_owned(), value: cut(value, LONGEST_RAW) });
        }
    }

    /// The policy decided this.
    pub(crate) fn decision(&mut self, number: usize, text: String) {
        if let Some(entry) = self.entry(number).filter(|entry| entry.run.decisions.len() < MOST_OF_POLICY) {
            entry.run.decisions.push(cut(text, LONGEST_RAW));
        }
    }

    fn entry(&mut self, number: usize) -> Option<&mut Entry> {
        let index = self.entries.binary_search_by_key(&number, |entry| entry.number).ok()?;
        self.entries.get_mut(index)
    }

    /// All of it, in the order in which the policies began, without what is secret.
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

/// The text, up to so many characters.
fn cut(mut text: String, most: usize) -> String {
    if let Some((end, _)) = text.char_indices().nth(most) {
        text.truncate(end);
        text.push('…');
    }
    text
}
