//! Timers: one loop for each, and the status that the handler sees.
//!
//! Follows `TimerListener.cs` of `Azure/azure-webjobs-sdk-extensions`. The status lives in memory: a restarted host knows
//! nothing of earlier runs, so nothing is past due. A run never overlaps the next on the same schedule; a call by hand may.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use http::Method;
use jiff::Zoned;
use ncrontab::Schedule;
use serde_json::Map;

use super::{
    core::Core,
    invocation::{BY_CALL, Invocation, Run},
    payload::{self, ScheduleStatus},
    script::{FunctionDefinition, TimerTrigger, Trigger},
};

/// Longest single sleep, so that a suspended machine or a changed clock is noticed.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// Occurrences named in the log at start.
const ANNOUNCED: usize = 5;

/// The stored status of each timer, by the function's name.
#[derive(Default)]
pub(super) struct Statuses(Mutex<BTreeMap<String, ScheduleStatus>>);

impl Statuses {
    fn get(&self, function: &str) -> Option<ScheduleStatus> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(function).cloned()
    }

    fn set(&self, function: &str, status: ScheduleStatus) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(function.to_owned(), status);
    }
}

/// Writes the first status of each timer, as the host does at start.
pub(super) fn initialize(core: &Core) {
    let now = core.now();
    for (function, timer) in timers(core) {
        let next = timer.schedule.next_after(&now);
        core.statuses.set(&function.name, ScheduleStatus { last: None, next, last_updated: Some(now.clone()) });
    }
}

/// The loop of each timer that is not disabled.
pub(super) fn loops(core: &Arc<Core>) -> Vec<impl Future<Output = ()> + Send + 'static + use<>> {
    timers(core)
        .filter(|(function, _)| !function.disabled)
        .map(|(function, _)| run(Arc::clone(core), function.name.clone()))
        .collect()
}

/// Runs a timer now, by hand: with the stored status, which stays as it is.
pub(super) async fn invoke_by_hand(
    core: &Arc<Core>,
    function: &FunctionDefinition,
    timer: &TimerTrigger,
) -> Invocation {
    let status = core.statuses.get(&function.name);
    invoke(core, &function.name, timer, status.as_ref(), BY_CALL).await
}

fn timers(core: &Core) -> impl Iterator<Item = (&FunctionDefinition, &TimerTrigger)> {
    core.script.functions.iter().filter_map(|function| match &function.trigger {
        Trigger::Timer(timer) => Some((function, timer)),
        Trigger::Http(_) => None,
    })
}

async fn run(core: Arc<Core>, name: String) {
    let Some(Trigger::Timer(timer)) = core.function(&name).map(|function| &function.trigger) else { return };
    announce(&core, &name, &timer.schedule);
    let mut status = ScheduleStatus { next: timer.schedule.next_after(&core.now()), ..ScheduleStatus::default() };
    if timer.run_on_startup {
        let started = core.now();
        fire(&core, &name, timer, &status, &started).await;
        status = status_after(timer, &started);
        core.statuses.set(&name, status.clone());
    }
    while let Some(next) = status.next.clone() {
        sleep_until(&core, &next).await;
        let started = core.now();
        if core.handler.gave_up().is_some() {
            return;
        }
        fire(&core, &name, timer, &status, &started).await;
        // A clock that is a little fast must not run the same occurrence twice.
        status = status_after(timer, &started.max(next));
        core.statuses.set(&name, status.clone());
    }
    core.log.warning(format!("The schedule of '{name}' has no further occurrence ({})", timer.schedule));
}

async fn fire(core: &Arc<Core>, name: &str, timer: &TimerTrigger, status: &ScheduleStatus, started: &Zoned) {
    let reason = format!("Timer fired at {}", started.strftime("%Y-%m-%dT%H:%M:%S%.7f%:z"));
    invoke(core, name, timer, Some(status), &reason).await;
}

fn status_after(timer: &TimerTrigger, started: &Zoned) -> ScheduleStatus {
    ScheduleStatus {
        last: Some(started.clone()),
        next: timer.schedule.next_after(started),
        last_updated: Some(started.clone()),
    }
}

async fn invoke(
    core: &Arc<Core>,
    name: &str,
    timer: &TimerTrigger,
    status: Option<&ScheduleStatus>,
    reason: &str,
) -> Invocation {
    let data = payload::timer(timer.schedule.adjust_for_dst(), status.filter(|_| timer.use_monitor));
    let body = payload::body(name, &timer.binding, data, Map::new());
    let run = Run::begin(core, name, reason, &Method::POST, &format!("/{name}"));
    match run.post(&body).await {
        Ok((status, _)) => run.succeeded(status, None),
        Err((status, failure)) => run.failed(status, &failure),
    }
}

async fn sleep_until(core: &Core, next: &Zoned) {
    loop {
        let left = Duration::try_from(core.now().duration_until(next)).unwrap_or_default();
        if left.is_zero() {
            return;
        }
        tokio::time::sleep(left.min(LONGEST_SLEEP)).await;
    }
}

fn announce(core: &Core, name: &str, schedule: &Schedule) {
    core.log.information(format!("The next {ANNOUNCED} occurrences of the '{name}' schedule ({schedule}) will be:"));
    for at in schedule.occurrences_after(&core.now()).take(ANNOUNCED) {
        let utc = at.with_time_zone(jiff::tz::TimeZone::UTC);
        let utc = utc.strftime("%m/%d/%Y %H:%M:%SZ");
        if at.offset().is_zero() {
            core.log.information(utc.to_string());
        } else {
            core.log.information(format!("{} ({utc})", at.strftime("%m/%d/%Y %H:%M:%S%:z")));
        }
    }
}
