//! What a page or a tool sees of a running host, and what it may ask of it. It does not keep the host alive.

use std::sync::{Arc, Weak};

use jiff::Timestamp;
use url::Url;

use super::{Function, FunctionProblem, HostError, Invocation, core::Core, script::Trigger, timers, web::WebHost};

/// A running host, for as long as it runs. Clones see the same one.
#[derive(Clone)]
pub struct HostHandle {
    web: Weak<WebHost>,
    url: Url,
}

/// A timer function: when it fires.
#[derive(Clone, Debug)]
pub struct Timer {
    /// The function's name.
    pub name: String,
    /// Normalised as in the host's log.
    pub schedule: String,
    /// IANA name of the zone that the schedule is in, or its offset.
    pub time_zone: String,
    /// Whether it does not fire, and why.
    pub silent: Option<&'static str>,
    /// Start of the last run on schedule that the host remembers.
    pub last: Option<Timestamp>,
    /// The next runs, soonest first.
    pub next: Vec<Timestamp>,
}

impl HostHandle {
    pub(super) fn new(web: &Arc<WebHost>, url: &Url) -> Self {
        Self { web: Arc::downgrade(web), url: url.clone() }
    }

    /// `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The key that opens everything; absent where no keys are asked for, or the host has ended.
    #[must_use]
    pub fn master_key(&self) -> Option<String> {
        self.web.upgrade()?.keys.as_ref().map(|keys| keys.master.clone())
    }

    /// As `GET /admin/host/status` names it; `Stopped` where the host has ended.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.web.upgrade().map_or("Stopped", |web| web.state())
    }

    /// Why the host gave up on the handler, or cannot start at all.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.web.upgrade()?.problem()
    }

    /// The functions that are loaded now, sorted by name.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        let core = self.core();
        core.iter().flat_map(|core| core.script.functions.iter().map(|one| Function::new(core, one))).collect()
    }

    /// The functions that are in error, and why.
    #[must_use]
    pub fn problems(&self) -> Vec<FunctionProblem> {
        let core = self.core();
        let errors = core.iter().flat_map(|core| &core.script.errors);
        errors.map(|error| FunctionProblem { name: error.name.clone(), problem: error.problem.clone() }).collect()
    }

    /// The timer functions, each with so many of its next runs.
    #[must_use]
    pub fn timers(&self, next: usize) -> Vec<Timer> {
        let Some(web) = self.web.upgrade() else { return Vec::new() };
        let Some(core) = web.core() else { return Vec::new() };
        let now = core.now();
        let zone = core.zone.iana_name().map_or_else(|| now.offset().to_string(), str::to_owned);
        let timers = core.script.functions.iter().filter_map(|function| match &function.trigger {
            Trigger::Timer(timer) => Some((function, timer)),
            Trigger::Http(_) => None,
        });
        let timer = |(function, timer): (&super::script::FunctionDefinition, &super::script::TimerTrigger)| Timer {
            name: function.name.clone(),
            schedule: timer.schedule.to_string(),
            time_zone: zone.clone(),
            silent: match (function.disabled, web.fire_timers) {
                (true, _) => Some("an app setting disables it"),
                (false, false) => Some("this host fires no timers"),
                (false, true) => None,
            },
            last: timers::last_run(&core, &function.name),
            next: timer.schedule.occurrences_after(&now).take(next).map(|at| at.timestamp()).collect(),
        };
        timers.map(timer).collect()
    }

    /// Runs a timer function now: see [`FunctionsHost::invoke`](super::FunctionsHost::invoke).
    ///
    /// # Errors
    /// [`HostError`] if there is no such function, it is an HTTP function, or the host has ended.
    pub async fn invoke(&self, name: &str) -> Result<Invocation, HostError> {
        let web = self.web.upgrade().ok_or_else(ended)?;
        super::invoke(&web, name, None).await
    }

    /// Starts a new handler: see [`FunctionsHost::replace`](super::FunctionsHost::replace). What the old one kept in
    /// memory, such as tokens, is gone with it.
    ///
    /// # Errors
    /// [`HostError`] says why the new one does not come up, or that the host has ended.
    pub async fn replace(&self) -> Result<(), HostError> {
        let web = self.web.upgrade().ok_or_else(ended)?;
        web.replace().await
    }

    fn core(&self) -> Option<Arc<Core>> {
        self.web.upgrade()?.core()
    }
}

fn ended() -> HostError {
    HostError::Stopped("it has ended".to_owned())
}
