//! The data of a timer trigger whose binding is named `timer`.

use jiff::Timestamp;
use serde::Deserialize;

use super::lenient;

/// What the host sends in `Data` for a timer.
///
/// `TimerInfo.cs` in Azure/azure-webjobs-sdk-extensions; members that no function reads are left out.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct TimerData {
    #[serde(default, deserialize_with = "lenient::unwrapped")]
    timer: Timer,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct Timer {
    /// Null when the host does not monitor the schedule, as with one that runs more than once a minute.
    #[serde(alias = "scheduleStatus", deserialize_with = "lenient::unwrapped")]
    schedule_status: Option<ScheduleStatus>,
    #[serde(alias = "isPastDue", deserialize_with = "lenient::unwrapped")]
    is_past_due: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct ScheduleStatus {
    #[serde(alias = "next", deserialize_with = "lenient::time")]
    next: Option<Timestamp>,
}

impl TimerData {
    /// The occurrence that is being run: the host moves `Next` on only after the run.
    pub(crate) fn occurrence(&self) -> Option<Timestamp> {
        self.timer.schedule_status.as_ref()?.next
    }

    /// Whether this run makes up for one that was missed.
    pub(crate) fn is_past_due(&self) -> bool {
        self.timer.is_past_due
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn occurrence(timer: Value) -> Option<String> {
        let data: TimerData = serde_json::from_value(json!({ "timer": timer })).unwrap();
        data.occurrence().map(|time| time.to_string())
    }

    fn next(text: &str) -> Value {
        json!({
            "Schedule": { "AdjustForDST": true },
            "ScheduleStatus": { "Last": "0001-01-01T00:00:00", "Next": text, "LastUpdated": "0001-01-01T00:00:00" },
            "IsPastDue": false
        })
    }

    #[test]
    fn next_is_the_occurrence_that_is_being_run() {
        let expected = Some("2026-11-21T09:30:00Z".to_owned());
        for text in [
            "2026-11-21T09:30:00+00:00",
            "2026-11-21T10:30:00+01:00",
            "2026-11-21T09:30:00Z",
            "2026-11-21T09:30:00.0000000",
        ] {
            assert_eq!(occurrence(next(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_timer_within_a_string_is_understood() {
        let text = next("2026-11-21T09:30:00+00:00").to_string();
        assert_eq!(occurrence(Value::String(text)).as_deref(), Some("2026-11-21T09:30:00Z"));
        let text = next("\"2026-11-21T09:30:00+00:00\"");
        assert_eq!(occurrence(text).as_deref(), Some("2026-11-21T09:30:00Z"));
    }

    #[test]
    fn the_year_one_means_never() {
        for text in ["0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00-08:00"] {
            assert_eq!(occurrence(next(text)), None, "{text}");
        }
        assert_eq!(occurrence(next("0001-01-01T00:00:00+07:00")), None);
    }

    #[test]
    fn a_host_that_does_not_monitor_the_schedule_sends_no_occurrence() {
        assert_eq!(occurrence(json!({ "ScheduleStatus": null, "IsPastDue": false })), None);
        assert_eq!(occurrence(json!({ "ScheduleStatus": { "Next": null } })), None);
        assert_eq!(occurrence(json!({})), None);
        assert_eq!(occurrence(Value::Null), None);
        let absent: TimerData = serde_json::from_value(json!({})).unwrap();
        assert_eq!(absent.occurrence(), None);
        assert!(!absent.is_past_due());
    }

    #[test]
    fn a_time_that_is_none_is_an_error() {
        assert!(serde_json::from_value::<TimerData>(json!({ "timer": next("soon") })).is_err());
    }
}
