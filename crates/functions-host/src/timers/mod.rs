//! Timers: one loop for each timer, and the status that the handler gets.
//!
//! It follows `TimerListener.cs` of `Azure/azure-webjobs-sdk-extensions`. A scheduled run never overlaps the next one.
//! A call by hand may overlap a run, and is not retried.

mod plan;
mod status;

use std::{sync::Arc, time::Duration};

use http::Method;
use jiff::{Timestamp, Zoned, tz::TimeZone};
use ncrontab::Schedule;
use uuid::Uuid;

use self::plan::Start;
pub(super) use self::status::Statuses;
use super::{
    core::Core,
    invocation::Invocation,
    json::Json,
    payload::{self, ScheduleStatus},
    run::{BY_CALL, Run},
    script::{FunctionDefinition, TimerTrigger, Trigger},
};

/// The longest single sleep. It is short enough to notice a suspended machine or a changed clock.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// The number of occurrences that the log names at the start.
const ANNOUNCED: usize = 5;

const RUN_ON_STARTUP: &str = "Trigger Details: UnscheduledInvocationReason: RunOnStartup";

/// The data of one invocation of a timer.
struct Firing<'a> {
    core: &'a Arc<Core>,
    function: &'a FunctionDefinition,
    timer: &'a TimerTrigger,
    status: Option<&'a ScheduleStatus>,
    past_due: bool,
}

/// Checks the stored status of each timer that is not disabled, and returns the loops that fire them.
pub(super) fn start(core: &Arc<Core>) -> Vec<impl Future<Output = ()> + Send + 'static + use<>> {
    let timers = core.script.functions.iter().filter(|function| !function.disabled);
    timers
        .filter_map(|function| match &function.trigger {
            Trigger::Timer(timer) => {
                let start = check(core, &function.name, timer)?;
                Some(run(Arc::clone(core), function.name.clone(), start))
            }
            Trigger::Http(_) => None,
        })
        .collect()
}

/// Runs a timer now, by hand. It gets the stored status, which does not change. `input` goes into `Metadata` under the
/// name of the trigger.
pub(super) async fn invoke_by_hand(
    core: &Arc<Core>,
    function: &FunctionDefinition,
    timer: &TimerTrigger,
    input: Option<&str>,
) -> Invocation {
    let status = core.statuses.get(&function.name, &core.zone).unwrap_or_else(|error| {
        core.log.error(format!("The status of '{}' cannot be read: {error}", function.name));
        None
    });
    let firing = Firing { core, function, timer, status: status.as_ref(), past_due: false };
    let metadata = input.map(|input| (timer.binding.clone(), Json::Text(Json::text(input).to_string())));
    firing.invoke(BY_CALL, None, metadata.into_iter().collect()).await.0
}

/// Returns the start of the last scheduled run, if the stored status exists and can be read.
pub(super) fn last_run(core: &Core, name: &str) -> Option<Timestamp> {
    let status = core.statuses.get(name, &core.zone).ok().flatten();
    Some(status?.last?.timestamp())
}

/// Returns how the timer starts, or nothing if its status cannot be read.
fn check(core: &Core, name: &str, timer: &TimerTrigger) -> Option<Start> {
    let now = core.now();
    // The last instant of .NET has no local time west of UTC.
    if timer.schedule.next_after(&now).is_none() && core.zone.to_offset(Timestamp::MAX).is_negative() {
        core.log.error(format!(
            "The listener for function '{name}' was unable to start: {} has no occurrence, which .NET cannot say in a time \
             zone west of UTC",
            timer.schedule
        ));
        return None;
    }
    if !timer.use_monitor {
        return Some(plan::first_start(&timer.schedule, &now));
    }
    let start = match core.statuses.get(name, &core.zone) {
        Ok(Some(stored)) => plan::later_start(&timer.schedule, stored, &now),
        Ok(None) => plan::first_start(&timer.schedule, &now),
        Err(error) => {
            core.log.error(format!("The listener for function '{name}' was unable to start: {error}"));
            return None;
        }
    };
    if let Some(status) = &start.store {
        store(core, name, status);
    }
    Some(start)
}

/// Stores a status. If it cannot be written, the timer still runs.
fn store(core: &Core, name: &str, status: &ScheduleStatus) {
    if let Err(error) = core.statuses.set(name, status) {
        core.log.error(format!("The status of '{name}' cannot be written: {error}"));
    }
}

