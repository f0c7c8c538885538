//! Which occurrence of its schedule a timer runs for.

use jiff::{SignedDuration, Timestamp};

use crate::{
    archive::Slot,
    host::{InvocationRequest, TimerData},
};

/// The host's timers fire early by milliseconds at most; an occurrence further ahead than this is not being run.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// The occurrence of the schedule that is being run, so that a late or repeated run writes the same blob; the minute of
/// the invocation where the host keeps no schedule.
///
/// A run by hand comes with the *next* occurrence. It must not take that one's place, so it counts as unscheduled.
pub(super) fn of(call: &InvocationRequest<TimerData>) -> Slot {
    let now = call.invoked_at().unwrap_or_else(Timestamp::now);
    match call.data.occurrence() {
        Some(occurrence) if occurrence.duration_since(now) <= EARLY => Slot::at(occurrence),
        _ => Slot::minute_of(now),
    }
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
        of(&serde_json::from_value(call).unwrap()).to_string()
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
