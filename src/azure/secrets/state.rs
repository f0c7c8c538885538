//! What is known of one secret.

use std::time::Duration;

use super::{
    super::token_cache::{
        clock::Moment,
        schedule::{back_off, chance},
    },
    HARD_END, LIFETIME, SecretValue,
    fetch::Failure,
};
use crate::error::Error;

/// For how long callers get a failure at once, and the vault is not asked for them.
const BRIEFLY: Duration = Duration::from_secs(1);

/// What a vault asks for in `Retry-After` is honoured up to here.
const LONGEST_PAUSE: Duration = Duration::from_secs(5 * 60);

#[derive(Default)]
pub(super) struct State {
    held: Option<Held>,
    /// Of the last fetch, if that failed.
    failure: Option<(Error, Moment)>,
    /// How many fetches in a row have failed.
    failures: u32,
    fetches: u64,
}

struct Held {
    value: SecretValue,
    end: Moment,
}

impl State {
    /// How many fetches have ended.
    pub(super) fn fetches(&self) -> u64 {
        self.fetches
    }

    pub(super) fn value(&self, now: Moment) -> Option<&SecretValue> {
        self.held.as_ref().filter(|held| !held.end.has_come(now)).map(|held| &held.value)
    }

    /// The failure that callers get at once.
    pub(super) fn fresh_failure(&self, now: Moment) -> Option<&Error> {
        self.failure.as_ref().filter(|(_, until)| !until.has_come(now)).map(|(error, _)| error)
    }

    /// What a caller gets who waited for the fetch that has just ended.
    pub(super) fn outcome(&self, now: Moment) -> Option<Result<SecretValue, Error>> {
        let failed = || self.failure.as_ref().map(|(error, _)| Err(error.clone()));
        self.value(now).cloned().map(Ok).or_else(failed)
    }

    /// Takes in how a fetch ended. Returns when the next is due if nobody waits for it before, and what to warn of.
    pub(super) fn settle(
        &mut self,
        fetched: Result<SecretValue, Failure>,
        now: Moment,
    ) -> (Option<Duration>, Option<Error>) {
        self.fetches += 1;
        let (error, pause) = match fetched {
            Ok(value) => {
                self.held = Some(Held { value, end: now.after(HARD_END) });
                (self.failure, self.failures) = (None, 0);
                return (Some(LIFETIME.mul_f64(0.7 + 0.2 * chance())), None);
            }
            Err(Failure::Refused(error)) => {
                self.held = None;
                (error, Duration::ZERO)
            }
            Err(Failure::Unanswered(error, pause)) => (error, pause.unwrap_or_default().min(LONGEST_PAUSE)),
        };
        self.failures += 1;
        self.failure = Some((error.clone(), now.after(pause.max(BRIEFLY))));
        let left = self.held.as_ref().map(|held| held.end.left(now)).filter(|left| !left.is_zero());
        match left {
            Some(left) => (Some(back_off(self.failures, left, chance()).max(pause)), Some(error)),
            // A vault that fails is not asked for nobody, and those who wait report it.
            None => (None, None),
        }
    }
}
