//! The differences between cached tokens and cached secrets.

use std::{error::Error as StdError, time::Duration};

use super::deadline::Clock;

/// Where values come from, and how long they are good.
pub(crate) trait KeptPolicy: Send + Sync + 'static {
    type Key: Send + Sync + 'static;
    type Value: Clone + Send + Sync + 'static;
    type Failure: FetchFailure;

    const ON_REFUSAL: OnRefusal;
    const ON_RENEWAL: OnRenewal;

    /// Asks the source once. `waited_for` ends when a caller waits for this fetch.
    fn fetch(
        &self,
        key: &Self::Key,
        waited_for: impl Future<Output = ()> + Send,
    ) -> impl Future<Output = Result<Fetched<Self::Value>, Self::Failure>> + Send;

    /// When to renew a value that can be used for so long; `None` for never. `jitter` is between 0 and 1.
    fn renew_after(&self, left: Duration, jitter: f64) -> Option<Duration>;

    /// The longest that a caller waits; `None` where each fetch that is waited for ends in time.
    fn patience(&self) -> Option<Duration>;

    /// What a caller gets whose patience is over.
    fn late(&self, key: &Self::Key) -> Self::Failure;

    /// What callers get when there will be no fetch.
    fn stopped(&self, key: &Self::Key, why: Stopped) -> Self::Failure;

    /// The value in words, for the log.
    fn describe(&self, key: &Self::Key) -> String;

    fn clock(&self) -> &Clock;
}

/// A value, and how long it may be used from now on.
pub(crate) struct Fetched<V> {
    pub(crate) value: V,
    pub(crate) usable_for: Duration,
}

/// Why a fetch brought no value.
pub(crate) trait FetchFailure: Clone + StdError + Send + Sync + 'static {
    /// Whether the source refused, so that the value at hand is not ours to use any more.
    fn clears(&self) -> bool;

    /// How long the source asks its callers to wait.
    fn retry_after(&self) -> Option<Duration>;
}

/// What becomes of a value that was refused where it was shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRefusal {
    /// No caller gets it again.
    Drop,
    /// The next caller waits for a fetch, and gets the same value again if that fails.
    #[cfg_attr(not(feature = "secrets"), expect(dead_code, reason = "secrets are kept so"))]
    Doubt,
}

/// What becomes of the value at hand when another is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRenewal {
    /// The source has a cache, which may give a value that is older than ours.
    LongerLivedWins,
    #[cfg_attr(not(feature = "secrets"), expect(dead_code, reason = "secrets are kept so"))]
    NewerReplaces,
}

/// Why there will be no fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The task ended, with its runtime or by a panic.
    TaskEnded,
    /// The caller runs outside of a Tokio runtime.
    NoRuntime,
}
