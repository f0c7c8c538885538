//! The choice of a backend: circuit breakers, and the turns in a pool
//! (learn.microsoft.com/azure/api-management/backends).

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Mutex, MutexGuard, PoisonError},
};

use http::header;
use jiff::{SignedDuration, Timestamp};

use crate::{
    expression::Response,
    service::{CircuitBreaker, PoolMember},
};

#[derive(Debug, Default)]
pub(crate) struct BackendStates(Mutex<Inner>);

#[derive(Debug, Default)]
struct Inner {
    health: BTreeMap<String, Health>,
    /// The number of requests of each pool.
    turns: BTreeMap<String, u64>,
}

#[derive(Debug, Default)]
struct Health {
    failures: VecDeque<Timestamp>,
    closed_until: Option<Timestamp>,
}

impl BackendStates {
    /// Reports whether requests may go to the backend.
    pub(crate) fn is_open(&self, id: &str, now: Timestamp) -> bool {
        self.lock().is_open(id, now)
    }

    /// Returns the pool's member whose turn it is. The open members with the first priority share the turns by weight.
    pub(crate) fn next_of(&self, pool: &str, members: &[PoolMember], now: Timestamp) -> Option<String> {
        let mut inner = self.lock();
        let open: Vec<_> = members.iter().filter(|member| inner.is_open(&member.backend, now)).collect();
        let first = open.iter().map(|member| member.priority).min()?;
        let share: Vec<_> = open.iter().filter(|member| member.priority == first).collect();
        let total: u64 = share.iter().map(|member| u64::from(member.weight.max(1))).sum();
        let turn = inner.turns.entry(pool.to_owned()).or_default();
        let mut place = *turn % total;
        *turn = turn.wrapping_add(1);
        for member in share {
            match place.checked_sub(member.weight.max(1).into()) {
                Some(rest) => place = rest,
                None => return Some(member.backend.clone()),
            }
        }
        None
    }

    /// Counts the result of a request. If the backend is skipped from now on, returns the end of that time.
    pub(crate) fn report(
        &self,
        id: &str,
        breaker: &CircuitBreaker,
        response: Option<&Response>,
        now: Timestamp,
    ) -> Option<Timestamp> {
        let failed = response.is_none_or(|response| {
            breaker.statuses.iter().any(|(first, last)| (*first..=*last).contains(&response.status_code))
        });
        if !failed {
            return None;
        }
        let mut inner = self.lock();
        let health = inner.health.entry(id.to_owned()).or_default();
        health.failures.push_back(now);
        health.failures.retain(|at| now.duration_since(*at) < breaker.interval);
        if health.failures.len() < breaker.failures as usize {
            return None;
        }
        let asked = response.filter(|_| breaker.accepts_retry_after).and_then(retry_after);
        let until = now.checked_add(asked.unwrap_or(breaker.trip)).unwrap_or(Timestamp::MAX);
        health.failures.clear();
        health.closed_until = Some(until);
        Some(until)
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn is_open(&self, id: &str, now: Timestamp) -> bool {
        self.health.get(id).and_then(|health| health.closed_until).is_none_or(|until| until <= now)
    }
}

fn retry_after(response: &Response) -> Option<SignedDuration> {
    let seconds: u32 = response.headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim().parse().ok()?;
    Some(SignedDuration::from_secs(seconds.into()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(backend: &str, priority: u32, weight: u32) -> PoolMember {
        PoolMember { backend: backend.to_owned(), priority, weight }
    }

    fn breaker(accepts_retry_after: bool) -> CircuitBreaker {
        CircuitBreaker {
            failures: 2,
            interval: SignedDuration::from_secs(60),
            statuses: vec![(429, 429), (500, 599)],
            trip: SignedDuration::from_secs(30),
            accepts_retry_after,
        }
    }

    fn response(status_code: u16) -> Response {
        Response { status_code, ..Response::default() }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_pool_shares_by_weight_among_the_first_priority_that_is_open() {
        let states = BackendStates::default();
        let pool = [member("a", 1, 3), member("b", 1, 1), member("c", 2, 1)];
        let mut turns = (0..8).map(|_| states.next_of("p", &pool, at(0)).unwrap()).collect::<Vec<_>>();
        turns.sort();
        assert_eq!(turns.concat(), "aaaaaabb");
        for id in ["a", "b", "c"] {
            let closed = CircuitBreaker { failures: 1, ..breaker(false) };
            assert_eq!(states.report(id, &closed, None, at(0)), Some(at(30)));
            let next = states.next_of("p", &pool, at(0));
            assert_eq!(
                next.as_deref(),
                match id {
                    "a" => Some("b"),
                    "b" => Some("c"),
                    _ => None,
                }
            );
        }
        assert!(states.next_of("p", &pool, at(30)).is_some());
    }

    #[test]
    fn a_breaker_counts_failures_within_its_interval() {
        let states = BackendStates::default();
        let report = |status, second| states.report("a", &breaker(false), Some(&response(status)), at(second));
        assert_eq!(report(429, 0), None);
        assert_eq!(report(404, 1), None);
        assert_eq!(report(503, 60), None);
        assert_eq!(report(503, 61), Some(at(91)));
        assert!(!states.is_open("a", at(90)) && states.is_open("a", at(91)) && states.is_open("b", at(0)));
    }

    #[test]
    fn retry_after_says_for_how_long_when_it_is_accepted() {
        let mut busy = response(429);
        busy.headers.insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
        for (accepts, until) in [(true, 5), (false, 30)] {
            let states = BackendStates::default();
            states.report("a", &breaker(accepts), Some(&busy), at(0));
            assert_eq!(states.report("a", &breaker(accepts), Some(&busy), at(0)), Some(at(until)));
        }
    }
}
