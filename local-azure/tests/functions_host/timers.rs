//! Timers: what the handler is sent, what it may answer, and when the schedule fires.
#![expect(clippy::unwrap_used, reason = "tests")]

use http::StatusCode;
use jiff::{Timestamp, Zoned};
use local_azure::{functions_host::Level, journal::Service};
use serde_json::{Value, json};

use crate::rig::{Rig, ScriptRoot};

async fn payload(rig: &mut Rig) -> Value {
    let line = rig.line("payload ").await.text;
    serde_json::from_str(line.strip_prefix("payload ").unwrap()).unwrap()
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

#[tokio::test]
async fn a_timer_by_hand_gets_the_stored_status_and_does_not_move_the_schedule() {
    let mut rig = ScriptRoot::new().timer("tick", "%TICK%").setting("Tick", "0 0 0 1 1 *").start().await;
    for _ in 0..2 {
        let invocation = rig.host.invoke("TICK", None).await.unwrap();
        assert!(invocation.succeeded());
        assert_eq!(invocation.function, "tick");
        let headers: Value =
            serde_json::from_str(rig.line("headers ").await.text.strip_prefix("headers ").unwrap()).unwrap();
        assert_eq!(headers["content-type"], "application/json; charset=utf-8");
        assert_eq!(headers["transfer-encoding"], "chunked");
        assert_eq!(headers["content-length"], Value::Null);
        assert_eq!(headers["x-azure-functions-invocationid"], invocation.id.to_string());
        assert_eq!(headers["x-azure-functions-hostversion"], "4.1052.0.0");
        assert_eq!(headers["user-agent"], "Azure-Functions-Host/4.1052.0.0");
        let payload = payload(&mut rig).await;
        let timer = &payload["Data"]["timer"];
        assert_eq!(timer["Schedule"], json!({ "AdjustForDST": true }));
        assert_eq!(timer["IsPastDue"], false);
        assert_eq!(timer["ScheduleStatus"]["Last"], "0001-01-01T00:00:00+00:00");
        let next = timer["ScheduleStatus"]["Next"].as_str().unwrap();
        assert!(next.ends_with("-01-01T00:00:00+00:00"), "{next}");
        assert!(time(&timer["ScheduleStatus"]["LastUpdated"]) <= Timestamp::now());
        assert_eq!(payload["Metadata"]["sys"]["MethodName"], "tick");
        assert_eq!(payload["Metadata"].as_object().unwrap().len(), 1);
        rig.line("a line from the answer").await;
    }
    let entry = rig.last_entry();
    assert_eq!((entry.service, entry.from), (Service::Handler, Some(Service::FunctionsHost)));
    assert_eq!((entry.method.as_str(), entry.path.as_str(), entry.status, entry.reason), ("POST", "/tick", 200, None));
}

#[tokio::test]
async fn the_log_frames_an_invocation() {
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").timer("refused", "0 0 0 1 1 *").start().await;
    let id = rig.host.invoke("tick", None).await.unwrap().id;
    let begin = rig.line("Executing").await.text;
    let reason = "This function was programmatically called via the host APIs.";
    assert_eq!(begin, format!("Executing 'Functions.tick' (Reason='{reason}', Id={id})"));
    let end = rig.line("Executed").await;
    assert!(end.text.starts_with(&format!("Executed 'Functions.tick' (Succeeded, Id={id}, Duration=")), "{}", end.text);
    assert!(end.to_string().starts_with('[') && end.to_string().contains("Z] Executed"), "{end}");
    let id = rig.host.invoke("refused", None).await.unwrap().id;
    let end = rig.line("Executed").await;
    assert!(end.text.starts_with(&format!("Executed 'Functions.refused' (Failed, Id={id}, Duration=")), "{}", end.text);
    assert_eq!(end.level, Level::Error);
}

#[tokio::test]
async fn a_failed_invocation_carries_the_handlers_words() {
    let rig = ScriptRoot::new().timer("refused", "0 0 0 1 1 *").start().await;
    let (status, body) = rig.run("refused").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body["succeeded"], false);
    assert_eq!(
        body["error"],
        "the handler answered 502 Bad Gateway: {\"error\":{\"code\":\"refused\",\"message\":\"the vault refused\"}}"
    );
    let entry = rig.last_entry();
    assert_eq!((entry.status, entry.reason.as_deref()), (502, Some("the vault refused")));
}

