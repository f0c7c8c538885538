//! The JSON payload of an invocation: `{"Data": …, "Metadata": …}`.
//!
//! Source: `ScriptInvocationContextExtensions.cs` of `Azure/azure-functions-host`, and `TimerInfo.cs` of
//! `Azure/azure-webjobs-sdk-extensions`.

use jiff::{Timestamp, Zoned, tz::TimeZone};
use uuid::Uuid;

use super::json::Json;

/// The status of a timer on its schedule.
#[derive(Clone, Debug, Default)]
pub(super) struct ScheduleStatus {
    /// The start of the last scheduled run. Absent before the first run.
    pub(super) last: Option<Zoned>,
    /// The next occurrence; during a run, the occurrence of that run. Absent if the schedule has no more.
    pub(super) next: Option<Zoned>,
    pub(super) last_updated: Option<Zoned>,
}

/// Returns a body with one entry in `Data`. The system data are named `$sys` if another value is named `sys`.
pub(super) fn body(function: &str, binding: &str, data: Json, mut metadata: Vec<(String, Json)>) -> Json {
    let taken = metadata.iter().any(|(name, _)| name.eq_ignore_ascii_case("sys"));
    let sys = Json::object([
        ("MethodName", Json::text(function)),
        ("UtcNow", Json::Text(time(&Timestamp::now().to_zoned(TimeZone::UTC), "Z"))),
        ("RandGuid", Json::Text(Uuid::new_v4().to_string())),
    ]);
    metadata.push((if taken { "$sys" } else { "sys" }.to_owned(), sys));
    Json::object([("Data", Json::object([(binding, data)])), ("Metadata", Json::Object(metadata))])
}

impl ScheduleStatus {
    /// Returns the status as it is stored and sent.
    pub(super) fn to_json(&self, zone: &TimeZone) -> Json {
        let never = never(zone);
        let end = format!("9999-12-31T23:59:59.9999999{}", offset_text(zone.to_offset(Timestamp::MAX)));
        Json::object([
            ("Last", Json::Text(offset_time(self.last.as_ref(), &never))),
            ("Next", Json::Text(offset_time(self.next.as_ref(), &end))),
            ("LastUpdated", Json::Text(offset_time(self.last_updated.as_ref(), &never))),
        ])
    }
}

/// Returns a timer's entry in `Data`. A timer without monitor sends no status. `past_due` means that this run replaces
/// an occurrence that was missed while no host ran.
pub(super) fn timer(adjust_for_dst: bool, status: Option<&ScheduleStatus>, past_due: bool, zone: &TimeZone) -> Json {
    Json::object([
        ("Schedule", Json::object([("AdjustForDST", Json::Bool(adjust_for_dst))])),
        ("ScheduleStatus", status.map_or(Json::Null, |status| status.to_json(zone))),
        ("IsPastDue", Json::Bool(past_due)),
    ])
}

/// Returns .NET's first instant in local time, with the zone's oldest offset. If the local time would lie before year
/// 1, it is the first instant itself. .NET keeps the difference between the oldest offset and the standard offset in
/// whole minutes.
fn never(zone: &TimeZone) -> String {
    let standard = standard_offset(zone);
    let minutes = (standard + (zone.to_offset(Timestamp::MIN).seconds() - standard) / 60 * 60) / 60;
    let (hours, rest) = (minutes / 60, minutes % 60);
    let time = if minutes > 0 { format!("{hours:02}:{rest:02}") } else { "00:00".to_owned() };
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("0001-01-01T{time}:00{sign}{:02}:{:02}", hours.abs(), rest.abs())
}

/// Returns this year's standard offset in seconds.
fn standard_offset(zone: &TimeZone) -> i32 {
    let now = Timestamp::now();
    let half_a_year = jiff::SignedDuration::from_hours(183 * 24);
    let info = zone.to_offset_info(now);
    let other = zone.to_offset_info(now.saturating_sub(half_a_year).unwrap_or(now));
    if info.dst().is_dst() && !other.dst().is_dst() { other.offset().seconds() } else { info.offset().seconds() }
}

fn offset_text(offset: jiff::tz::Offset) -> String {
    let minutes = offset.seconds() / 60;
    let sign = if minutes < 0 { '-' } else { '+' };
    format!("{sign}{:02}:{:02}", (minutes / 60).abs(), (minutes % 60).abs())
}

fn offset_time(at: Option<&Zoned>, absent: &str) -> String {
    at.map_or_else(|| absent.to_owned(), |at| time(at, &at.strftime("%:z").to_string()))
}

/// Writes a time as .NET does: with up to seven digits after the point, and with none if they are zero.
fn time(at: &Zoned, zone: &str) -> String {
    let ticks = format!("{:07}", at.subsec_nanosecond() / 100);
    let fraction = ticks.trim_end_matches('0');
    let point = if fraction.is_empty() { "" } else { "." };
    format!("{}{point}{fraction}{zone}", at.strftime("%Y-%m-%dT%H:%M:%S"))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;
    use serde_json::json;

    use super::{ScheduleStatus, body, never, timer};

    #[test]
    fn a_timer_is_sent_as_a_nested_object_with_the_occurrence_now_running() {
        let status = ScheduleStatus {
            last: Some("2026-03-28T15:35:00.0104+01:00[Europe/Berlin]".parse().unwrap()),
            next: Some("2026-03-28T15:40:00+01:00[Europe/Berlin]".parse().unwrap()),
            last_updated: None,
        };
        let zone = TimeZone::get("Europe/Berlin").unwrap();
        let body = body("tick", "timer", timer(true, Some(&status), false, &zone), Vec::new()).to_value();
        assert_eq!(
            body["Data"],
            json!({ "timer": {
                "Schedule": { "AdjustForDST": true },
                "ScheduleStatus": {
                    "Last": "2026-03-28T15:35:00.0104+01:00",
                    "Next": "2026-03-28T15:40:00+01:00",
                    "LastUpdated": "0001-01-01T00:54:00+00:54",
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
        let payload = timer(false, None, false, &TimeZone::UTC).to_string();
        assert_eq!(payload, r#"{"Schedule":{"AdjustForDST":false},"ScheduleStatus":null,"IsPastDue":false}"#);
    }

    #[test]
    fn section_3_2_never_is_year_1_with_the_oldest_offset_of_the_zone() {
        let cases = [
            ("UTC", "0001-01-01T00:00:00+00:00"),
            ("America/New_York", "0001-01-01T00:00:00-04:57"),
            ("Europe/London", "0001-01-01T00:00:00-00:01"),
            ("Europe/Berlin", "0001-01-01T00:54:00+00:54"),
            ("Asia/Tokyo", "0001-01-01T09:18:00+09:18"),
            ("Asia/Kolkata", "0001-01-01T05:53:00+05:53"),
        ];
        for (zone, expected) in cases {
            assert_eq!(never(&TimeZone::get(zone).unwrap()), expected, "{zone}");
        }
    }
}
