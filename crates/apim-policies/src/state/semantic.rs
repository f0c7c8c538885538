//! Prompts with cached answers: the vector of each prompt, and the key of its answer in the cache.

use std::{
    collections::VecDeque,
    sync::{Mutex, PoisonError},
};

/// The largest number of prompts. The oldest ones make room.
const MOST_PROMPTS: usize = 1_000;

#[derive(Debug, Default)]
pub(crate) struct SemanticEntries(Mutex<VecDeque<SemanticEntry>>);

/// A prompt whose answer is kept.
#[derive(Clone, Debug)]
pub(crate) struct SemanticEntry {
    /// The values that a request must share with this one to find the answer.
    pub(crate) vary_by: Vec<String>,
    pub(crate) vector: Vec<f64>,
    /// The key of the answer in the cache.
    pub(crate) key: String,
}

impl SemanticEntries {
    /// Returns the keys of answers to prompts within a distance, nearest first, each with its distance.
    pub(crate) fn near(&self, vary_by: &[String], vector: &[f64], most: f64) -> Vec<(String, f64)> {
        let entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let same = entries.iter().filter(|entry| entry.vary_by == vary_by && entry.vector.len() == vector.len());
        let mut near: Vec<_> = same
            .map(|entry| (entry.key.clone(), distance(&entry.vector, vector)))
            .filter(|(_, distance)| *distance <= most)
            .collect();
        near.sort_by(|(_, left), (_, right)| left.total_cmp(right));
        near
    }

    pub(crate) fn keep(&self, entry: SemanticEntry) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if entries.len() == MOST_PROMPTS {
            entries.pop_front();
        }
        entries.push_back(entry);
    }
}

/// Returns the distance of two vectors, from 0 (the same direction) to 2.
fn distance(left: &[f64], right: &[f64]) -> f64 {
    let dot: f64 = left.iter().zip(right).map(|(left, right)| left * right).sum();
    let length = |vector: &[f64]| vector.iter().map(|value| value * value).sum::<f64>().sqrt();
    let lengths = length(left) * length(right);
    if lengths > 0.0 { (1.0 - dot / lengths).max(0.0) } else { 2.0 }
}