async fn run(core: Arc<Core>, name: String, start: Start) {
    let Some(function) = core.function(&name) else { return };
    let Trigger::Timer(timer) = &function.trigger else { return };
    announce(&core, &name, &timer.schedule);
    let mut status = start.status;
    if start.past_due || timer.run_on_startup {
        let what = if start.past_due { "is past due on startup" } else { "is configured to run on startup" };
        core.log.information(format!("Function '{name}' {what}. Executing now."));
        let started = core.now();
        let firing = Firing { core: &core, function, timer, status: Some(&status), past_due: start.past_due };
        let details = if start.past_due { past_due_details(&status) } else { RUN_ON_STARTUP.to_owned() };
        firing.fire(&started, Some(&details)).await;
        status = after_run(&core, &name, timer, &started);
    }
    while let Some(next) = status.next.clone() {
        tokio::select! {
            () = sleep_until(&core, &next) => {}
            () = core.drained() => return,
        }
        let started = core.now();
        if core.handler.gave_up().is_some() || *core.draining.borrow() {
            return;
        }
        Firing { core: &core, function, timer, status: Some(&status), past_due: false }.fire(&started, None).await;
        // If the clock is a little fast, the same occurrence must not run twice.
        status = after_run(&core, &name, timer, &started.max(next));
    }
    core.log.warning(format!("The schedule of '{name}' has no further occurrence ({})", timer.schedule));
}

fn after_run(core: &Core, name: &str, timer: &TimerTrigger, started: &Zoned) -> ScheduleStatus {
    let status = plan::after_run(&timer.schedule, started);
    if timer.use_monitor {
        store(core, name, &status);
    }
    status
}

impl Firing<'_> {
    /// Makes one run with its retries. Each attempt is a separate invocation. `details` give the reason for a run off
    /// its schedule.
    async fn fire(&self, started: &Zoned, details: Option<&str>) {
        let (core, name) = (self.core, &self.function.name);
        let reason = format!("Timer fired at {}", started.strftime("%Y-%m-%dT%H:%M:%S%.7f%:z"));
        let policy = self.function.retry.as_ref().or(core.script.host.retry.as_ref());
        let mut retries = 0;
        let mut failed: Option<String> = None;
        loop {
            let context = policy.map(|policy| policy.context(name, retries, failed.as_deref()));
            let metadata = context.map(|context| ("RetryContext".to_owned(), context)).into_iter().collect();
            failed = self.invoke(&reason, details, metadata).await.1;
            let Some(delay) = policy.and_then(|policy| policy.delay(retries, chance())).filter(|_| failed.is_some())
            else {
                return;
            };
            if core.handler.gave_up().is_some() {
                return;
            }
            retries += 1;
            core.log.information(format!("'{name}' failed: attempt {} follows in {delay:?}", retries + 1));
            let _waiting = core.retries.one();
            tokio::time::sleep(delay).await;
        }
    }

    /// Returns the invocation, and its failure in the words of .NET's HTTP client.
    async fn invoke(
        &self,
        reason: &str,
        details: Option<&str>,
        metadata: Vec<(String, Json)>,
    ) -> (Invocation, Option<String>) {
        let (name, timer) = (&self.function.name, self.timer);
        let status = self.status.filter(|_| timer.use_monitor);
        let data = payload::timer(timer.schedule.adjust_for_dst(), status, self.past_due, &self.core.zone);
        let body = payload::body(name, &timer.binding, data, metadata);
        let run = Run::begin(self.core, name, reason, &Method::POST, &format!("/{name}"));
        if let Some(details) = details {
            run.note(details);
        }
        match run.post(&body).await {
            Ok((status, _)) => (run.succeeded(status, None), None),
            Err((status, failure)) => (run.failed(status, &failure), Some(failure.in_dotnet_words())),
        }
    }
}

/// Returns a random number from 0 to 1.
fn chance() -> f64 {
    f64::from(Uuid::new_v4().as_fields().0) / f64::from(u32::MAX)
}

fn past_due_details(status: &ScheduleStatus) -> String {
    let missed = status.next.as_ref().map(|next| next.strftime("%Y-%m-%dT%H:%M:%S%.7f%:z").to_string());
    format!("Trigger Details: UnscheduledInvocationReason: IsPastDue, OriginalSchedule: {}", missed.unwrap_or_default())
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
    let mut text = format!("The next {ANNOUNCED} occurrences of the '{name}' schedule ({schedule}) will be:");
    for at in schedule.occurrences_after(&core.now()).take(ANNOUNCED) {
        let utc = at.with_time_zone(TimeZone::UTC);
        let utc = utc.strftime("%m/%d/%Y %H:%M:%SZ");
        text.push('\n');
        if core.zone == TimeZone::UTC {
            text += &utc.to_string();
        } else {
            text += &format!("{} ({utc})", at.strftime("%m/%d/%Y %H:%M:%S%:z"));
        }
    }
    // The text is one message, so two timers that start at once do not mix their lines.
    core.log.information(text);
}
