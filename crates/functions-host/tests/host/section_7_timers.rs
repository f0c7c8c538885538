//! The runs of timers, and the stored status of earlier runs.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};

use http::StatusCode;
use jiff::{Timestamp, ToSpan as _, Zoned};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::rig::{ScriptRoot, payload, time};

#[tokio::test]
async fn section_7_4_a_schedule_under_a_minute_fires_without_status() {
    let timer = json!([{ "type": "timerTrigger", "name": "timer", "schedule": "*/1 * * * * *" }]);
    let mut rig = ScriptRoot::new().function("tick", &timer).firing().start().await;
    rig.line("The next 5 occurrences of the 'tick' schedule (Cron: '* * * * * *') will be:").await;
    assert!(rig.line("Executing 'Functions.tick' (Reason='Timer fired at ").await.at.is_some());
    // The timer fires too often for a monitor, so there is no status.
    assert_eq!(payload(&mut rig).await["Data"]["timer"]["ScheduleStatus"], Value::Null);
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    rig.line("Executing 'Functions.tick'").await;
}

#[tokio::test]
async fn section_7_5_run_on_startup_runs_once_at_start_and_is_remembered() {
    let timer = json!([{
        "type": "timerTrigger", "name": "timer", "schedule": "0 0 0 1 1 *", "runOnStartup": true, "useMonitor": true,
    }]);
    let mut rig = ScriptRoot::new().function("tick", &timer).firing().start().await;
    rig.line("Function 'tick' is configured to run on startup. Executing now.").await;
    rig.line("Executing 'Functions.tick' (Reason='Timer fired at ").await;
    rig.line("Trigger Details: UnscheduledInvocationReason: RunOnStartup").await;
    let first = payload(&mut rig).await;
    let status = &first["Data"]["timer"]["ScheduleStatus"];
    assert_eq!(status["Last"], "0001-01-01T00:00:00+00:00");
    assert_eq!(status["LastUpdated"], "0001-01-01T00:00:00+00:00");
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    // The status is stored right after the run. After that, a call by hand gets it.
    let stored = loop {
        rig.host.invoke("tick", None).await.unwrap();
        let status = payload(&mut rig).await["Data"]["timer"]["ScheduleStatus"].clone();
        if status["Last"] != "0001-01-01T00:00:00+00:00" {
            break status;
        }
    };
    assert_eq!(stored["Last"], stored["LastUpdated"]);
    assert!(time(&stored["Last"]) <= Timestamp::now());
    assert_eq!(stored["Next"], status["Next"]);
}

#[tokio::test]
async fn section_7_6_a_timer_never_overlaps_itself_but_timers_run_side_by_side() {
    let root = ScriptRoot::new().http("release", "release").timer("hold", "00:00:00.01").timer("tick", "00:00:00.01");
    let mut rig = root.firing().start().await;
    for _ in 0..3 {
        let line = rig.line("hold begins").await.text;
        assert_eq!(line, "hold begins, 1 running");
        // While one run is held, the other timer continues. A second run of the first would have had time to begin.
        for _ in 0..5 {
            rig.line("Executed 'Functions.tick' (Succeeded").await;
        }
        let overlapping: Vec<String> =
            rig.rest_of_log().into_iter().filter(|line| line.contains("hold begins")).collect();
        assert_eq!(overlapping, [""; 0]);
        assert_eq!(rig.get("/api/release").await.0, StatusCode::NO_CONTENT);
    }
}

#[tokio::test]
async fn section_7_8_a_call_by_hand_may_overlap_a_scheduled_run() {
    let root = ScriptRoot::new().http("release", "release").timer("hold", "00:00:00.01");
    let mut rig = root.firing().start().await;
    rig.line("hold begins, 1 running").await;
    let (invocation, _) = tokio::join!(rig.host.invoke("hold", None), async {
        // Both calls are released. Either may have begun first.
        rig.get("/api/release").await;
        rig.get("/api/release").await;
    });
    assert!(invocation.unwrap().succeeded());
}

#[tokio::test]
async fn section_7_6_a_failed_run_does_not_stop_the_schedule() {
    let mut rig = ScriptRoot::new().timer("refused", "00:00:00.01").firing().start().await;
    for _ in 0..3 {
        rig.line("Executed 'Functions.refused' (Failed").await;
    }
}

