//! The content of an invocation's payload, and the answers to it.

use axum::body::Body;
use http::{Request, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::rig::{ScriptRoot, payload, text, time};

#[tokio::test]
async fn section_3_3_without_forwarding_a_request_travels_as_json() {
    let mut rig = ScriptRoot::new().host_json(&json!({})).http("web", "web/{id:int}/{part?}").start().await;
    let body = r#"{"order":8,"deep":{"x":1},"none":null,"myTrigger":1}"#;
    let request = Request::post("/api/web/7?a=1&a=2&code=K&order=9")
        .header("content-type", "application/json")
        .header("host", "localhost")
        .body(Body::from(body))
        .unwrap();
    let response = rig.send(request).await;
    assert_eq!((response.status(), &response.headers()["x-more"]), (StatusCode::CREATED, &"7".parse().unwrap()));
    let payload: Value = serde_json::from_str(&text(response).await).unwrap();
    let request = &payload["Data"]["req"];
    assert_eq!(request["Url"], "http://localhost/api/web/7?a=1&a=2&code=K&order=9");
    assert_eq!(request["Method"], "POST");
    assert_eq!(request["Query"], json!({ "a": "1,2", "code": "K", "order": "9" }));
    assert_eq!(request["Params"], json!({ "id": "7", "part": null }));
    assert_eq!(request["Headers"]["Content-Type"], json!(["application/json"]));
    assert_eq!(request["Body"], body);
    assert_eq!(request["Identities"][0]["IsAuthenticated"], false);
    let metadata = &payload["Metadata"];
    // Values are texts that hold JSON, except for objects. Route comes before query and query before body. The last
    // value of the query counts.
    assert_eq!(
        (&metadata["a"], &metadata["id"], &metadata["order"]),
        (&json!("\"2\""), &json!("\"7\""), &json!("\"9\""))
    );
    assert_eq!((&metadata["deep"], &metadata["Query"]["a"]), (&json!({ "x": 1 }), &json!("2")));
    let names: Vec<&String> = metadata.as_object().unwrap().keys().collect();
    assert_eq!(names, ["Headers", "Query", "a", "deep", "id", "order", "sys"]);
    rig.line("Executed 'Functions.web' (Succeeded").await;
    assert_eq!(rig.last_invocation().path, "/web");
}

#[tokio::test]
async fn section_3_5_a_json_answer_that_makes_no_response_is_500() {
    let mut rig = ScriptRoot::new().host_json(&json!({})).http("refused", "refused").http("ok", "ok").start().await;
    assert_eq!(rig.get("/api/refused").await, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
    rig.line("Executed 'Functions.refused' (Failed").await;
    // If Outputs lacks the output's name, the body is an empty object, as in the real host.
    assert_eq!(rig.get("/api/ok").await, (StatusCode::OK, "{}".to_owned()));
}

#[tokio::test]
async fn section_3_1_a_timer_by_hand_gets_the_stored_status_and_does_not_move_the_schedule() {
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
    let entry = rig.last_invocation();
    assert_eq!(entry.function, "tick");
    assert_eq!((entry.method.as_str(), entry.path.as_str(), entry.status, entry.reason), ("POST", "/tick", 200, None));
}

#[tokio::test]
async fn section_3_4_a_failed_invocation_carries_the_handlers_words() {
    let rig = ScriptRoot::new().timer("refused", "0 0 0 1 1 *").start().await;
    let (status, body) = rig.run("refused").await;
    assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
    assert_eq!(body["succeeded"], false);
    assert_eq!(
        body["error"],
        "the handler answered 502 Bad Gateway: {\"error\":{\"code\":\"refused\",\"message\":\"the vault refused\"}}"
    );
    let entry = rig.last_invocation();
    assert_eq!((entry.status, entry.reason.as_deref()), (502, Some("the vault refused")));
}

#[tokio::test]
async fn section_3_4_answers_that_the_real_host_would_choke_on_are_explained() {
    let mut root = ScriptRoot::new();
    let functions = ["empty", "null", "nonsense", "plain"];
    for function in functions {
        root = root.timer(function, "0 0 0 1 1 *");
    }
    let rig = root.start().await;
    let expected = [
        "the handler answered 200 OK with an empty body. The Functions host never completes such an invocation",
        "the handler answered 200 OK with the body null. The Functions host never completes such an invocation",
        "the handler answered 200 OK with a body that is not JSON: \":\" is expected after \"not\" at line 1 column 6",
        "the handler answered 200 OK with Content-Type text/plain, which the Functions host refuses",
    ];
    for (function, expected) in functions.into_iter().zip(expected) {
        let error = rig.host.invoke(function, None).await.unwrap().error.unwrap_or_default();
        assert!(error.starts_with(expected), "{function}: {error}");
        assert_eq!(rig.last_invocation().status, 200);
    }
}
