//! The cache on virtual time, with a scripted credential.

mod fetching;
mod refusing;
mod renewing;
mod scripted;
mod sdk;

use std::{
    error::Error as StdError,
    iter::successors,
    sync::atomic::{AtomicU64, Ordering},
    time::UNIX_EPOCH,
};

use tokio::{runtime::Handle, task::JoinSet, time::Instant};

use self::scripted::{Inner, Outcome};
use super::{
    super::{problem::IdentityProblem, recorded::RecordAnswers, refused::ForgetRefused, uncached::Uncached},
    *,
};

const VAULT: &str = "https://vault.azure.net/.default";
const STORAGE: &str = "https://storage.azure.com/.default";
const API: &str = "api://orders/.default";
const OPENAI: &str = "https://cognitiveservices.azure.com/.default";
const SCOPES: [&str; 4] = [VAULT, STORAGE, API, OPENAI];

const WAIT: Duration = TimeLimits::new(Service::Identity).caller;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// One cache, its credential, and a time of day that follows the runtime's paused time.
struct World {
    inner: Arc<Inner>,
    cache: Arc<TokenCache>,
    slept: Arc<AtomicU64>,
}

impl World {
    fn new() -> Self {
        let slept = Arc::new(AtomicU64::new(0));
        let (start, seconds) = (Instant::now(), slept.clone());
        let clock: Clock = Arc::new(move || {
            let slept = Duration::from_secs(seconds.load(Ordering::Relaxed));
            UNIX_EPOCH + Duration::from_secs(1_800_000_000) + start.elapsed() + slept
        });
        let inner = Arc::new(Inner::new(clock.clone()));
        let cache = TokenCache::with_clock(inner.clone(), WAIT, clock);
        Self { inner, cache, slept }
    }

    async fn token(&self, scope: &str) -> azure_core::Result<String> {
        let token = self.cache.get_token(&[scope], None).await?;
        Ok(token.token.secret().to_owned())
    }

    /// Returns the token, which must be there without waiting.
    async fn token_at_once(&self, scope: &str) -> String {
        let before = Instant::now();
        let token = self.token(scope).await.unwrap();
        assert_eq!(before.elapsed(), Duration::ZERO, "a caller waited");
        token
    }

    async fn problem(&self, scope: &str) -> IdentityProblem {
        let error = self.token(scope).await.unwrap_err();
        TokenError::within(&error).unwrap().problem()
    }

    /// Lets time pass until `count` fetches of an audience have begun.
    async fn until_fetches(&self, scope: &str, count: usize) {
        loop {
            let begun = self.inner.begun.notified();
            if self.inner.fetches(scope) >= count {
                return;
            }
            begun.await;
        }
    }

    /// Advances the time of day, but not the timers.
    fn machine_sleeps(&self, span: Duration) {
        self.slept.fetch_add(span.as_secs(), Ordering::Relaxed);
    }
}

/// Returns the results of `count` concurrent callers. They ask for the `scopes` in turn.
async fn callers(cache: &Arc<TokenCache>, count: usize, scopes: &[&'static str]) -> Vec<azure_core::Result<String>> {
    let mut callers = JoinSet::new();
    for &scope in scopes.iter().cycle().take(count) {
        let cache = cache.clone();
        callers.spawn(async move { Ok(cache.get_token(&[scope], None).await?.token.secret().to_owned()) });
    }
    callers.join_all().await
}

fn chain(error: &(dyn StdError + 'static)) -> String {
    let layers: Vec<_> = successors(Some(error), |&error| error.source()).map(ToString::to_string).collect();
    layers.join(" < ")
}

async fn sleep(span: Duration) {
    tokio::time::sleep(span).await;
}