#[tokio::test]
async fn section_7_3_schedules_follow_website_time_zone() {
    let root = ScriptRoot::new().timer("tick", "0 0 12 1 7 *").setting("WEBSITE_TIME_ZONE", "Europe/Berlin");
    let mut rig = root.start().await;
    rig.line("Timers run in Europe/Berlin here and on Premium and Dedicated plans").await;
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
    let payload = payload(&mut rig).await;
    let next = payload["Data"]["timer"]["ScheduleStatus"]["Next"].as_str().unwrap();
    assert!(next.ends_with("-07-01T12:00:00+02:00"), "{next}");
    assert!(format!("{next}[Europe/Berlin]").parse::<Zoned>().is_ok());
    let root = ScriptRoot::new().timer("tick", "0 0 12 1 7 *").setting("TZ", "Asia/Kolkata");
    let mut by_tz = root.start().await;
    assert!(by_tz.host.invoke("tick", None).await.unwrap().succeeded());
    let status = self::payload(&mut by_tz).await["Data"]["timer"]["ScheduleStatus"].clone();
    assert!(status["Next"].as_str().unwrap().ends_with("-07-01T12:00:00+05:30"), "{status}");
    let refusal =
        ScriptRoot::new().timer("tick", "0 0 12 1 7 *").setting("WEBSITE_TIME_ZONE", "W. Europe Standard Time");
    let expected = "WEBSITE_TIME_ZONE \"W. Europe Standard Time\" is not an IANA time zone, letter case \
                    included: Azure on Linux would run in UTC without a word";
    assert_eq!(refusal.refusal().await, expected);
}

#[tokio::test]
async fn section_7_2_a_schedule_without_occurrence_stops_its_timer_west_of_utc_alone() {
    let root = |zone: &str| {
        let root = ScriptRoot::new().timer("never", "0 0 0 30 2 *").timer("tick", "0 0 0 1 1 *");
        root.setting("WEBSITE_TIME_ZONE", zone).firing()
    };
    let mut west = root("America/New_York").start().await;
    west.line("The listener for function 'never' was unable to start").await;
    west.line("The next 5 occurrences of the 'tick' schedule").await;
    let mut east = root("Asia/Tokyo").start().await;
    east.line("The schedule of 'never' has no further occurrence").await;
}

#[tokio::test]
async fn section_7_5_occurrences_are_announced_in_local_time_and_utc() {
    let announced = async |zone: &str| {
        let root = ScriptRoot::new().timer("tick", "0 0 12 1 1 *").setting("WEBSITE_TIME_ZONE", zone).firing();
        let mut rig = root.start().await;
        let text = rig.line("The next 5 occurrences of the 'tick' schedule (Cron: '0 0 12 1 1 *') will be:").await.text;
        let line = text.lines().nth(1).unwrap().to_owned();
        // The year differs at each run.
        format!("{}{}", &line[..6], line[10..].replace(&line[6..10], "yyyy"))
    };
    assert_eq!(announced("UTC").await, "01/01/ 12:00:00Z");
    // Having UTC's offset does not make a zone UTC.
    assert_eq!(announced("Europe/London").await, "01/01/ 12:00:00+00:00 (01/01/yyyy 12:00:00Z)");
    assert_eq!(announced("Europe/Berlin").await, "01/01/ 12:00:00+01:00 (01/01/yyyy 11:00:00Z)");
}

const QUARTERLY: &str = "0 0 0 1 */3 *";

fn status_file(state: &Path) -> std::path::PathBuf {
    state.join("timers/Host.Functions.tick/status")
}

/// Writes a status whose last run was at `last`. `next` is the occurrence after it on the schedule.
fn write_status(state: &Path, last: &Zoned, next: &Zoned) {
    let text = |at: &Zoned| at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string();
    let status = json!({ "Last": text(last), "Next": text(next), "LastUpdated": text(last) });
    fs::create_dir_all(status_file(state).parent().unwrap()).unwrap();
    fs::write(status_file(state), status.to_string()).unwrap();
}

