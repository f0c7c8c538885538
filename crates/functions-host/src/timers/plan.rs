//! Decides what a timer does at start and after a run, from its schedule, its stored status and the time.
//!
//! Source: `ScheduleMonitor.cs` and `TimerListener.cs` of `Azure/azure-webjobs-sdk-extensions`.

use jiff::Zoned;
use ncrontab::Schedule;

use crate::payload::ScheduleStatus;

/// The start of a timer.
pub(super) struct Start {
    pub(super) status: ScheduleStatus,
    /// The status to write, if it is new or the schedule has changed.
    pub(super) store: Option<ScheduleStatus>,
    /// Whether an occurrence was missed: the one in `status.next`. It runs at once, and only once.
    pub(super) past_due: bool,
}

/// Starts a timer without monitor, or without a stored status.
pub(super) fn first_start(schedule: &Schedule, now: &Zoned) -> Start {
    let next = schedule.next_after(now);
    let store = ScheduleStatus { last: None, next: next.clone(), last_updated: Some(now.clone()) };
    Start { status: ScheduleStatus { last: None, next, last_updated: None }, store: Some(store), past_due: false }
}

/// Starts a timer whose status was stored by an earlier run of the host.
pub(super) fn later_start(schedule: &Schedule, stored: ScheduleStatus, now: &Zoned) -> Start {
    let since = stored.last.as_ref().or(stored.last_updated.as_ref()).unwrap_or(now).clone();
    let expected = schedule.next_after(&since);
    let is_past = |next: &Option<Zoned>| next.as_ref().is_some_and(|next| now > next);
    if stored.next == expected {
        let past_due = is_past(&expected);
        return Start { status: stored, store: None, past_due };
    }
    // The schedule has changed. An occurrence that only the new schedule has does not count as missed.
    let (next, since) = if is_past(&expected) { (schedule.next_after(now), now.clone()) } else { (expected, since) };
    let status = ScheduleStatus { last: None, next, last_updated: Some(since) };
    Start { store: Some(status.clone()), status, past_due: false }
}

/// Returns the status after a run that began at `started`.
pub(super) fn after_run(schedule: &Schedule, started: &Zoned) -> ScheduleStatus {
    ScheduleStatus {
        last: Some(started.clone()),
        next: schedule.next_after(started),
        last_updated: Some(started.clone()),
    }
}

#[cfg(test)]
mod tests {
    use jiff::Zoned;
    use ncrontab::Schedule;

    use super::{ScheduleStatus, after_run, first_start, later_start};

    fn at(time: &str) -> Zoned {
        format!("2026-11-20T{time}[UTC]").parse().unwrap()
    }

    fn stored(last: Option<&str>, next: &str, updated: Option<&str>) -> ScheduleStatus {
        ScheduleStatus { last: last.map(at), next: Some(at(next)), last_updated: updated.map(at) }
    }

    #[test]
    fn section_7_5_a_start_compares_the_stored_status_with_the_schedule() {
        let quarter: Schedule = "0 */15 * * * *".parse().unwrap();
        // The columns: stored status; now; next, past due, written.
        let cases = [
            (stored(Some("10:00:00"), "10:15:00", Some("10:00:00")), "10:05:00", "10:15:00", false, false),
            (stored(Some("10:00:00"), "10:15:00", Some("10:00:00")), "10:15:00", "10:15:00", false, false),
            (stored(Some("10:00:00"), "10:15:00", Some("10:00:00")), "12:05:00", "10:15:00", true, false),
            (stored(None, "10:15:00", Some("10:01:00")), "10:20:00", "10:15:00", true, false),
            // Another schedule wrote these statuses.
            (stored(Some("10:00:00"), "11:00:00", Some("10:00:00")), "10:05:00", "10:15:00", false, true),
            (stored(Some("10:00:00"), "11:00:00", Some("10:00:00")), "12:05:00", "12:15:00", false, true),
            (stored(None, "11:00:00", None), "12:05:00", "12:15:00", false, true),
        ];
        for (status, now, next, past_due, written) in cases {
            let start = later_start(&quarter, status.clone(), &at(now));
            let outcome = (start.status.next.clone(), start.past_due, start.store.is_some());
            assert_eq!(outcome, (Some(at(next)), past_due, written), "{status:?} at {now}");
            assert!(!written || start.status.last.is_none(), "a changed schedule forgets its last run");
        }
    }

    #[test]
    fn section_7_5_the_first_start_writes_when_it_was_and_misses_nothing() {
        let start = first_start(&"0 */15 * * * *".parse().unwrap(), &at("10:05:00"));
        assert!(!start.past_due && start.status.last_updated.is_none());
        let store = start.store.unwrap();
        assert_eq!((store.next, store.last_updated), (Some(at("10:15:00")), Some(at("10:05:00"))));
    }

    #[test]
    fn section_7_6_a_long_run_is_replayed_once() {
        let quarter: Schedule = "0 */15 * * * *".parse().unwrap();
        // The run of 10:00 ended at 10:50, so 10:15 is replayed at once, and 10:30 and 10:45 are dropped.
        let status = after_run(&quarter, &at("10:00:00"));
        assert_eq!(status.next, Some(at("10:15:00")));
        assert_eq!(after_run(&quarter, &at("10:50:00")).next, Some(at("11:00:00")));
    }
}
