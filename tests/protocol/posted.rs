//! The calls that the host does not forward: `POST /<function name>` with `Data` and `Metadata`.

use reqwest::Response;
use serde_json::{Value, json};

use crate::rig::{Handler, ID};

fn timer(timer: &Value) -> Value {
    json!({
        "Data": { "timer": timer },
        "Metadata": { "sys": { "MethodName": "snapshot", "UtcNow": "2026-11-21T09:30:00.0209Z", "RandGuid": ID } }
    })
}

fn status(next: &str) -> Value {
    json!({ "Last": "0001-01-01T00:00:00", "Next": next, "LastUpdated": "0001-01-01T00:00:00+00:00" })
}

/// Returns the slot of a timer's run.
async fn slot(call: &Value) -> String {
    let handler = Handler::start(&[]);
    // There is no identity, so the run fails after its beginning.
    assert_eq!(handler.post("snapshot", call).await.status(), 502, "{call}");
    let line = handler.stdout.line_with("slot=").unwrap();
    line.split("slot=").nth(1).unwrap().split_whitespace().next().unwrap().to_owned()
}

#[tokio::test]
async fn posted_timer_payloads_of_every_host_are_understood() {
    let on_time = "2026-11-21T09:30:00Z";
    let plain = json!({
        "Schedule": { "AdjustForDST": true }, "ScheduleStatus": status("2026-11-21T09:30:00+00:00"), "IsPastDue": false
    });
    assert_eq!(slot(&timer(&plain)).await, on_time);
    assert_eq!(slot(&timer(&json!(plain.to_string()))).await, on_time, "within a string");
    let local = json!({ "ScheduleStatus": status("2026-11-21T01:30:00.0000000-08:00"), "IsPastDue": "false" });
    assert_eq!(slot(&timer(&local)).await, on_time, "in local time");
    let camel = json!({ "scheduleStatus": { "next": "2026-11-21T09:30:00" }, "isPastDue": true });
    assert_eq!(slot(&timer(&camel)).await, on_time, "in camel case, without a zone");
}

#[tokio::test]
async fn posted_timer_without_an_occurrence_runs_for_the_minute_of_the_invocation() {
    for timer_info in [
        json!({ "ScheduleStatus": null, "IsPastDue": false }),
        json!({ "ScheduleStatus": status("0001-01-01T00:00:00-08:00") }),
        json!("null"),
        Value::Null,
    ] {
        assert_eq!(slot(&timer(&timer_info)).await, "2026-11-21T09:30:00Z", "{timer_info}");
    }
}

#[tokio::test]
async fn posted_request_what_is_no_invocation_is_refused_without_running() {
    let handler = Handler::start(&[]);
    for call in [
        json!(7),
        json!([]),
        Value::Null,
        json!({}),
        json!({ "Data": [] }),
        json!({ "Data": { "other": {} } }),
        json!({ "Data": { "timer": [] } }),
        timer(&json!({ "ScheduleStatus": { "Next": "soon" } })),
    ] {
        assert_eq!(handler.post("snapshot", &call).await.status(), 400, "{call}");
    }
    assert!(!handler.stdout.so_far().iter().any(|line| line.contains("slot=")));
}

fn http(url: &str, method: &str, params: &Value) -> Value {
    json!({
        "Data": { "req": {
            "Url": url, "Method": method, "Query": {}, "Headers": { "Host": ["localhost:7071"], "Accept": ["*/*"] },
            "Params": params, "Identities": []
        } },
        "Metadata": { "Query": "{}", "sys": { "MethodName": "health", "UtcNow": "\"2026-11-21T09:30:00Z\"" } }
    })
}

async fn result(response: Response) -> Value {
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json");
    let result: Value = response.json().await.unwrap();
    let members: Vec<_> = result.as_object().unwrap().keys().collect();
    assert_eq!(members, ["Logs", "Outputs", "ReturnValue"]);
    assert_eq!(result["ReturnValue"], Value::Null);
    result
}

#[tokio::test]
async fn posted_http_payload_runs_the_function_that_a_forwarded_request_runs() {
    let handler = Handler::start(&[]);
    let posted = result(handler.post("health", &http("http://h/api/health", "GET", &json!({}))).await).await;
    let forwarded: Value = handler.get("/api/health").await.json().await.unwrap();
    let body: Value = serde_json::from_str(posted["Outputs"]["res"]["body"].as_str().unwrap()).unwrap();
    assert_eq!((&body["status"], &body["version"]), (&forwarded["status"], &forwarded["version"]));
}

#[tokio::test]
async fn posted_http_payload_the_functions_parameters_come_from_params() {
    let handler = Handler::start(&[]);
    let call = http("http://h/api/snapshots/no thing?x=1", "POST", &json!({ "source": "no thing" }));
    let posted = result(handler.post("snapshot_now", &call).await).await;
    assert_eq!(posted["Outputs"]["res"]["statusCode"], 404);
    let call = http("http://h/api/snapshots/orders", "POST", &json!({ "source": null }));
    assert_eq!(handler.post("snapshot_now", &call).await.status(), 400);
}

#[tokio::test]
async fn posted_http_output_is_a_status_headers_and_a_string() {
    let handler = Handler::start(&[]);
    let call = http("http://h/api/snapshots/nothing", "GET", &json!({ "source": "nothing", "which": null }));
    let result = result(handler.post("snapshots", &call).await).await;
    let body = r#"{"error":{"code":"not_found","message":"there is no such source."}}"#;
    let res = json!({ "statusCode": 404, "headers": { "content-type": "application/json" }, "body": body });
    assert_eq!(result["Outputs"], json!({ "res": res }));
}

#[tokio::test]
async fn posted_response_a_failed_run_is_not_2xx_and_has_been_logged_before() {
    let handler = Handler::start(&[]);
    let response = handler.post("snapshot", &timer(&json!({}))).await;
    assert_eq!(response.status(), 502);
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["error"]["code"], "upstream_refused");
    assert!(handler.stderr.line_with(ID).unwrap().contains("the identity endpoint refused this app"));
}
