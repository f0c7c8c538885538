//! The data of a timer trigger.

use axum::{
    extract::FromRequestParts,
    response::{IntoResponse, Response},
};
use http::request::Parts;
use jiff::{SignedDuration, Timestamp, tz::TimeZone};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::json;

use super::{
    lenient,
    payload::{Payload, of_request},
};
use crate::error::{InvocationError, PayloadError};

/// The longest time by which a timer may fire early. The host's timers fire early by milliseconds at most, so an
/// occurrence further ahead than this is not the one that runs.
const EARLY: SignedDuration = SignedDuration::from_secs(60);

/// Extractor: a run of a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timer {
    occurrence: Option<Timestamp>,
    past_due: bool,
    invoked_at: Timestamp,
}

/// The trigger's data, as in `TimerInfo.cs` in Azure/azure-webjobs-sdk-extensions.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "PascalCase")]
struct TimerInfo {
    /// Null if the host does not monitor the schedule, for example one that runs more than once a minute.
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

impl Timer {
    /// Makes a run for this occurrence of the schedule, for a test.
    pub fn at(occurrence: Timestamp) -> Self {
        Self { occurrence: Some(occurrence), past_due: false, invoked_at: occurrence }
    }

    /// The occurrence of the schedule that runs now. `None` if the host does not monitor the schedule.
    pub fn occurrence(&self) -> Option<Timestamp> {
        self.occurrence
    }

    /// Reports whether this run makes up for a missed run.
    pub fn is_past_due(&self) -> bool {
        self.past_due
    }

    /// Returns the time of the run: the occurrence, or the minute of the invocation if the host does not monitor the
    /// schedule. It is the same for late and repeated runs of one occurrence.
    ///
    /// For a run by hand the host sends the *next* occurrence. That occurrence still has to run, so the time of a run
    /// by hand is the minute of its invocation.
    pub fn slot_time(&self) -> Timestamp {
        let run = self.occurrence.filter(|occurrence| occurrence.duration_since(self.invoked_at) <= EARLY);
        run.unwrap_or_else(|| {
            let into_minute =
                SignedDuration::new(self.invoked_at.as_second().rem_euclid(60), self.invoked_at.subsec_nanosecond());
            self.invoked_at.checked_sub(into_minute).unwrap_or(self.invoked_at)
        })
    }

    /// Returns a name with the [slot time](Self::slot_time) in it: `orders/2026/11/21/093000Z.json` for `("orders",
    /// "json")`.
    ///
    /// Create a blob of this name and never replace it. The blob is then written once for each occurrence, even if the
    /// timer runs several times.
    pub fn slot(&self, prefix: &str, extension: &str) -> String {
        let time = self.slot_time().to_zoned(TimeZone::UTC).strftime("%Y/%m/%d/%H%M%SZ").to_string();
        format!("{prefix}/{time}.{extension}")
    }

    pub(crate) fn from_payload(payload: &Payload) -> Result<Self, PayloadError> {
        let info: TimerInfo = payload.trigger_form()?;
        Ok(Self {
            // The host updates `Next` only after the run.
            occurrence: info.schedule_status.and_then(|status| status.next),
            past_due: info.is_past_due,
            invoked_at: payload.invoked_at()?.unwrap_or_else(Timestamp::now),
        })
    }
}

/// Writes a timer in the host's form, for a test.
impl Serialize for Timer {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let never = "0001-01-01T00:00:00+00:00";
        let status =
            self.occurrence.map(|next| json!({ "Last": never, "Next": next.to_string(), "LastUpdated": never }));
        json!({ "Schedule": { "AdjustForDST": true }, "ScheduleStatus": status, "IsPastDue": self.past_due })
            .serialize(serializer)
    }
}

impl<S: Sync> FromRequestParts<S> for Timer {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Response> {
        let timer = of_request(parts, "Timer").and_then(|payload| Ok(Self::from_payload(&payload)?));
        timer.map_err(InvocationError::into_response)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn timer(timer: &Value) -> Result<Timer, PayloadError> {
        let call = json!({ "Data": { "timer": timer }, "Metadata": { "sys": { "UtcNow": "2026-11-21T09:30:59.5Z" } } });
        Timer::from_payload(&Payload::parse(call.to_string().as_bytes(), "none".to_owned(), "timer")?)
    }

    fn occurrence(info: &Value) -> Option<String> {
        timer(info).unwrap().occurrence().map(|time| time.to_string())
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
            assert_eq!(occurrence(&next(text)), expected, "{text}");
        }
    }

    #[test]
    fn a_timer_within_a_string_is_understood() {
        let text = next("2026-11-21T09:30:00+00:00").to_string();
        assert_eq!(occurrence(&Value::String(text)).as_deref(), Some("2026-11-21T09:30:00Z"));
        let text = next("\"2026-11-21T09:30:00+00:00\"");
        assert_eq!(occurrence(&text).as_deref(), Some("2026-11-21T09:30:00Z"));
    }

    #[test]
    fn the_year_one_means_never() {
        for text in ["0001-01-01T00:00:00", "0001-01-01T00:00:00+00:00", "0001-01-01T00:00:00-08:00"] {
            assert_eq!(occurrence(&next(text)), None, "{text}");
        }
        assert_eq!(occurrence(&next("0001-01-01T00:00:00+07:00")), None);
    }

    #[test]
    fn a_host_that_does_not_monitor_the_schedule_sends_no_occurrence() {
        for info in [
            json!({ "ScheduleStatus": null, "IsPastDue": false }),
            json!({ "ScheduleStatus": { "Next": null } }),
            json!({}),
            Value::Null,
        ] {
            assert_eq!(occurrence(&info), None);
            assert!(!timer(&info).unwrap().is_past_due());
        }
    }

    #[test]
    fn a_time_that_is_none_is_an_error() {
        assert!(timer(&next("soon")).is_err());
    }

    fn slot_of(next: Option<&str>, utc_now: &str) -> String {
        let status = next.map(|next| json!({ "Next": next }));
        let call = json!({
            "Data": { "timer": { "ScheduleStatus": status, "IsPastDue": false } },
            "Metadata": { "sys": { "MethodName": "snapshot", "UtcNow": utc_now } }
        });
        let payload = Payload::parse(call.to_string().as_bytes(), "none".to_owned(), "timer").unwrap();
        Timer::from_payload(&payload).unwrap().slot_time().to_string()
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

    #[test]
    fn a_slot_becomes_a_name_that_sorts_by_time() {
        assert_eq!(timer(&next("2026-11-21T08:00:15Z")).unwrap().slot("a", "json"), "a/2026/11/21/080015Z.json");
        assert_eq!(timer(&Value::Null).unwrap().slot("a", "txt"), "a/2026/11/21/093000Z.txt");
    }

    #[test]
    fn a_timer_made_for_a_test_is_read_back() {
        let at = Timer::at("2026-11-21T09:30:00Z".parse().unwrap());
        assert_eq!(timer(&serde_json::to_value(at).unwrap()).unwrap().occurrence(), at.occurrence());
    }
}
