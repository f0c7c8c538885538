//! Timers: the next runs and the last result of each, and a run on demand.

use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use functions_host::{HostError, Timer};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Dashboard, Route, refused::ViewRefusal};
use crate::journal::{Entry, EntryId, Service};

/// The number of shown next runs of each timer.
const NEXT: usize = 5;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Timers {
    /// Whether a host runs.
    host: bool,
    timers: Vec<TimerOnView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TimerOnView {
    name: String,
    schedule: String,
    time_zone: String,
    /// The reason why the timer does not fire on its schedule.
    silent: Option<&'static str>,
    /// The start of the last run on schedule, in this run of local-azure or an earlier one.
    last_on_schedule: Option<Timestamp>,
    next: Vec<Timestamp>,
    last: Option<Run>,
}

/// A run in the journal.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    entry: EntryId,
    started: Timestamp,
    milliseconds: u128,
    status: u16,
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RunNow {
    name: String,
}

/// The outcome of a run on demand.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Outcome {
    id: Uuid,
    succeeded: bool,
    status: u16,
    milliseconds: u128,
    error: Option<String>,
}

pub(super) fn routes() -> Vec<Route> {
    vec![Route::read("/dashboard/api/timers", list), Route::change("/dashboard/api/timers/run", run)]
}

async fn list(State(dashboard): State<Dashboard>) -> Json<Timers> {
    let host = dashboard.host();
    let entries = dashboard.world().journal.entries();
    let on_view = |timer: Timer| TimerOnView { last: last_run(&entries, &timer.name), ..TimerOnView::from(timer) };
    let timers = host.iter().flat_map(|host| host.timers(NEXT)).map(on_view).collect();
    Json(Timers { host: host.is_some(), timers })
}

/// Runs a timer, as `invoke` does, and waits for its end. The run goes on if the page is closed.
async fn run(
    State(dashboard): State<Dashboard>,
    body: Result<Json<RunNow>, JsonRejection>,
) -> Result<Json<Outcome>, ViewRefusal> {
    let Json(RunNow { name }) = body?;
    let host = dashboard.host().ok_or_else(|| ViewRefusal::conflict("no Functions host runs here"))?;
    let run = tokio::spawn(async move { host.invoke(&name, None).await });
    let invocation = run.await.map_err(ViewRefusal::conflict)?.map_err(|error| match error {
        HostError::UnknownFunction(_) => ViewRefusal::missing(error),
        other => ViewRefusal::conflict(other),
    })?;
    Ok(Json(Outcome {
        id: invocation.id,
        succeeded: invocation.succeeded(),
        status: invocation.status,
        milliseconds: invocation.duration.as_millis(),
        error: invocation.error,
    }))
}

/// Returns the timer's last run. The host posts a timer's payload to the path of its name.
fn last_run(entries: &[Entry], name: &str) -> Option<Run> {
    let is_its = |entry: &&Entry| {
        entry.service == Service::Handler
            && entry.method == "POST"
            && entry.path.strip_prefix('/').is_some_and(|path| path.eq_ignore_ascii_case(name))
    };
    entries.iter().rfind(is_its).map(|entry| Run {
        entry: entry.id,
        started: entry.started,
        milliseconds: entry.duration.as_millis(),
        status: entry.status,
        reason: entry.decision.reason.clone(),
    })
}

impl From<Timer> for TimerOnView {
    fn from(timer: Timer) -> Self {
        let Timer { name, schedule, time_zone, silent, last, next } = timer;
        Self { name, schedule, time_zone, silent, last_on_schedule: last, next, last: None }
    }
}
