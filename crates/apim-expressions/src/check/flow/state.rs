//! The state of the variables at a place.

use std::collections::BTreeSet;

/// The state of the variables at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FlowState {
    /// Whether any way leads here. Where no way does, everything counts as assigned.
    pub(super) reached: bool,
    /// The variables that may have no value, a bit for each.
    pub(super) unassigned: Vec<u64>,
    /// The variables from this number on have not begun on any way to this place.
    pub(super) begun: usize,
}

impl FlowState {
    pub(super) fn has(&self, variable: usize) -> bool {
        self.unassigned.get(variable / 64).is_some_and(|bits| bits & 1 << (variable % 64) != 0)
    }

    pub(super) fn set(&mut self, variable: usize, unassigned: bool) {
        for skipped in self.begun..variable {
            self.mark(skipped, true);
        }
        self.begun = self.begun.max(variable + 1);
        self.mark(variable, unassigned);
    }

    fn mark(&mut self, variable: usize, unassigned: bool) {
        let word = variable / 64;
        if self.unassigned.len() <= word {
            self.unassigned.resize(word + 1, 0);
        }
        let bit = 1 << (variable % 64);
        let bits = self.unassigned[word];
        self.unassigned[word] = if unassigned && self.reached { bits | bit } else { bits & !bit };
    }

    /// Joins the states of two ways that meet.
    pub(super) fn join(&mut self, other: &Self) {
        // A variable that began on one way alone has no value on the other.
        let new = self.begun.min(other.begun)..self.begun.max(other.begun);
        let lacks = if self.begun < other.begun { self.reached } else { other.reached };
        self.reached |= other.reached;
        if lacks {
            new.for_each(|variable| self.set(variable, true));
        }
        self.begun = self.begun.max(other.begun);
        self.unassigned.resize(self.unassigned.len().max(other.unassigned.len()), 0);
        for (bits, others) in self.unassigned.iter_mut().zip(&other.unassigned) {
            *bits |= others;
        }
    }
}

/// The variables around a function that a call of it reads and assigns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Effects {
    pub(super) reads: BTreeSet<usize>,
    pub(super) assigns: BTreeSet<usize>,
}
