//! What is tried again, when, and how often: only what is safe to repeat, after a pause with jitter, and no more than a tenth of all calls for long, so that a gateway in trouble is not kept there.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode, header::RETRY_AFTER};
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::Response;

use crate::kept::jitter;

/// Tries after the first.
const RETRIES: u32 = 2;

/// The first pause; it doubles.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// A gateway that asks for more time than this: its answer is passed on to our caller.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The budget holds ten retries at most. A retry costs ten tokens, and each answer of another kind brings one.
const CAPACITY: u32 = 100;
const COST: u32 = 10;

/// For all calls of this process together.
pub(super) struct RetryBudget {
    first: Duration,
    tokens: AtomicU32,
}

/// Of one call.
#[derive(Default)]
pub(super) struct Tries(u32);

impl Default for RetryBudget {
    fn default() -> Self {
        Self::starting_with(FIRST_PAUSE)
    }
}

impl RetryBudget {
    pub(super) const fn starting_with(first: Duration) -> Self {
        Self { first, tokens: AtomicU32::new(CAPACITY) }
    }

    /// How long to wait before another try; `None` when this was the last.
    pub(super) fn wait(
        &self,
        tries: &mut Tries,
        method: &Method,
        sent: &reqwest::Result<Response>,
    ) -> Option<Duration> {
        match sent {
            Ok(response) if is_passing(response.status()) => {
                let asked = retry_after(response.headers(), Timestamp::now());
                if method.is_idempotent() { self.next(tries, asked.unwrap_or_default()) } else { None }
            }
            Ok(_) => {
                self.save();
                None
            }
            // A request that did not reach the gateway did nothing there.
            Err(error) if error.is_connect() || (method.is_idempotent() && !error.is_timeout()) => {
                self.next(tries, Duration::ZERO)
            }
            Err(_) => None,
        }
    }

    fn next(&self, tries: &mut Tries, asked: Duration) -> Option<Duration> {
        if tries.0 >= RETRIES || asked > LONGEST_WAIT || !self.spend() {
            return None;
        }
        let pause = self.first.saturating_mul(1 << tries.0).mul_f64(0.5 + 0.5 * jitter());
        tries.0 += 1;
        // Many callers are asked to come again at one moment: jitter keeps them apart.
        Some(if asked.is_zero() { pause } else { asked + pause })
    }

    fn spend(&self) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(COST)).is_ok()
    }

    fn save(&self) {
        let more = |tokens: u32| (tokens < CAPACITY).then_some(tokens + 1);
        // A full budget is no error.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// Statuses that time may mend.
fn is_passing(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::TOO_MANY_REQUESTS
            | StatusCode::BAD_GATEWAY
            | StatusCode::SERVICE_UNAVAILABLE
            | StatusCode::GATEWAY_TIMEOUT
    )
}

/// Seconds, or a date; <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>.
fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = rfc2822::parse(text).ok()?.timestamp();
    Some(Duration::try_from(date.duration_since(now)).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16, retry_after: Option<&str>) -> reqwest::Result<Response> {
        let mut response = http::Response::builder().status(status);
        if let Some(value) = retry_after {
            response = response.header(RETRY_AFTER, value);
        }
        Ok(Response::from(response.body("").unwrap()))
    }

    fn wait(method: Method, status: u16, retry_after: Option<&str>) -> Option<Duration> {
        RetryBudget::default().wait(&mut Tries::default(), &method, &answered(status, retry_after))
    }

    #[test]
    fn what_is_safe_to_repeat_is_tried_again() {
        for method in [Method::GET, Method::HEAD, Method::PUT, Method::DELETE, Method::OPTIONS] {
            for status in [429, 502, 503, 504] {
                let pause = wait(method.clone(), status, None).unwrap();
                assert!(pause >= FIRST_PAUSE / 2 && pause <= FIRST_PAUSE, "{method} {status} {pause:?}");
            }
            for status in [200, 204, 302, 400, 401, 404, 500, 501] {
                assert_eq!(wait(method.clone(), status, None), None, "{method} {status}");
            }
        }
        for method in [Method::POST, Method::PATCH] {
            assert_eq!(wait(method, 503, None), None);
        }
    }

    #[test]
    fn retry_after_is_honoured_up_to_a_limit() {
        let wait = |value| wait(Method::GET, 429, Some(value));
        assert!(wait("3").is_some_and(|pause| pause > Duration::from_secs(3) && pause < Duration::from_secs(4)));
        assert!(wait("10").is_some());
        assert_eq!(wait("11"), None);
        assert_eq!(wait("99999999999"), None);
        assert!(wait("soon").is_some_and(|pause| pause <= FIRST_PAUSE), "a text that is no time is ignored");
    }

    #[test]
    fn a_date_is_a_time_too() {
        let now: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
        let after = |text: &str| retry_after(&HeaderMap::from_iter([(RETRY_AFTER, text.parse().unwrap())]), now);
        assert_eq!(after("Sat, 21 Nov 2026 09:30:07 GMT"), Some(Duration::from_secs(7)));
        assert_eq!(after("Sat, 21 Nov 2026 09:29:00 GMT"), Some(Duration::ZERO));
        assert_eq!(after("tomorrow"), None);
    }

    #[test]
    fn one_call_is_tried_three_times_ever_more_slowly() {
        let (retries, mut tries) = (RetryBudget::default(), Tries::default());
        let mut next = || retries.wait(&mut tries, &Method::GET, &answered(503, None));
        let (first, second) = (next().unwrap(), next().unwrap());
        assert!(first <= FIRST_PAUSE && second >= FIRST_PAUSE && second <= 2 * FIRST_PAUSE, "{first:?} {second:?}");
        assert_eq!(next(), None);
    }

    #[test]
    fn a_gateway_in_trouble_gets_a_tenth_more_calls_and_no_storm() {
        let retries = RetryBudget::default();
        let retried = |status| retries.wait(&mut Tries::default(), &Method::GET, &answered(status, None)).is_some();
        assert_eq!((0..1000).filter(|_| retried(503)).count(), 10);
        assert_eq!((0..100).filter(|_| retried(200)).count(), 0);
        assert_eq!((0..1000).filter(|_| retried(503)).count(), 10, "saved up again");
        let mixed = (0..1000).filter(|call| retried(if call % 2 == 0 { 200 } else { 503 })).count();
        assert!(mixed <= 50, "{mixed} of 500 failures");
    }
}
