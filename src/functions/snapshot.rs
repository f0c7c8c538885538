//! The main job on a schedule, for every source.

use std::sync::Arc;

use futures_util::{FutureExt, StreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use tracing::info;

use super::{Function, Trigger};
use crate::{
    app::App,
    archive::{self, Slot, Snapshot, Taken},
    azure::Clients,
    config::{Source, SourceName},
    error::Error,
    host::{InvocationRequest, InvocationResponse, TimerData},
};

pub(super) const FUNCTION: Function =
    Function { name: "snapshot", trigger: Trigger::Timer { run: |app, call| run(app, call).boxed() } };

/// How many sources are asked at a time; each may hold an answer in memory.
const AT_ONCE: usize = 4;

async fn run(app: Arc<App>, call: InvocationRequest<TimerData>) -> Result<InvocationResponse, Error> {
    let slot = slot(&call);
    info!(%slot, past_due = call.data.is_past_due(), "taking the snapshot of every source");
    Ok(InvocationResponse::with_logs(take_all(&app, slot).await?))
}

/// The host's timers fire early by milliseconds at most; an occurrence further ahead than this is not being run.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// The occurrence of the schedule that is being run, so that a late or repeated run writes the same blob; the minute of
/// the invocation where the host keeps no schedule.
///
/// A run by hand comes with the *next* occurrence. It must not take that one's place, so it counts as unscheduled.
fn slot(call: &InvocationRequest<TimerData>) -> Slot {
    let now = call.invoked_at().unwrap_or_else(Timestamp::now);
    match call.data.occurrence() {
        Some(occurrence) if occurrence.duration_since(now) <= EARLY => Slot::at(occurrence),
        _ => Slot::minute_of(now),
    }
}

/// Takes every source's snapshot, also when others fail. A line for each, or the failures.
async fn take_all(app: &App, slot: Slot) -> Result<Vec<String>, Error> {
    let clients = app.clients().await?;
    let each: Vec<_> = app.sources().iter().map(|source| take_one(clients, source, slot)).collect();
    let mut taken = stream::iter(each).buffered(AT_ONCE);
    let (mut logs, mut failed) = (Vec::new(), Vec::new());
    while let Some(taken) = taken.next().await {
        match taken {
            Ok(line) => logs.push(line),
            Err(failure) => failed.push(failure),
        }
    }
    if failed.is_empty() { Ok(logs) } else { Err(Error::Sources(failed)) }
}

async fn take_one(clients: &Clients, source: &Source, slot: Slot) -> Result<String, (SourceName, Error)> {
    let name = &source.name;
    let line = match archive::take(clients, source, slot).await {
        Ok(Taken::Written(Snapshot { blob, .. })) => format!("{name}: wrote {} ({} bytes)", blob.name, blob.size),
        Ok(Taken::AlreadyWritten(Snapshot { blob, .. })) => format!("{name}: {} was already written", blob.name),
        Err(error) => return Err((name.clone(), error)),
    };
    // Also here: the host drops the answer's lines when another source fails.
    info!("{line}");
    Ok(line)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn slot_of(next: Option<&str>, utc_now: &str) -> String {
        let status = next.map(|next| json!({ "Next": next }));
        let call = json!({
            "Data": { "timer": { "ScheduleStatus": status, "IsPastDue": false } },
            "Metadata": { "sys": { "MethodName": "snapshot", "UtcNow": utc_now } }
        });
        slot(&serde_json::from_value(call).unwrap()).to_string()
    }

    #[test]
    fn the_slot_is_the_occurrence_that_is_being_run() {
        assert_eq!(slot_of(Some("2026-11-21T09:30:00+00:00"), "2026-11-21T09:41:07Z"), "2026-11-21T09:30:00Z");
        assert_eq!(slot_of(Some("2026-11-21T09:30:15+00:00"), "2026-11-21T09:30:16Z"), "2026-11-21T09:30:15Z");
    }

    #[test]
    fn a_run_by_hand_leaves_the_next_occurrence_its_slot() {
        assert_eq!(slot_of(Some("2026-11-21T09:45:00+00:00"), "2026-11-21T09:41:07Z"), "2026-11-21T09:41:00Z");
        assert_eq!(slot_of(Some("2026-11-21T09:45:00+00:00"), "2026-11-21T09:44:59.9Z"), "2026-11-21T09:45:00Z");
    }

    #[test]
    fn without_an_occurrence_the_slot_is_the_minute_of_the_invocation() {
        assert_eq!(slot_of(None, "2026-11-21T09:41:07Z"), "2026-11-21T09:41:00Z");
        assert_eq!(slot_of(Some("0001-01-01T00:00:00"), "2026-11-21T09:41:07Z"), "2026-11-21T09:41:00Z");
    }
}
