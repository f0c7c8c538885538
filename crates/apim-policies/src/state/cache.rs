//! A cache of values by key, with expiry.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use jiff::{SignedDuration, Timestamp};

use crate::expression::Value;

/// The limits of a cache. Keys and values may come from callers.
#[derive(Clone, Copy, Debug)]
struct Bounds {
    entries: usize,
    bytes: usize,
}

const BOUNDS: Bounds = Bounds { entries: 10_000, bytes: 256 * 1024 * 1024 };

/// Values by key, each with its time of expiry.
#[derive(Debug)]
pub(crate) struct Cache {
    bounds: Bounds,
    kept: Mutex<CacheEntries>,
}

#[derive(Debug, Default)]
struct CacheEntries {
    entries: HashMap<String, Entry>,
    bytes: usize,
}

#[derive(Debug)]
struct Entry {
    value: Value,
    until: Timestamp,
    bytes: usize,
}

/// A value that was found.
pub(crate) struct Cached {
    pub(crate) value: Value,
    /// The remaining time of the value in the cache.
    pub(crate) left: SignedDuration,
}

impl Default for Cache {
    fn default() -> Self {
        Self { bounds: BOUNDS, kept: Mutex::default() }
    }
}

impl Cache {
    /// Returns the value, unless it is too old. Changes to the value do not reach the cache.
    pub(crate) fn get(&self, key: &str, now: Timestamp) -> Option<Value> {
        self.find(key, now).map(|cached| cached.value)
    }

    /// Returns the value like [`Self::get`], and its remaining time.
    pub(crate) fn find(&self, key: &str, now: Timestamp) -> Option<Cached> {
        let mut kept = self.lock();
        let entry = kept.entries.get(key)?;
        if entry.until <= now {
            kept.remove(key);
            return None;
        }
        Some(Cached { value: entry.value.detached()?, left: entry.until.duration_since(now) })
    }

    /// Keeps a value for this time. If the cache is full, the entries that end soonest make room. The value itself
    /// stays, even if it is larger than the cache. Returns `None` if values of its type cannot be kept.
    pub(crate) fn put(&self, key: String, value: &Value, duration: SignedDuration, now: Timestamp) -> Option<()> {
        let value = value.detached()?;
        let until = now.checked_add(duration).unwrap_or(Timestamp::MAX);
        let bytes = key.len() + value.memory();
        let mut kept = self.lock();
        kept.remove(&key);
        if !kept.has_room(bytes, self.bounds) {
            kept.make_room(bytes, self.bounds, now);
        }
        kept.bytes += bytes;
        kept.entries.insert(key, Entry { value, until, bytes });
        Some(())
    }

    pub(crate) fn remove(&self, key: &str) {
        self.lock().remove(key);
    }

    fn lock(&self) -> MutexGuard<'_, CacheEntries> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CacheEntries {
    fn remove(&mut self, key: &str) {
        if let Some(removed) = self.entries.remove(key) {
            self.bytes -= removed.bytes;
        }
    }

    /// Reports whether one more entry of this size fits.
    fn has_room(&self, bytes: usize, bounds: Bounds) -> bool {
        self.entries.len() < bounds.entries && self.bytes.saturating_add(bytes) <= bounds.bytes
    }

    fn make_room(&mut self, bytes: usize, bounds: Bounds, now: Timestamp) {
        let mut ends: Vec<_> = self.entries.iter().map(|(key, entry)| (entry.until, key.clone())).collect();
        ends.sort_unstable();
        for (until, key) in ends {
            if until > now && self.has_room(bytes, bounds) {
                return;
            }
            self.remove(&key);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Returns a cache of these bounds after a number of texts of 1,000 bytes. Each of them ends a second after the
    /// previous one.
    fn filled(bounds: Bounds, count: i64) -> Cache {
        let cache = Cache { bounds, ..Cache::default() };
        for key in 0..count {
            let duration = SignedDuration::from_secs(key + 1);
            cache.put(key.to_string(), &Value::from("x".repeat(1000)), duration, Timestamp::UNIX_EPOCH).unwrap();
        }
        cache
    }

    fn keys(cache: &Cache) -> Vec<String> {
        let kept = cache.lock();
        assert_eq!(kept.bytes, kept.entries.values().map(|entry| entry.bytes).sum::<usize>());
        let mut keys: Vec<_> = kept.entries.keys().cloned().collect();
        keys.sort();
        keys
    }

    #[test]
    fn a_full_cache_forgets_what_would_end_soonest() {
        assert_eq!(keys(&filled(Bounds { entries: 3, ..BOUNDS }, 5)), ["2", "3", "4"]);
        let cache = filled(Bounds { bytes: 3_500, ..BOUNDS }, 5);
        assert_eq!(keys(&cache), ["2", "3", "4"]);
        // A new value for an existing key replaces the old value, and so makes its own room.
        let put = |key: &str, length, seconds| {
            let (duration, now) = (SignedDuration::from_secs(60), Timestamp::from_second(seconds).unwrap());
            cache.put(key.to_owned(), &Value::from("x".repeat(length)), duration, now)
        };
        put("3", 1000, 0).unwrap();
        assert_eq!(keys(&cache), ["2", "3", "4"]);
        // Ended entries go first, and the new one stays, even if it is larger than the cache.
        put("new", 1000, 4).unwrap();
        assert_eq!(keys(&cache), ["3", "4", "new"]);
        put("large", 100_000, 4).unwrap();
        assert_eq!(keys(&cache), ["large"]);
        cache.remove("large");
        assert!(keys(&cache).is_empty());
    }

    #[test]
    fn values_weigh_what_they_hold() {
        let json = crate::expression::Token::parse(&format!("[{}0]", "0,".repeat(1000))).unwrap();
        let body = Some(crate::expression::Body::new(vec![0; 1000]));
        let response = crate::expression::Response { body, ..Default::default() };
        for value in [Value::from("x".repeat(1000)), Value::bytes(vec![0; 1000]), Value::from(json), response.into()] {
            assert!(value.memory() > 1000, "{}", value.type_name());
        }
        assert!(Value::from(1).memory() < 100);
    }
}
