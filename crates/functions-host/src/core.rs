//! The shared state of a running job host: one script root, one handler, until the next restart.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use jiff::{Timestamp, Zoned, tz::TimeZone};
use tokio::sync::{Notify, watch};

use super::{
    body_limit::BodyLimit,
    invocation::InvocationSink,
    log::Log,
    process::{Handler, HttpClient},
    script::{FunctionDefinition, Script, Trigger},
    throttle::Throttle,
    timers::Statuses,
};

pub(super) struct Core {
    pub(super) script: Arc<Script>,
    pub(super) handler: Handler,
    pub(super) client: HttpClient,
    pub(super) log: Log,
    pub(super) journal: InvocationSink,
    pub(super) statuses: Arc<Statuses>,
    /// The time zone of schedules: UTC unless `WEBSITE_TIME_ZONE` or `TZ` names another.
    pub(super) zone: TimeZone,
    pub(super) body_limit: BodyLimit,
    pub(super) throttle: Throttle,
    /// The URL `http://localhost:PORT`, as `func start` prints it.
    pub(super) base_url: String,
    /// Whether the host drains: timers have stopped, and running invocations continue.
    pub(super) draining: watch::Sender<bool>,
    pub(super) invocations: Arc<Count>,
    /// The waits between a failed run and the next attempt.
    pub(super) retries: Arc<Count>,
}

/// A counter of things under way.
#[derive(Default)]
pub(super) struct Count {
    number: AtomicUsize,
    ended: Notify,
}

/// One counted thing. It ends when this value is dropped.
pub(super) struct Counted(Arc<Count>);

impl Count {
    pub(super) fn one(self: &Arc<Self>) -> Counted {
        self.number.fetch_add(1, Ordering::SeqCst);
        Counted(Arc::clone(self))
    }

    pub(super) fn get(&self) -> usize {
        self.number.load(Ordering::SeqCst)
    }

    /// Waits until the count is zero.
    async fn none(&self) {
        loop {
            let ended = self.ended.notified();
            if self.get() == 0 {
                return;
            }
            ended.await;
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.number.fetch_sub(1, Ordering::SeqCst);
        self.0.ended.notify_waiters();
    }
}

impl Core {
    /// Finds the function with this name, in any letter case.
    pub(super) fn function(&self, name: &str) -> Option<&FunctionDefinition> {
        self.script.functions.iter().find(|function| function.name.eq_ignore_ascii_case(name))
    }

    /// Returns the URL of an HTTP function, with the parameters of its route.
    pub(super) fn invoke_url(&self, function: &FunctionDefinition) -> Option<String> {
        let Trigger::Http(trigger) = &function.trigger else { return None };
        let parts = [self.base_url.as_str(), &self.script.host.route_prefix, &trigger.route];
        let parts = parts.map(|part| part.strip_prefix('/').unwrap_or(part));
        Some(parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"))
    }

    /// Returns the time in ticks of 100 ns. .NET's clock is no finer, and neither is a stored status.
    pub(super) fn now(&self) -> Zoned {
        let now = Timestamp::now();
        Timestamp::from_nanosecond(now.as_nanosecond() / 100 * 100).unwrap_or(now).to_zoned(self.zone.clone())
    }

    /// Waits until no invocation is under way.
    pub(super) async fn idle(&self) {
        self.invocations.none().await;
    }

    /// Waits until the host is drained.
    pub(super) async fn drained(&self) {
        // This cannot fail: the sender is in this struct.
        let _ = self.draining.subscribe().wait_for(|draining| *draining).await;
    }
}
