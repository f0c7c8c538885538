//! A scripted credential that counts its fetches.

use std::sync::Mutex;

use azure_core::{error::ErrorKind, time::OffsetDateTime};
use tokio::sync::Notify;

use super::*;

/// The outcome of all further fetches.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// A new token with this life. It is named by its audience and number.
    Token(Duration),
    /// The same token each time, which ends at this time.
    Until(SystemTime),
    Unreachable,
    Panic,
}

#[derive(Debug)]
struct Plan {
    delay: Duration,
    outcome: Outcome,
}

pub(super) struct Inner {
    clock: Clock,
    plan: Mutex<Plan>,
    fetches: Mutex<Vec<(String, Instant)>>,
    pub(super) begun: Notify,
}

impl Inner {
    pub(super) fn new(clock: Clock) -> Self {
        let plan = Plan { delay: SECOND / 10, outcome: Outcome::Token(DAY) };
        Self { clock, plan: Mutex::new(plan), fetches: Mutex::default(), begun: Notify::new() }
    }

    pub(super) fn now(&self) -> SystemTime {
        (self.clock)()
    }

    pub(super) fn will(&self, outcome: Outcome) {
        self.plan.lock().unwrap().outcome = outcome;
    }

    pub(super) fn will_take(&self, delay: Duration) {
        self.plan.lock().unwrap().delay = delay;
    }

    /// Returns the number of fetches of an audience that have begun.
    pub(super) fn fetches(&self, scope: &str) -> usize {
        self.moments(scope).len()
    }

    pub(super) fn moments(&self, scope: &str) -> Vec<Instant> {
        let fetches = self.fetches.lock().unwrap();
        fetches.iter().filter(|(name, _)| name == scope).map(|(_, at)| *at).collect()
    }
}

#[async_trait]
impl TokenCredential for Inner {
    async fn get_token(
        &self,
        scopes: &[&str],
        _options: Option<TokenRequestOptions<'_>>,
    ) -> azure_core::Result<AccessToken> {
        let scope = scopes.join(" ");
        self.fetches.lock().unwrap().push((scope.clone(), Instant::now()));
        self.begun.notify_waiters();
        let (number, delay) = (self.fetches(&scope), self.plan.lock().unwrap().delay);
        sleep(delay).await;
        let outcome = self.plan.lock().unwrap().outcome;
        let (name, end) = match outcome {
            Outcome::Token(life) => (format!("{scope}#{number}"), self.now() + life),
            Outcome::Until(end) => ("the same".to_owned(), end),
            Outcome::Unreachable => {
                return Err(azure_core::Error::with_message(ErrorKind::Connection, "connection refused"));
            }
            Outcome::Panic => panic!("as told"),
        };
        Ok(AccessToken::new(name, OffsetDateTime::from(end)))
    }
}

impl fmt::Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Inner")
    }
}