#[tokio::test]
async fn answers_that_the_real_host_would_choke_on_are_explained() {
    let mut root = ScriptRoot::new();
    let functions = ["empty", "null", "nonsense", "plain"];
    for function in functions {
        root = root.timer(function, "0 0 0 1 1 *");
    }
    let rig = root.start().await;
    let expected = [
        "the handler answered 200 OK with an empty body. The Functions host never completes such an invocation",
        "the handler answered 200 OK with the body null. The Functions host never completes such an invocation",
        "the handler answered 200 OK with a body that is not JSON: key must be a string at line 1 column 2",
        "the handler answered 200 OK with Content-Type text/plain, which the Functions host refuses",
    ];
    for (function, expected) in functions.into_iter().zip(expected) {
        let error = rig.host.invoke(function, None).await.unwrap().error.unwrap_or_default();
        assert!(error.starts_with(expected), "{function}: {error}");
        assert_eq!(rig.last_entry().status, 200);
    }
}

#[tokio::test]
async fn a_schedule_fires_with_the_occurrence_that_is_running() {
    let timer = json!([{ "type": "timerTrigger", "name": "timer", "schedule": "*/1 * * * * *" }]);
    let mut rig = ScriptRoot::new().function("tick", &timer).firing().start().await;
    rig.line("The next 5 occurrences of the 'tick' schedule (Cron: '* * * * * *') will be:").await;
    assert!(rig.line("Executing 'Functions.tick' (Reason='Timer fired at ").await.at.is_some());
    // Fires too often for a monitor, so there is no status.
    assert_eq!(payload(&mut rig).await["Data"]["timer"]["ScheduleStatus"], Value::Null);
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    rig.line("Executing 'Functions.tick'").await;
}

#[tokio::test]
async fn run_on_startup_runs_once_at_start_and_is_remembered() {
    let timer = json!([{
        "type": "timerTrigger", "name": "timer", "schedule": "0 0 0 1 1 *", "runOnStartup": true, "useMonitor": true,
    }]);
    let mut rig = ScriptRoot::new().function("tick", &timer).firing().start().await;
    let first = payload(&mut rig).await;
    let status = &first["Data"]["timer"]["ScheduleStatus"];
    assert_eq!(status["Last"], "0001-01-01T00:00:00+00:00");
    assert_eq!(status["LastUpdated"], "0001-01-01T00:00:00+00:00");
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    // The status is stored right after the run; a call by hand sees it then.
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
async fn a_timer_never_overlaps_itself_but_timers_run_side_by_side() {
    let root = ScriptRoot::new().http("release", "release").timer("hold", "00:00:00.01").timer("tick", "00:00:00.01");
    let mut rig = root.firing().start().await;
    for _ in 0..3 {
        let line = rig.line("hold begins").await.text;
        assert_eq!(line, "hold begins, 1 running");
        // While one is held, the other goes on; a second run of the first would have had time to begin.
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
async fn a_call_by_hand_may_overlap_a_scheduled_run() {
    let root = ScriptRoot::new().http("release", "release").timer("hold", "00:00:00.01");
    let mut rig = root.firing().start().await;
    rig.line("hold begins, 1 running").await;
    let (invocation, _) = tokio::join!(rig.host.invoke("hold", None), async {
        // Two are let go, whichever began first.
        rig.get("/api/release").await;
        rig.get("/api/release").await;
    });
    assert!(invocation.unwrap().succeeded());
}

#[tokio::test]
async fn a_failed_run_does_not_stop_the_schedule() {
    let mut rig = ScriptRoot::new().timer("refused", "00:00:00.01").firing().start().await;
    for _ in 0..3 {
        rig.line("Executed 'Functions.refused' (Failed").await;
    }
}

#[tokio::test]
async fn a_disabled_timer_does_not_fire_but_runs_by_hand() {
    let root = ScriptRoot::new().timer("tick", "00:00:00.01").timer("tock", "00:00:00.01");
    let mut rig = root.setting("AzureWebJobs.tick.Disabled", "true").firing().start().await;
    rig.line("Function tick is disabled.").await;
    for _ in 0..3 {
        let line = rig.line("Executing").await.text;
        assert!(line.contains("Functions.tock"), "{line}");
    }
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
    assert!(rig.host.functions().iter().any(|function| function.name == "tick" && function.disabled));
}

#[tokio::test]
async fn schedules_follow_website_time_zone() {
    let root = ScriptRoot::new().timer("tick", "0 0 12 1 7 *").setting("WEBSITE_TIME_ZONE", "Europe/Berlin");
    let mut rig = root.start().await;
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
    let payload = payload(&mut rig).await;
    let next = payload["Data"]["timer"]["ScheduleStatus"]["Next"].as_str().unwrap();
    assert!(next.ends_with("-07-01T12:00:00+02:00"), "{next}");
    assert!(format!("{next}[Europe/Berlin]").parse::<Zoned>().is_ok());
    let refusal =
        ScriptRoot::new().timer("tick", "0 0 12 1 7 *").setting("WEBSITE_TIME_ZONE", "W. Europe Standard Time");
    let expected = "WEBSITE_TIME_ZONE \"W. Europe Standard Time\" is not an IANA time zone";
    assert_eq!(refusal.refusal().await, expected);
}
