//! Responses that the service keeps, because it was not told not to.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, PoisonError},
};

/// Older ones are forgotten; in Azure after 30 days.
const MOST: usize = 500;

/// A response that can be read, and gone on from.
#[derive(Clone, Debug)]
pub(super) struct Kept {
    /// As it was answered.
    pub(super) body: String,
    /// The texts of the conversation so far, and whether each is the user's.
    pub(super) texts: Vec<(bool, String)>,
    /// How many of them this response's request brought.
    pub(super) own: usize,
}

#[derive(Debug, Default)]
pub(super) struct KeptResponses(Mutex<(BTreeMap<String, Kept>, VecDeque<String>)>);

impl KeptResponses {
    pub(super) fn keep(&self, id: String, response: Kept) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.1.len() == MOST
            && let Some(oldest) = kept.1.pop_front()
        {
            kept.0.remove(&oldest);
        }
        kept.1.push_back(id.clone());
        kept.0.insert(id, response);
    }

    pub(super) fn get(&self, id: &str) -> Option<Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.get(id).cloned()
    }

    pub(super) fn forget(&self, id: &str) -> bool {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.1.retain(|other| other != id);
        kept.0.remove(id).is_some()
    }
}
