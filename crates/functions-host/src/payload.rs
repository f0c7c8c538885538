//! The JSON that an invocation carries: `{"Data": …, "Metadata": …}`.
//!
//! Source: `ScriptInvocationContextExtensions.cs` of `Azure/azure-functions-host`, and `TimerInfo.cs` of
//! `Azure/azure-webjobs-sdk-extensions`.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Where a timer stands on its schedule.
#[derive(Clone, Debug, Default)]
pub(super) struct ScheduleStatus {
    /// Start of the last run on schedule; absent before the first.
    pub(super) last: Option<Zoned>,
    /// The next occurrence; during a run, the occurrence that is being run. Absent: never.
    pub(super) next: Option<Zoned>,
    pub(super) last_updated: Option<Zoned>,
}

/// A body with one entry in `Data`.
pub(super) fn body(function: &str, binding: &str, data: Value, metadata: Map<String, Value>) -> Value {
    let mut metadata = metadata;
    let sys = json!({
        "MethodName": function,
        "UtcNow": time(&Timestamp::now().to_zoned(TimeZone::UTC), "Z"),
        "RandGuid": Uuid::new_v4().to_string(),
    });
    metadata.insert("sys".to_owned(), sys);
    json!({ "Data": { binding: data }, "Metadata": metadata })
}

impl ScheduleStatus {
    /// As it is stored, and sent.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "Last": offset_time(self.last.as_ref(), "0001-01-01T00:00:00+00:00"),
            "Next": offset_time(self.next.as_ref(), "9999-12-31T23:59:59.9999999+00:00"),
            "LastUpdated": offset_time(self.last_updated.as_ref(), "0001-01-01T00:00:00+00:00"),
        })
    }
}

/// A timer's entry in `Data`. No status is sent for a timer without monitor. `past_due`: this run makes up for an
/// occurrence that was missed while no host ran.
pub(super) fn timer(adjust_for_dst: bool, status: Option<&ScheduleStatus>, past_due: bool) -> Value {
    json!({
        "Schedule": { "AdjustForDST": adjust_for_dst },
        "ScheduleStatus": status.map(ScheduleStatus::to_json),
        "IsPastDue": past_due,
    })
}

fn offset_time(at: Option<&Zoned>, absent: &str) -> String {
    at.map_or_else(|| absent.to_owned(), |at| time(at, &at.strftime("%:z").to_string()))
}

/// As .NET writes it: up to seven digits after the point, none if they are zero.
fn time(at: &Zoned, zone: &str) -> String {
    let ticks = format!("{:07}", at.subsec_nanosecond() / 100);
    let fraction = ticks.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{zone}", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};

    use super::{ScheduleStatus, body, timer};

    #[test]
    fn a_timer_is_sent_as_a_nested_object_with_the_occurrence_now_running() {
        let status = ScheduleStatus {
            last: Some("2026-03-28T15:35:00.0104+01:00[Europe/Berlin]".parse().unwrap()),
            next: Some("2026-03-28T15:40:00+01:00[Europe/Berlin]".parse().unwrap()),
            last_updated: None,
        };
        let body = body("tick", "timer", timer(true, Some(&status), false), Map::new());
        assert_eq!(
            body["Data"],
            json!({ "timer": {
                "Schedule": { "AdjustForDST": true },
                "ScheduleStatus": {
                    "Last": "2026-03-28T15:35:00.0104+01:00",
                    "Next": "2026-03-28T15:40:00+01:00",
                    "LastUpdated": "0001-01-01T00:00:00+00:00",
                },
                "IsPastDue": false,
            } })
        );
        assert_eq!(body["Metadata"]["sys"]["MethodName"], "tick");
        assert!(body["Metadata"]["sys"]["UtcNow"].as_str().unwrap().ends_with('Z'));
        assert_eq!(body["Metadata"]["sys"]["RandGuid"].as_str().unwrap().len(), 36);
    }

    #[test]
    fn a_timer_without_monitor_has_no_status() {
        assert_eq!(timer(false, None, false)["ScheduleStatus"], json!(null));
        assert_eq!(timer(false, None, false)["Schedule"]["AdjustForDST"], json!(false));
    }
}
