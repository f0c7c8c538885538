//! Keeps the access tokens of one identity, so that no caller waits for a token while a usable one exists.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime},
};

use async_trait::async_trait;
use azure_core::{
    credentials::{AccessToken, Secret, TokenCredential, TokenRequestOptions},
    http::{ClientMethodOptions, Context},
};
use tokio::{select, time::sleep};
use tracing::warn;

use super::{recorded::LastTry, token::Token, token_error::TokenError};
use crate::{
    error::Service,
    kept::{
        Clock, Deadline, Fetched, Kept, KeptPolicy, NEGATIVE_TTL, OnRefusal, OnRenewal, Stopped, system_clock, until,
    },
    time_limits::TimeLimits,
};

/// The time before its end in which a token is not used. The token must still be valid when the service checks it, by
/// the service's clock. For a token that lives less than 50 seconds, the time is the last tenth of its life.
const SLACK: Duration = Duration::from_secs(5);

/// The shortest time between background renewals, even for short-lived tokens. A token with less time left is fetched
/// when a caller asks.
const SHORTEST_INTERVAL: Duration = Duration::from_secs(10);

/// Returns the time until a renewal: half of the time `left`, plus or minus a tenth. Instances that started together
/// thus do not renew together. `jitter` is between 0 and 1.
///
/// It is half of the time left, and not of the whole life. The platform caches a token for about 24 hours of its 24
/// hours and five minutes, and returns the same token until then. So renewals must come closer together towards the end
/// (<https://learn.microsoft.com/azure/app-service/overview-managed-identity#rest-endpoint-reference>).
pub(super) fn renew_after(left: Duration, jitter: f64) -> Option<Duration> {
    (left > SHORTEST_INTERVAL).then(|| (left / 2).mul_f64(0.9 + 0.2 * jitter).max(SHORTEST_INTERVAL))
}

/// The tokens of one identity, one for each audience. Dropping it ends its background tasks.
///
/// - One fetch at a time runs for an audience, with any number of callers. A caller that gives up does not end it for
///   the others. No audience waits for another.
/// - A token is renewed in the background at half of its remaining life, plus or minus a tenth. A failed renewal does
///   not change the token and is tried again. Callers get the token until five seconds before its end.
/// - Even with short-lived tokens and failures, an audience costs at most one fetch a second, and one more a minute for
///   a refused token.
pub(crate) struct TokenCache {
    kept: Kept<TokenPolicy>,
    /// Whether the platform gives this process no identity. Then every request for a token fails at once.
    unusable: bool,
}

struct TokenPolicy {
    source: Arc<dyn TokenCredential>,
    /// The longest time that a caller waits, even if `source` retries longer.
    wait: Duration,
    clock: Clock,
}

impl TokenCache {
    /// Makes a cache of the tokens of `source`. Fetches no token.
    pub(crate) fn new(source: Arc<dyn TokenCredential>, wait: Duration) -> Arc<Self> {
        Self::with_clock(source, wait, system_clock())
    }

    /// Makes a cache whose source never has a token.
    pub(super) fn unusable(source: Arc<dyn TokenCredential>, wait: Duration) -> Arc<Self> {
        Arc::new(Self { kept: Kept::new(TokenPolicy { source, wait, clock: system_clock() }), unusable: true })
    }

    fn with_clock(source: Arc<dyn TokenCredential>, wait: Duration, clock: Clock) -> Arc<Self> {
        Arc::new(Self { kept: Kept::new(TokenPolicy { source, wait, clock }), unusable: false })
    }

    /// Returns a token for one audience. If it is in memory, nothing is allocated.
    pub(crate) async fn token(&self, scope: &str) -> Result<Token, TokenError> {
        self.kept.get(|known| known == &[scope], || vec![scope.to_owned()]).await
    }

    /// Fails if there can be no token. The service then needs no request, because it would only answer with a
    /// challenge.
    pub(super) async fn check(&self) -> azure_core::Result<()> {
        if self.unusable { self.get_token(&[""], None).await.map(drop) } else { Ok(()) }
    }

