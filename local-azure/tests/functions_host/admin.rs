//! The admin API.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::body::Body;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::rig::{ScriptRoot, request};

fn invoke(body: &'static str) -> Request<Body> {
    Request::post("/admin/functions/tick").header("content-type", "application/json").body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn a_function_is_invoked_at_once_or_waited_for() {
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").start().await;
    assert_eq!(rig.call(invoke(r#"{"input":"x"}"#)).await, (StatusCode::ACCEPTED, String::new()));
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    let (status, outcome) = rig.run("Tick").await;
    assert_eq!((status, &outcome["succeeded"]), (StatusCode::OK, &json!(true)));
    assert!(outcome["durationMs"].is_u64() && outcome["id"].is_string(), "{outcome}");
}

#[tokio::test]
async fn what_cannot_be_invoked_is_refused_as_the_real_host_does() {
    let rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").http("web", "web/{id}").start().await;
    for body in ["", "null", "{", "[]", r#"{"input":{}}"#] {
        assert_eq!(rig.call(invoke(body)).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    let (status, _) = rig.call(request(Method::POST, "/admin/functions/tick", "{}")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(rig.run("tock").await.0, StatusCode::NOT_FOUND);
    let (status, outcome) = rig.run("web").await;
    let port = rig.host.url().port().unwrap();
    let expected =
        format!("local-azure does not run an HTTP function by hand: call http://localhost:{port}/api/web/{{id}}");
    assert_eq!((status, outcome), (StatusCode::BAD_REQUEST, json!({ "error": expected })));
    let error = rig.host.invoke("web", None).await.unwrap_err().to_string();
    assert_eq!(error, format!("\"web\" is an HTTP function: call http://localhost:{port}/api/web/{{id}}"));
    let error = rig.host.invoke("tock", None).await.unwrap_err().to_string();
    assert_eq!(error, "there is no function \"tock\"");
}

#[tokio::test]
async fn functions_and_the_host_describe_themselves() {
    let root = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").timer("broken", "0 0 0 1 1 7").http("web", "web/{id}");
    let rig = root.setting("AzureWebJobs_tick_Disabled", "1").start().await;
    let port = rig.host.url().port().unwrap();
    let (_, list) = rig.get("/admin/functions").await;
    let list: Vec<Value> = serde_json::from_str(&list).unwrap();
    assert_eq!(list.iter().map(|function| &function["name"]).collect::<Vec<_>>(), ["tick", "web"]);
    assert_eq!((&list[0]["isDisabled"], &list[1]["isDisabled"]), (&json!(true), &json!(false)));
    assert_eq!(list[1]["invoke_url_template"], format!("http://localhost:{port}/api/web/{{id}}"));
    let (_, one) = rig.get("/admin/functions/WEB").await;
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap(), list[1]);
    assert!(one.contains("httpTrigger"), "{one}");
    assert_eq!(rig.get("/admin/functions/none").await.0, StatusCode::NOT_FOUND);
    let (_, status) = rig.get("/admin/functions/broken/status").await;
    assert!(status.contains("Sunday is 0"), "{status}");
    assert_eq!(rig.get("/admin/functions/tick/status").await.1, "{}");
    let (_, status) = rig.get("/admin/host/status").await;
    let status: Value = serde_json::from_str(&status).unwrap();
    assert_eq!(status["state"], "Running");
    assert!(status["errors"][0].as_str().unwrap().starts_with("The 'broken' function is in error: "), "{status}");
    assert_eq!(rig.call(request(Method::POST, "/admin/host/ping", Body::empty())).await.0, StatusCode::OK);
}

#[tokio::test]
async fn what_is_not_implemented_says_so() {
    let rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").start().await;
    let (status, body) = rig.call(request(Method::POST, "/admin/host/config", Body::empty())).await;
    assert_eq!(status, StatusCode::NOT_IMPLEMENTED);
    assert_eq!(body, r#"{"error":"POST /admin/host/config is not supported by local-azure"}"#);
}
