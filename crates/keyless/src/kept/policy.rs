//! The differences between cached tokens and cached secrets.

use std::{error::Error as StdError, time::Duration};

use super::deadline::Clock;

/// The source of the values, and the rules for their life.
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

    /// Returns the time until the renewal of a value that can be used for `left`; `None` for never. `jitter` is between
    /// 0 and 1.
    fn renew_after(&self, left: Duration, jitter: f64) -> Option<Duration>;

    /// The longest time that a caller waits; `None` if each awaited fetch ends in time by itself.
    fn patience(&self) -> Option<Duration>;

    /// The failure for a caller that has waited for its longest time.
    fn late(&self, key: &Self::Key) -> Self::Failure;

    /// The failure for callers if there will be no fetch.
    fn stopped(&self, key: &Self::Key, why: Stopped) -> Self::Failure;

    /// The value in words, for the log.
    fn describe(&self, key: &Self::Key) -> String;

    fn clock(&self) -> &Clock;
}

/// A value, and the time for which it may be used from now on.
pub(crate) struct Fetched<V> {
    pub(crate) value: V,
    pub(crate) usable_for: Duration,
}

/// The reason why a fetch brought no value.
pub(crate) trait FetchFailure: Clone + StdError + Send + Sync + 'static {
    /// Reports whether the source refused, so this app must not use the current value any more.
    fn clears(&self) -> bool;

    /// The time that the source asks its callers to wait.
    fn retry_after(&self) -> Option<Duration>;
}

/// The treatment of a value that a service refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRefusal {
    /// No caller gets it again.
    Drop,
    /// The next caller waits for a fetch. If the fetch fails, the caller gets the same value again.
    #[cfg_attr(not(feature = "secrets"), expect(dead_code, reason = "secrets are kept so"))]
    Doubt,
}

/// The rule for the current value when another one is fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OnRenewal {
    /// The source has a cache, which may give a value that is older than the current one.
    LongerLivedWins,
    #[cfg_attr(not(feature = "secrets"), expect(dead_code, reason = "secrets are kept so"))]
    NewerReplaces,
}

/// The reason why there will be no fetch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stopped {
    /// The task ended, with its runtime or by a panic.
    TaskEnded,
    /// The caller runs outside of a Tokio runtime.
    NoRuntime,
}