    /// Drops `refused`, a token that a service answered with 401. The next caller then gets another token.
    ///
    /// Returns whether another token and another try may help. They do not help if a token was dropped less than a
    /// minute ago. Then the service refuses this identity and not only this token, so `refused` is kept. All callers
    /// with the same refused token may try again, and one fetch serves them.
    pub(crate) fn invalidate(&self, refused: &Secret) -> bool {
        // If no audience has the token, another one has replaced it already.
        self.kept.refuse(|_| true, |token| token.secret() == refused).unwrap_or(true)
    }
}

#[async_trait]
impl TokenCredential for TokenCache {
    /// Ignores the options: they are one caller's, but all callers share a fetch.
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let owned = || scopes.iter().map(|&scope| scope.to_owned()).collect();
        Ok(self.kept.get(|known| known == scopes, owned).await?.to_sdk())
    }
}

impl KeptPolicy for TokenPolicy {
    type Key = Vec<String>;
    type Value = Token;
    type Failure = TokenError;

    const ON_REFUSAL: OnRefusal = OnRefusal::Drop;
    const ON_RENEWAL: OnRenewal = OnRenewal::LongerLivedWins;

    /// Fetches a token. A fetch that a caller waits for has the caller's time limit. A renewal has time for the
    /// credential's own retries.
    async fn fetch(
        &self,
        scopes: &Vec<String>,
        waited_for: impl Future<Output = ()> + Send,
    ) -> Result<Fetched<Token>, TokenError> {
        let last = Arc::new(LastTry::default());
        let context = Context::new().with_value(last.clone());
        let options = TokenRequestOptions { method_options: ClientMethodOptions { context } };
        let names: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let token = select! {
            biased;
            token = self.source.get_token(&names, Some(options)) => token,
            limit = too_late(waited_for, self.wait) => {
                return Err(TokenError::late(scopes.join(" "), limit, last.failed()));
            }
        };
        let token = token.map_err(|error| TokenError::failed(scopes.join(" "), error, last.failed()))?;
        let life = until(SystemTime::from(token.expires_on), Deadline::now(&self.clock));
        if life.is_zero() {
            warn!("the identity endpoint gave a token that has already ended: check this machine's clock");
        }
        // An expired token is still used for one second. The service decides by its own clock, which may be better than
        // ours, and this app must not fetch for each caller.
        let usable_for = (life - SLACK.min(life / 10)).max(NEGATIVE_TTL);
        Ok(Fetched { value: Token::new(token), usable_for })
    }

    fn renew_after(&self, left: Duration, jitter: f64) -> Option<Duration> {
        renew_after(left, jitter)
    }

    fn patience(&self) -> Option<Duration> {
        None
    }

    fn late(&self, scopes: &Vec<String>) -> TokenError {
        TokenError::late(scopes.join(" "), self.wait, None)
    }

    fn stopped(&self, scopes: &Vec<String>, why: Stopped) -> TokenError {
        TokenError::stopped(scopes.join(" "), why)
    }

    fn describe(&self, _scopes: &Vec<String>) -> String {
        "a token".to_owned()
    }

    fn clock(&self) -> &Clock {
        &self.clock
    }
}

async fn too_late(waited_for: impl Future<Output = ()>, wait: Duration) -> Duration {
    let background = TimeLimits::new(Service::Identity).whole;
    let awaited = async {
        waited_for.await;
        sleep(wait).await;
    };
    select! {
        () = awaited => wait,
        () = sleep(background) => background,
    }
}

impl fmt::Debug for TokenCache {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TokenCache").field("source", &self.kept.policy().source).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod schedule_tests {
    use proptest::prelude::*;

    use super::*;

    const YEAR: u64 = 366 * 24 * 60 * 60 * 1000;

    proptest! {
        #[test]
        fn a_renewal_is_due_between_45_and_55_hundredths(left in 22_500..YEAR, jitter in 0.0..=1.0) {
            let share = renew_after(Duration::from_millis(left), jitter).unwrap().as_secs_f64() * 1000.0 / left as f64;
            prop_assert!((0.4499..=0.5501).contains(&share), "{share}");
        }

        #[test]
        fn renewals_are_ten_seconds_apart_and_within_what_is_left(left in 0..60_000_u64, jitter in 0.0..=1.0) {
            let left = Duration::from_millis(left);
            match renew_after(left, jitter) {
                Some(after) => prop_assert!(after >= SHORTEST_INTERVAL && after < left),
                None => prop_assert!(left <= SHORTEST_INTERVAL),
            }
        }
    }
}

#[cfg(test)]
mod tests;
