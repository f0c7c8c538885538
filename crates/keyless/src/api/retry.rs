//! The rules of retries: which calls, when, and how often. Only calls that are safe to repeat are retried, after a
//! pause with jitter. In the long run at most a tenth of all calls are retries, so that retries do not overload a
//! gateway in trouble.

use std::{
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use http::{HeaderMap, Method, StatusCode, header::RETRY_AFTER};
use jiff::{Timestamp, fmt::rfc2822};
use reqwest::Response;

use crate::kept::jitter;

/// The number of tries after the first.
const RETRIES: u32 = 2;

/// The first pause. Each further pause is twice as long.
const FIRST_PAUSE: Duration = Duration::from_millis(250);

/// The longest wait that a gateway may ask for. If it asks for more, its answer is passed on to our caller.
const LONGEST_WAIT: Duration = Duration::from_secs(10);

/// The size of the budget: at most ten retries. A retry costs ten tokens, and each answer that needs no retry brings
/// one.
const CAPACITY: u32 = 100;
const COST: u32 = 10;

/// The header with the wait in milliseconds. Azure `OpenAI` sends it beside `Retry-After`.
const RETRY_AFTER_MS: &str = "retry-after-ms";

/// The requests that may be sent again after a passing failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Repeat {
    /// Requests with an idempotent method.
    ByMethod,
    /// All requests: a model that is asked twice has changed nothing.
    Always,
    /// All requests, but not after a 500: the gateway has already tried the other backends, and more calls would only
    /// open their circuit breakers.
    #[cfg_attr(not(any(test, feature = "openai")), expect(dead_code, reason = "a model's alone"))]
    BehindGateway,
}

/// The retry budget that all calls of one client share.
pub(crate) struct RetryBudget {
    first: Duration,
    tokens: AtomicU32,
}

/// The tries of one call.
#[derive(Default)]
pub(crate) struct Tries {
    retries: u32,
    /// The number of sendings, including those with a renewed token or key.
    sendings: u32,
}

impl Tries {
    /// Counts a sending, and returns the number of earlier ones.
    pub(super) fn next_sending(&mut self) -> u32 {
        let before = self.sendings;
        self.sendings += 1;
        before
    }
}

impl Default for RetryBudget {
    fn default() -> Self {
        Self::starting_with(FIRST_PAUSE)
    }
}

impl RetryBudget {
    pub(super) const fn starting_with(first: Duration) -> Self {
        Self { first, tokens: AtomicU32::new(CAPACITY) }
    }

    /// Returns the wait before another try; `None` if this was the last.
    pub(super) fn wait(
        &self,
        tries: &mut Tries,
        (method, repeat): (&Method, Repeat),
        sent: &reqwest::Result<Response>,
    ) -> Option<Duration> {
        let may_repeat = repeat != Repeat::ByMethod || method.is_idempotent();
        match sent {
            Ok(response) if is_passing(response.status(), repeat) => {
                let asked = retry_after(response.headers(), Timestamp::now());
                if may_repeat { self.next(tries, asked.unwrap_or_default()) } else { None }
            }
            Ok(_) => {
                self.save();
                None
            }
            // A request that did not reach the gateway changed nothing there.
            Err(error) if error.is_connect() || (may_repeat && !error.is_timeout()) => self.next(tries, Duration::ZERO),
            Err(_) => None,
        }
    }

    /// Returns the wait before another try, if the service asked for `asked`.
    pub(super) fn next(&self, tries: &mut Tries, asked: Duration) -> Option<Duration> {
        if tries.retries >= RETRIES || asked > LONGEST_WAIT || !self.spend() {
            return None;
        }
        let pause = self.first.saturating_mul(1 << tries.retries).mul_f64(0.5 + 0.5 * jitter());
        tries.retries += 1;
        // A service may ask many callers to come again at one moment. Jitter spreads them.
        Some(if asked.is_zero() { pause } else { asked + pause })
    }

    /// The number of retries in the budget.
    pub(super) fn left(&self) -> u32 {
        self.tokens.load(Ordering::Relaxed) / COST
    }

