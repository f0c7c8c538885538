//! The rate limits of a deployment: requests and tokens per minute, refilled continuously
//! (learn.microsoft.com/azure/foundry/openai/how-to/quota).
//!
//! As documented, a refused request counts too.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;

use crate::seed::ModelDeployment;

/// A limit and its used part.
#[derive(Debug)]
struct Bucket {
    limit: f64,
    used: f64,
    at: Timestamp,
}

/// A limit as the headers show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub(super) limit: u64,
    pub(super) remaining: u64,
    /// Milliseconds until the whole limit is available again.
    pub(super) reset: u64,
}

/// Both limits after a request; absent if the seed has none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Levels {
    pub(super) requests: Option<Level>,
    pub(super) tokens: Option<Level>,
}

/// The exceeded limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exceeded {
    Requests,
    Tokens,
}

/// A request over the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RateExceeded {
    pub(super) what: Exceeded,
    /// Milliseconds until there is room for the request.
    pub(super) retry_after: u64,
    pub(super) levels: Levels,
}

/// The rates of one deployment.
#[derive(Debug)]
pub(super) struct Rates(Mutex<[Option<Bucket>; 2]>);

impl Rates {
    pub(super) fn new(deployment: &ModelDeployment, now: Timestamp) -> Self {
        let bucket = |limit: Option<u32>| limit.map(|limit| Bucket { limit: limit.into(), used: 0.0, at: now });
        Self(Mutex::new([bucket(deployment.requests_per_minute), bucket(deployment.tokens_per_minute)]))
    }

    /// Charges a request and the estimate of its tokens.
    pub(super) fn take(&self, tokens: u64, now: Timestamp) -> Result<Levels, RateExceeded> {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut over = None;
        for (bucket, cost, what) in [(0, 1, Exceeded::Requests), (1, tokens, Exceeded::Tokens)] {
            if let Some(bucket) = &mut buckets[bucket]
                && let Err(retry_after) = bucket.take(cost as f64, now)
            {
                over.get_or_insert((what, retry_after));
            }
        }
        let levels = levels(&buckets);
        match over {
            None => Ok(levels),
            Some((what, retry_after)) => Err(RateExceeded { what, retry_after, levels }),
        }
    }

    /// Returns the refusal for a used-up limit, regardless of the actual use: a fault of the seed.
    pub(super) fn exhausted(&self) -> RateExceeded {
        let mut levels = levels(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if let Some(level) = &mut levels.requests {
            (level.remaining, level.reset) = (0, 60_000);
        }
        RateExceeded { what: Exceeded::Requests, retry_after: 1_000, levels }
    }
}

fn levels(buckets: &[Option<Bucket>; 2]) -> Levels {
    let [requests, tokens] = buckets;
    Levels { requests: requests.as_ref().map(Bucket::level), tokens: tokens.as_ref().map(Bucket::level) }
}

impl Bucket {
    fn per_millisecond(&self) -> f64 {
        self.limit / 60_000.0
    }

    /// Charges a cost, or returns the milliseconds to wait if it does not fit.
    fn take(&mut self, cost: f64, now: Timestamp) -> Result<(), u64> {
        let elapsed = now.duration_since(self.at).as_millis().max(0) as f64;
        self.at = self.at.max(now);
        self.used = (self.used - elapsed * self.per_millisecond()).max(0.0);
        let excess = self.used + cost - self.limit;
        if excess > 1e-6 {
            self.used = self.limit;
            return Err((excess / self.per_millisecond().max(f64::MIN_POSITIVE)).ceil().clamp(1.0, 60_000.0) as u64);
        }
        self.used += cost;
        Ok(())
    }

    fn level(&self) -> Level {
        let reset = self.used / self.per_millisecond().max(f64::MIN_POSITIVE);
        Level { limit: self.limit as u64, remaining: (self.limit - self.used) as u64, reset: reset.round() as u64 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rates(requests: Option<u32>, tokens: Option<u32>) -> Rates {
        let text = "name = \"chat\"\nmodel = \"gpt-4o\"";
        let deployment: ModelDeployment = toml::from_str(text).unwrap();
        let deployment = ModelDeployment { requests_per_minute: requests, tokens_per_minute: tokens, ..deployment };
        Rates::new(&deployment, Timestamp::UNIX_EPOCH)
    }

    fn at(milliseconds: i64) -> Timestamp {
        Timestamp::from_millisecond(milliseconds).unwrap()
    }

    /// As captured: 1 of 120 requests and 14 of 120,000 tokens per minute.
    #[test]
    fn levels_are_those_of_a_recorded_answer() {
        let levels = rates(Some(120), Some(120_000)).take(14, at(0)).unwrap();
        assert_eq!(levels.requests, Some(Level { limit: 120, remaining: 119, reset: 500 }));
        assert_eq!(levels.tokens, Some(Level { limit: 120_000, remaining: 119_986, reset: 7 }));
        assert_eq!(rates(None, None).take(1_000_000, at(0)), Ok(Levels::default()));
    }

    #[test]
    fn what_does_not_fit_is_refused_until_it_has_drained() {
        let rates = rates(Some(2), Some(100));
        assert!(rates.take(60, at(0)).is_ok());
        let over = rates.take(60, at(0)).unwrap_err();
        assert_eq!((over.what, over.retry_after), (Exceeded::Tokens, 12_000));
        assert_eq!(over.levels.tokens.map(|level| level.remaining), Some(0));
        let over = rates.take(0, at(0)).unwrap_err();
        assert_eq!((over.what, over.retry_after), (Exceeded::Requests, 30_000));
        assert!(rates.take(60, at(60_000)).is_ok());
    }
}
