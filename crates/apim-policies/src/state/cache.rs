//! A cache of values by key, with expiry.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::expression::Value;

/// A gateway's cache is a few gigabytes at least; here the count of entries keeps it within bounds.
const MOST: usize = 10_000;

/// Values by key, each with the time when it ends.
#[derive(Debug, Default)]
pub(crate) struct Cache(Mutex<HashMap<String, (Value, Timestamp)>>);

/// A value that was found.
pub(crate) struct Cached {
    pub(crate) value: Value,
    /// How much longer it is kept.
    pub(crate) left: SignedDuration,
}

impl Cache {
    /// The value, unless it is too old. What is done to it does not reach the cache.
    pub(crate) fn get(&self, key: &str, now: Timestamp) -> Option<Value> {
        self.find(key, now).map(|cached| cached.value)
    }

    /// As [`Self::get`], with the time that is left.
    pub(crate) fn find(&self, key: &str, now: Timestamp) -> Option<Cached> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (value, until) = entries.get(key)?;
        if *until <= now {
            entries.remove(key);
            return None;
        }
        Some(Cached { value: value.detached()?, left: until.duration_since(now) })
    }

    /// Keeps a value for this long. When the cache is full, what ends soonest makes room. `None` when the value is of a
    /// type that cannot be kept.
    pub(crate) fn put(&self, key: String, value: &Value, duration: SignedDuration, now: Timestamp) -> Option<()> {
        let value = value.detached()?;
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let until = now.checked_add(duration).unwrap_or(Timestamp::MAX);
        if entries.len() >= MOST && !entries.contains_key(&key) {
            entries.retain(|_, (_, until)| *until > now);
            if entries.len() >= MOST
                && let Some(soonest) = entries.iter().min_by_key(|(_, (_, until))| *until).map(|(key, _)| key.clone())
            {
                entries.remove(&soonest);
            }
        }
        entries.insert(key, (value, until));
        Some(())
    }

    pub(crate) fn remove(&self, key: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_cache_forgets_what_would_end_soonest() {
        let (cache, now) = (Cache::default(), Timestamp::UNIX_EPOCH);
        for key in 0..=MOST {
            let seconds = i64::try_from(key).unwrap() + 1;
            cache.put(key.to_string(), &Value::from("x"), SignedDuration::from_secs(seconds), now).unwrap();
        }
        assert_eq!(cache.0.lock().unwrap().len(), MOST);
        assert!(cache.get("0", now).is_none());
        assert!(cache.get("1", now).is_some());
    }
}
