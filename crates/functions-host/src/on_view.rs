//! The data of a running host for a page or a tool.

use jiff::Timestamp;

use super::{
    FunctionProblem, FunctionsHost,
    script::{FunctionDefinition, TimerTrigger, Trigger},
    timers,
};

/// A timer function and its occurrences.
#[derive(Clone, Debug)]
pub struct Timer {
    /// The function's name.
    pub name: String,
    /// The schedule, normalised as in the host's log.
    pub schedule: String,
    /// The time zone of the schedule: its IANA name, or else its offset.
    pub time_zone: String,
    /// Why the timer does not fire. Absent if it fires.
    pub silent: Option<&'static str>,
    /// The start of the last scheduled run that the host remembers.
    pub last: Option<Timestamp>,
    /// The next scheduled runs, soonest first.
    pub next: Vec<Timestamp>,
}

impl FunctionsHost {
    /// Returns the host's state as `GET /admin/host/status` names it.
    #[must_use]
    pub fn state(&self) -> &'static str {
        self.web.state()
    }

    /// Returns why the host gave up on the handler, or why it cannot start at all.
    #[must_use]
    pub fn problem(&self) -> Option<String> {
        self.web.problem()
    }

    /// Returns the functions in error, with the reasons.
    #[must_use]
    pub fn problems(&self) -> Vec<FunctionProblem> {
        let core = self.web.core();
        let errors = core.iter().flat_map(|core| &core.script.errors);
        errors.map(|error| FunctionProblem { name: error.name.clone(), problem: error.problem.clone() }).collect()
    }

    /// Returns the timer functions, each with `next` upcoming runs.
    #[must_use]
    pub fn timers(&self, next: usize) -> Vec<Timer> {
        let web = &self.web;
        let Some(core) = web.core() else { return Vec::new() };
        let now = core.now();
        let zone = core.zone.iana_name().map_or_else(|| now.offset().to_string(), str::to_owned);
        let timers = core.script.functions.iter().filter_map(|function| match &function.trigger {
            Trigger::Timer(timer) => Some((function, timer)),
            Trigger::Http(_) => None,
        });
        let timer = |(function, timer): (&FunctionDefinition, &TimerTrigger)| Timer {
            name: function.name.clone(),
            schedule: timer.schedule.to_string(),
            time_zone: zone.clone(),
            silent: match (function.disabled, web.setup.fire_timers) {
                (true, _) => Some("an app setting disables it"),
                (false, false) => Some("this host fires no timers"),
                (false, true) => None,
            },
            last: timers::last_run(&core, &function.name),
            next: timer.schedule.occurrences_after(&now).take(next).map(|at| at.timestamp()).collect(),
        };
        timers.map(timer).collect()
    }
}