    fn spend(&self) -> bool {
        self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |tokens| tokens.checked_sub(COST)).is_ok()
    }

    fn save(&self) {
        let more = |tokens: u32| (tokens < CAPACITY).then_some(tokens + 1);
        // A full budget is not an error.
        let _ = self.tokens.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    }
}

/// Reports whether a failure with this status may pass with time.
fn is_passing(status: StatusCode, repeat: Repeat) -> bool {
    let of_a_model = repeat == Repeat::Always && (status == StatusCode::REQUEST_TIMEOUT || status.is_server_error());
    of_a_model
        || matches!(
            status,
            StatusCode::TOO_MANY_REQUESTS
                | StatusCode::BAD_GATEWAY
                | StatusCode::SERVICE_UNAVAILABLE
                | StatusCode::GATEWAY_TIMEOUT
        )
}

/// Reads the requested wait: milliseconds in a separate header, otherwise seconds or a date;
/// <https://www.rfc-editor.org/rfc/rfc9110#field.retry-after>.
pub(crate) fn retry_after(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let milliseconds = headers.get(RETRY_AFTER_MS).and_then(|value| value.to_str().ok()?.trim().parse().ok());
    if let Some(milliseconds) = milliseconds {
        return Some(Duration::from_millis(milliseconds));
    }
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
        RetryBudget::default().wait(&mut Tries::default(), (&method, Repeat::ByMethod), &answered(status, retry_after))
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
    fn a_models_post_is_repeated_also_after_a_408_and_a_500() {
        let wait = |status| {
            let post = (&Method::POST, Repeat::Always);
            RetryBudget::default().wait(&mut Tries::default(), post, &answered(status, None))
        };
        for status in [408, 429, 500, 502, 503, 504, 529] {
            assert!(wait(status).is_some(), "{status}");
        }
        for status in [200, 400, 401, 403, 404, 409, 413] {
            assert_eq!(wait(status), None, "{status}");
        }
        let behind = |status| {
            let post = (&Method::POST, Repeat::BehindGateway);
            RetryBudget::default().wait(&mut Tries::default(), post, &answered(status, None)).is_some()
        };
        assert!(behind(429) && behind(503) && !behind(500) && !behind(408));
    }

    #[test]
    fn milliseconds_come_before_seconds() {
        let both = |ms: &str| {
            HeaderMap::from_iter(
                [("retry-after-ms", ms), ("retry-after", "7")]
                    .map(|(name, value)| (http::HeaderName::from_static(name), value.parse().unwrap())),
            )
        };
        let now = Timestamp::now();
        assert_eq!(retry_after(&both("1500"), now), Some(Duration::from_millis(1500)));
        assert_eq!(retry_after(&both("soon"), now), Some(Duration::from_secs(7)), "a text that is no time is ignored");
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
        let mut next = || retries.wait(&mut tries, (&Method::GET, Repeat::ByMethod), &answered(503, None));
        let (first, second) = (next().unwrap(), next().unwrap());
        assert!(first <= FIRST_PAUSE && second >= FIRST_PAUSE && second <= 2 * FIRST_PAUSE, "{first:?} {second:?}");
        assert_eq!(next(), None);
    }

    #[test]
    fn a_gateway_in_trouble_gets_a_tenth_more_calls_and_no_storm() {
        let retries = RetryBudget::default();
        let get = (&Method::GET, Repeat::ByMethod);
        let retried = |status| retries.wait(&mut Tries::default(), get, &answered(status, None)).is_some();
        assert_eq!((0..1000).filter(|_| retried(503)).count(), 10);
        assert_eq!((0..100).filter(|_| retried(200)).count(), 0);
        assert_eq!((0..1000).filter(|_| retried(503)).count(), 10, "saved up again");
        let mixed = (0..1000).filter(|call| retried(if call % 2 == 0 { 200 } else { 503 })).count();
        assert!(mixed <= 50, "{mixed} of 500 failures");
    }
}
