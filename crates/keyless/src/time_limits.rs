//! The time limits of all services in one table, each below the 230 s of Azure's load balancer.
//!
//! | service | one try | pause within a body | whole call | a caller waits |
//! |---|---|---|---|---|
//! | identity endpoint | 10 s | – | 60 s | 5 s |
//! | Key Vault | 5 s | – | 60 s | 15 s |
//! | Blob Storage | 30 s | 30 s | 100 s | 100 s |
//! | API Management, any API | 100 s | 180 s | 100 s | 100 s |
//! | Azure `OpenAI`, also through API Management | 200 s | 180 s | 200 s | 200 s |
//!
//! A *try* ends when the answer begins. For the identity endpoint and the vault, which have small answers, it ends when
//! the answer is complete. For an API the try begins when the last byte of the request is sent, so a request body that
//! keeps flowing has no limit. For Storage a try includes sending one block of 4 MiB. A *whole call* is all tries and
//! pauses until the answer begins. For Storage it is that of one block or one page. The wait for a place among the
//! client's calls ([`in_flight`](crate::in_flight)) is one of these pauses. *A caller waits* for a token or secret that
//! is not in memory. The fetch continues in the background until its own limit.

use std::time::Duration;

#[cfg(any(test, feature = "secrets", feature = "blobs", feature = "openai"))]
use futures_util::FutureExt as _;
use tokio::{task_local, time::Instant};

use crate::error::Service;

/// The time limit of a connection, including TLS.
pub(crate) const CONNECT: Duration = Duration::from_secs(10);

/// The time in which a developer's tool, `az` or `azd`, must return a token.
pub(crate) const TOOL: Duration = Duration::from_secs(30);

/// The time limit of one service's readiness check.
pub(crate) const CHECK: Duration = Duration::from_secs(20);

/// The time limits of one service.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TimeLimits {
    /// The time of one try, until the answer begins.
    pub(crate) answer: Duration,
    /// The time between two pieces of a body; `None` if the whole answer must arrive within `answer`.
    pub(crate) pause: Option<Duration>,
    /// The time of all tries and the waits between them.
    pub(crate) whole: Duration,
    /// The time that a caller waits. The fetch may continue after it.
    pub(crate) caller: Duration,
}

impl TimeLimits {
    pub(crate) const fn new(service: Service) -> Self {
        match service {
            Service::Identity => Self { answer: secs(10), pause: None, whole: secs(60), caller: secs(5) },
            Service::KeyVault => Self { answer: secs(5), pause: None, whole: secs(60), caller: secs(15) },
            Service::Storage => Self { answer: secs(30), pause: Some(secs(30)), whole: secs(100), caller: secs(100) },
            // A model thinks before it answers. An answer that is not streamed arrives when it is complete.
            Service::OpenAi => Self { answer: secs(200), pause: Some(secs(180)), whole: secs(200), caller: secs(200) },
            Service::ApiManagement | Service::Api => {
                Self { answer: secs(100), pause: Some(secs(180)), whole: secs(100), caller: secs(100) }
            }
        }
    }
}

task_local! {
    /// The end of this task's call, answered or not.
    static END: Instant;
}

/// Runs `call`, which can ask for its end.
pub(crate) fn ending<F: Future>(end: Instant, call: F) -> impl Future<Output = F::Output> {
    END.scope(end, call)
}

/// Returns the outcome of `call`; `None` if there is no outcome at `end`. An `async fn` would hold the call twice.
#[cfg(any(test, feature = "secrets", feature = "blobs", feature = "openai"))]
pub(crate) fn until<T>(end: Instant, call: impl Future<Output = T>) -> impl Future<Output = Option<T>> {
    tokio::time::timeout_at(end, ending(end, call)).map(Result::ok)
}

/// The end of this task's call; `None` if the call has no limit.
pub(crate) fn end_of_call() -> Option<Instant> {
    END.try_with(|end| *end).ok()
}

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_time_limit_is_below_the_hosts() {
        const HOST: Duration = secs(230);
        for service in [
            Service::Identity,
            Service::KeyVault,
            Service::Storage,
            Service::ApiManagement,
            Service::OpenAi,
            Service::Api,
        ] {
            let limits = TimeLimits::new(service);
            let pause = limits.pause.unwrap_or_default();
            for limit in [limits.answer, pause, limits.whole, limits.caller, CONNECT, TOOL, CHECK] {
                assert!(limit < HOST, "{service}: {limit:?}");
            }
            assert!(limits.answer <= limits.whole && limits.caller <= limits.whole, "{service}: {limits:?}");
        }
    }

    #[test]
    fn a_second_try_of_the_vault_fits_into_a_callers_wait() {
        let limits = TimeLimits::new(Service::KeyVault);
        assert!(limits.answer * 2 < limits.caller);
    }
}
