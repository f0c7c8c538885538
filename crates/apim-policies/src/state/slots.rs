//! The number of requests inside each `limit-concurrency` now.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// The number of requests inside, by key.
#[derive(Debug, Default)]
pub(crate) struct Slots(Mutex<HashMap<String, u32>>);

/// A place inside. Dropping it frees the place.
#[derive(Debug)]
pub(crate) struct Slot<'s> {
    slots: &'s Slots,
    key: String,
}

impl Slots {
    /// Takes a place, unless all places are taken.
    pub(crate) fn enter(&self, key: String, most: u32) -> Option<Slot<'_>> {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = inside.entry(key.clone()).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        Some(Slot { slots: self, key })
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut inside = self.slots.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = inside.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                inside.remove(&self.key);
            }
        }
    }
}
