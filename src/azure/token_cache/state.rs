//! What is known of one audience, and how it changes. No task, no clock of its own.

use std::time::{Duration, SystemTime};

use azure_core::credentials::{AccessToken, Secret};

use super::{
    clock::{Moment, until},
    error::TokenError,
};

/// A token is not given out in its last seconds: it must still be good when the service looks at it, by the service's
/// clock. Of a token that lives less than 50 seconds it is the last tenth.
const SLACK: Duration = Duration::from_secs(5);

/// For how long what a fetch brought answers those who come after it, be it a failure or a token that is as good as
/// over: an endpoint is asked once a second, however many ask us.
const BRIEFLY: Duration = Duration::from_secs(1);

/// The shortest time between two tokens of one audience that are dropped because a service refused them.
const REFUSAL_PAUSE: Duration = Duration::from_secs(60);

/// A token, and until when it is given out.
pub(super) struct Held {
    token: AccessToken,
    end: Moment,
}

impl Held {
    /// A token that has already ended is given out for a second, like any other that is as good as over: it is the
    /// service that decides, by a clock which may be better than ours, and we must not fetch for each caller.
    pub(super) fn new(token: AccessToken, now: Moment) -> Self {
        let life = life(&token, now);
        let end = now.after((life - SLACK.min(life / 10)).max(BRIEFLY));
        Self { token, end }
    }
}

/// How long a token lives from now on; zero if it has ended.
pub(super) fn life(token: &AccessToken, now: Moment) -> Duration {
    until(SystemTime::from(token.expires_on), now)
}

struct Failure {
    error: TokenError,
    held_until: Moment,
}

#[derive(Default)]
pub(super) struct State {
    held: Option<Held>,
    /// Of the last fetch, if that failed.
    failure: Option<Failure>,
    fetches: u64,
    dropped: Option<Moment>,
    stopped: bool,
}

impl State {
    /// How many fetches have ended.
    pub(super) fn fetches(&self) -> u64 {
        self.fetches
    }

    /// Whether no fetch will ever come.
    pub(super) fn is_stopped(&self) -> bool {
        self.stopped
    }

    pub(super) fn usable(&self, now: Moment) -> Option<&AccessToken> {
        self.held.as_ref().filter(|held| !held.end.has_come(now)).map(|held| &held.token)
    }

    /// For how long there is a token; `None` if there is none.
    pub(super) fn left(&self, now: Moment) -> Option<Duration> {
        self.held.as_ref().map(|held| held.end.left(now)).filter(|left| !left.is_zero())
    }

    /// What a caller gets at once.
    pub(super) fn answer(&self, now: Moment) -> Option<Result<AccessToken, TokenError>> {
        if let Some(token) = self.usable(now) {
            return Some(Ok(token.clone()));
        }
        let failure = self.failure.as_ref().filter(|failure| !failure.held_until.has_come(now))?;
        Some(Err(failure.error.clone()))
    }

    /// What a caller gets who waited for the fetch that has just ended; `None` if its token was dropped since.
    pub(super) fn outcome(&self) -> Option<Result<AccessToken, TokenError>> {
        match &self.failure {
            Some(failure) => Some(Err(failure.error.clone())),
            None => self.held.as_ref().map(|held| Ok(held.token.clone())),
        }
    }

    /// Takes in how a fetch ended.
    pub(super) fn settle(&mut self, fetched: Result<Held, TokenError>, now: Moment) {
        self.fetches += 1;
        match fetched {
            Ok(new) => {
                // The endpoint has a cache of its own, which may still give what is older than ours.
                let ours_is_better = self.left(now).is_some_and(|ours| ours > new.end.left(now));
                if !ours_is_better {
                    self.held = Some(new);
                }
                self.failure = None;
            }
            Err(error) => {
                self.held.take_if(|held| held.end.has_come(now));
                self.failure = Some(Failure { error, held_until: now.after(BRIEFLY) });
            }
        }
    }

    /// Tells everybody who waits, and who comes, that the task has ended.
    pub(super) fn stop(&mut self, error: TokenError, now: Moment) {
        self.settle(Err(error), now);
        self.stopped = true;
    }

    /// Drops `refused` unless one was dropped lately. `None` if it is not the token at hand, else whether it is gone.
    pub(super) fn invalidate(&mut self, refused: &Secret, now: Moment) -> Option<bool> {
        self.held.as_ref().filter(|held| held.token.token == *refused)?;
        let lately = self.dropped.is_some_and(|dropped| !dropped.after(REFUSAL_PAUSE).has_come(now));
        if !lately {
            self.held = None;
            self.dropped = Some(now);
        }
        Some(!lately)
    }
}