fn read_status(state: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(status_file(state)).unwrap()).unwrap()
}

#[tokio::test]
async fn section_7_5_missed_occurrences_are_made_up_for_once() {
    let state = TempDir::new().unwrap();
    let schedule: ncrontab::Schedule = QUARTERLY.parse().unwrap();
    let last = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).checked_sub(3.years()).unwrap();
    let missed = schedule.next_after(&last).unwrap();
    write_status(state.path(), &last, &missed);
    // runOnStartup does not add a second run.
    let timer = json!([{ "type": "timerTrigger", "name": "timer", "schedule": QUARTERLY, "runOnStartup": true }]);
    let mut rig = ScriptRoot::new().function("tick", &timer).state(state.path()).firing().start().await;
    rig.line("Function 'tick' is past due on startup. Executing now.").await;
    rig.line("Executing 'Functions.tick' (Reason='Timer fired at ").await;
    let details = rig.line("Trigger Details: UnscheduledInvocationReason: IsPastDue, OriginalSchedule: ").await.text;
    assert!(details.contains(&missed.strftime("%Y-%m-%dT%H:%M:%S").to_string()), "{details}");
    let payload = payload(&mut rig).await;
    assert_eq!(payload["Data"]["timer"]["IsPastDue"], true);
    assert_eq!(time(&payload["Data"]["timer"]["ScheduleStatus"]["Next"]), missed.timestamp());
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    // A call by hand, once the run is stored, is never past due.
    while read_status(state.path())["Next"] == payload["Data"]["timer"]["ScheduleStatus"]["Next"] {
        tokio::task::yield_now().await;
    }
    let (status, _) = rig.run("tick").await;
    assert_eq!(status, StatusCode::OK);
    let runs = rig.invocations().len();
    rig.host.stop().await;
    assert_eq!(runs, 2);
    // The next host finds no missed occurrence and remembers the last run.
    let rig = ScriptRoot::new().timer("tick", QUARTERLY).state(state.path()).firing().start().await;
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
    assert_eq!(rig.invocations().len(), 1);
    assert!(time(&read_status(state.path())["Last"]) > last.timestamp());
}

#[tokio::test]
async fn section_7_5_a_changed_schedule_misses_nothing() {
    let state = TempDir::new().unwrap();
    let last = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).checked_sub(3.years()).unwrap();
    write_status(state.path(), &last, &last.checked_add(5.minutes()).unwrap());
    let rig = ScriptRoot::new().timer("tick", QUARTERLY).state(state.path()).firing().start().await;
    let status = read_status(state.path());
    assert_eq!(status["Last"], "0001-01-01T00:00:00+00:00");
    assert!(time(&status["Next"]) > Timestamp::now());
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
    assert_eq!(rig.invocations().len(), 1);
}

#[tokio::test]
async fn section_7_4_a_status_that_cannot_be_read_stops_that_timer_alone() {
    let state = TempDir::new().unwrap();
    fs::create_dir_all(status_file(state.path()).parent().unwrap()).unwrap();
    fs::write(status_file(state.path()), "rubbish").unwrap();
    let root = ScriptRoot::new().timer("tick", "00:00:00.01").timer("tock", "00:00:00.01");
    let tick = json!([{ "type": "timerTrigger", "name": "timer", "schedule": "* * * * *" }]);
    let mut rig = root.function("tick", &tick).state(state.path()).firing().start().await;
    rig.line("The listener for function 'tick' was unable to start: ").await;
    rig.line("Executed 'Functions.tock'").await;
}

#[tokio::test]
async fn section_7_4_without_monitor_nothing_is_stored_and_no_status_is_sent() {
    let state = TempDir::new().unwrap();
    let timer = json!([{
        "type": "timerTrigger", "name": "timer", "schedule": QUARTERLY, "useMonitor": false, "runOnStartup": true,
    }]);
    let mut rig = ScriptRoot::new().function("tick", &timer).state(state.path()).firing().start().await;
    assert_eq!(payload(&mut rig).await["Data"]["timer"]["ScheduleStatus"], Value::Null);
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    rig.host.stop().await;
    assert_eq!(fs::read_dir(state.path()).unwrap().count(), 0);
}
