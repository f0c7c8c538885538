//! The admin API.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::body::Body;
use functions_host::Cors;
use http::{Method, Request, StatusCode};
use serde_json::{Value, json};

use crate::rig::{ScriptRoot, request};

fn invoke(body: &'static str) -> Request<Body> {
    Request::post("/admin/functions/tick").header("content-type", "application/json").body(Body::from(body)).unwrap()
}

#[tokio::test]
async fn section_8_a_function_is_invoked_at_once_or_waited_for() {
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").start().await;
    assert_eq!(rig.call(invoke(r#"{"input":"x"}"#)).await, (StatusCode::ACCEPTED, String::new()));
    rig.line("Executed 'Functions.tick' (Succeeded").await;
    let (status, outcome) = rig.run("Tick").await;
    assert_eq!((status, &outcome["succeeded"]), (StatusCode::OK, &json!(true)));
    assert!(outcome["durationMs"].is_u64() && outcome["id"].is_string(), "{outcome}");
}

#[tokio::test]
async fn section_8_the_input_reaches_the_handler_under_the_name_of_the_trigger() {
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").start().await;
    for (input, expected) in [(r#"{"input":"x"}"#, "\"x\""), (r#"{'Input':5}"#, "\"5\"")] {
        assert_eq!(rig.call(invoke(input)).await.0, StatusCode::ACCEPTED);
        assert_eq!(crate::rig::payload(&mut rig).await["Metadata"]["timer"], expected);
    }
    assert_eq!(rig.call(invoke("{}")).await.0, StatusCode::ACCEPTED);
    assert_eq!(crate::rig::payload(&mut rig).await["Metadata"]["timer"], Value::Null);
}

#[tokio::test]
async fn section_8_what_cannot_be_invoked_is_refused_as_the_real_host_does() {
    let root = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").timer("broken", "7 7").http("web", "web/{id}");
    let rig = root.start().await;
    for body in ["", "null", "{", "[]", r#"{"input":{}}"#] {
        assert_eq!(rig.call(invoke(body)).await.0, StatusCode::BAD_REQUEST, "{body}");
    }
    let (status, _) = rig.call(request(Method::POST, "/admin/functions/tick", "{}")).await;
    assert_eq!(status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(rig.run("tock").await.0, StatusCode::NOT_FOUND);
    let (status, outcome) = rig.run("web").await;
    let port = rig.host.url().port().unwrap();
    let expected =
        format!("this host does not run an HTTP function by hand: call http://localhost:{port}/api/web/{{id}}");
    assert_eq!((status, outcome), (StatusCode::BAD_REQUEST, json!({ "error": expected })));
    // A call that does not wait is accepted, and so is a call of a function in error.
    for name in ["web", "BROKEN"] {
        let path = format!("/Admin/Functions/{name}");
        let request = Request::post(path).header("content-type", "application/json").body(Body::from("{}")).unwrap();
        assert_eq!(rig.call(request).await, (StatusCode::ACCEPTED, String::new()), "{name}");
    }
    let error = rig.host.invoke("web", None).await.unwrap_err().to_string();
    assert_eq!(error, format!("\"web\" is an HTTP function: call http://localhost:{port}/api/web/{{id}}"));
    let error = rig.host.invoke("tock", None).await.unwrap_err().to_string();
    assert_eq!(error, "there is no function \"tock\"");
}

#[tokio::test]
async fn section_8_functions_and_the_host_describe_themselves() {
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
async fn section_8_what_is_not_the_hosts_is_a_functions_or_404() {
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").start().await;
    for (method, path) in [(Method::POST, "/admin/none"), (Method::PUT, "/admin/host/ping")] {
        assert_eq!(
            rig.call(request(method.clone(), path, Body::empty())).await,
            (StatusCode::NOT_FOUND, String::new())
        );
        rig.line(&format!("404: no function has a route for {method} {path}")).await;
    }
}

#[tokio::test]
async fn section_8_no_function_gets_a_path_below_admin_or_runtime() {
    let with_prefix = |prefix: &str, route: &str| {
        let host = json!({ "version": "2.0", "extensions": { "http": { "routePrefix": prefix } } });
        let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableForwardingHttpRequest": true }));
        root.http("all", route)
    };
    let mut rig = with_prefix("", "{*path}").start().await;
    for path in ["/admin", "/admin/", "/ADMIN/x", "/admin/warmup/x", "/runtime", "/Runtime/webhooks/x", "/%61dmin/x"] {
        assert_eq!(rig.get(path).await, (StatusCode::NOT_FOUND, String::new()), "{path}");
        rig.line("the route of 'all' matches, but the host keeps paths below /admin and /runtime to itself").await;
    }
    for path in ["/administrator/x", "/runtimes/x", "/x/admin", "/admin%2Fx/y"] {
        assert_eq!(rig.get(path).await.0, StatusCode::OK, "{path}");
    }
    assert_eq!(rig.get("/admin/host/status").await.0, StatusCode::OK);
    let mut rig = with_prefix("admin", "echo/{*rest}").start().await;
    rig.line("routePrefix \"admin\"").await;
    assert_eq!(rig.get("/admin/echo/x").await, (StatusCode::NOT_FOUND, String::new()));
}

async fn drain_status(rig: &crate::rig::Rig) -> Value {
    serde_json::from_str(&rig.get("/admin/host/drain/status").await.1).unwrap()
}

#[tokio::test]
async fn section_8_a_drained_host_lets_runs_end_and_starts_no_more_until_it_resumes() {
    let root = ScriptRoot::new().timer("hold", "00:00:00.01").timer("tick", "00:00:00.01").http("release", "release");
    let mut rig = root.firing().start().await;
    rig.line("hold begins").await;
    assert_eq!(drain_status(&rig).await["state"], "Disabled");
    let post = |path: &str| request(Method::POST, path, Body::empty());
    assert_eq!(rig.call(post("/admin/host/drain")).await.0, StatusCode::ACCEPTED);
    let status = drain_status(&rig).await;
    assert_eq!(status["state"], "InProgress", "{status}");
    // HTTP functions still answer.
    assert_eq!(rig.get("/api/release").await.0, StatusCode::NO_CONTENT);
    rig.line("Executed 'Functions.hold' (Succeeded").await;
    while drain_status(&rig).await["state"] != "Completed" {}
    assert_eq!(
        drain_status(&rig).await,
        json!({ "state": "Completed", "outstandingInvocations": 0, "outstandingRetries": 0 })
    );
    rig.rest_of_log();
    assert_eq!(rig.call(post("/admin/host/resume")).await, (StatusCode::OK, r#"{"state":"Running"}"#.to_owned()));
    assert_eq!(drain_status(&rig).await["state"], "Disabled");
    rig.line("Executed 'Functions.tick' (Succeeded").await;
}

#[tokio::test]
async fn section_8_restart_reads_the_script_root_again() {
    let mut rig = ScriptRoot::new().http("echo", "echo").start().await;
    let first = rig.line("listening on").await.text;
    let restart = request(Method::POST, "/admin/host/restart", Body::empty());
    assert_eq!(rig.call(restart).await.0, StatusCode::OK);
    let second = rig.line("listening on").await.text;
    assert_ne!(first, second);
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
    // A script root that cannot be run leaves the host in error until it can be run.
    rig.write("host.json", "{");
    rig.line("The host cannot start: host.json: ").await;
    assert_eq!(
        rig.get("/api/echo").await,
        (StatusCode::SERVICE_UNAVAILABLE, "Function host is not running.".to_owned())
    );
    assert!(rig.get("/admin/host/status").await.1.contains("\"state\":\"Error\""));
    assert_eq!(rig.get("/admin/functions").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(rig.call(request(Method::POST, "/admin/host/resume", Body::empty())).await.0, StatusCode::CONFLICT);
}

#[tokio::test]
async fn section_8_a_host_goes_offline_and_comes_back() {
    let mut rig = ScriptRoot::new().http("echo", "echo").start().await;
    rig.line("listening on").await;
    let put = |state: &str| {
        let request = Request::put("/admin/host/state").header("content-type", "application/json");
        request.body(Body::from(format!("\"{state}\""))).unwrap()
    };
    assert_eq!(rig.call(put("Sleeping")).await.0, StatusCode::BAD_REQUEST);
    assert_eq!(rig.call(put("Running")).await.0, StatusCode::OK);
    assert_eq!(rig.call(put("offline")).await.0, StatusCode::ACCEPTED);
    while !rig.get("/admin/host/status").await.1.contains("\"state\":\"Offline\"") {}
    assert_eq!(rig.call(put("offline")).await.0, StatusCode::OK);
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(rig.call(put("running")).await.0, StatusCode::ACCEPTED);
    rig.line("listening on").await;
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
}

#[tokio::test]
async fn section_8_the_host_tells_its_processes_and_its_configuration() {
    let rig = ScriptRoot::new().http("echo", "echo").start().await;
    let (_, processes) = rig.get("/admin/host/processes").await;
    let processes: Value = serde_json::from_str(&processes).unwrap();
    assert_eq!(processes["processes"][0]["processId"], std::process::id());
    assert_eq!(processes["processes"].as_array().unwrap().len(), 1, "the handler is not among them");
    let (_, config) = rig.get("/admin/host/config").await;
    assert_eq!(serde_json::from_str::<Value>(&config).unwrap()["version"], "2.0");
    let sync = request(Method::POST, "/admin/host/synctriggers", Body::empty());
    assert_eq!(rig.call(sync).await, (StatusCode::OK, r#"{"status":"success"}"#.to_owned()));
    assert_eq!(rig.get("/admin/warmup").await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_page_of_another_site_cannot_use_the_admin_api() {
    let cors = Cors { origins: vec!["https://portal.test".to_owned(), "*".to_owned()], credentials: false };
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").cors(cors).start().await;
    let own = rig.host.url().as_str().trim_end_matches('/').to_owned();
    let post = |path: &str| Request::post(path.to_owned());
    for path in
        ["/admin/host/restart", "/admin/host/drain", "/admin/host/resume", "/admin/functions/tick", "/admin/host/ping"]
    {
        for (name, value) in [("origin", "https://evil.test"), ("origin", "null"), ("host", "evil.test:7071")] {
            let (status, body) = rig.call(post(path).header(name, value).body(Body::empty()).unwrap()).await;
            assert_eq!(status, StatusCode::FORBIDDEN, "{path} {value}: {body}");
        }
    }
    let (status, _) =
        rig.call(Request::get("/admin/functions").header("host", "evil.test").body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::FORBIDDEN);
    let log = rig.rest_of_log();
    assert!(!log.iter().any(|line| line.contains("estarting") || line.contains("Executing")), "{log:?}");
    for origin in [own.as_str(), "https://portal.test"] {
        let drain = post("/admin/host/drain").header("origin", origin).body(Body::empty()).unwrap();
        assert_eq!(rig.call(drain).await.0, StatusCode::ACCEPTED, "{origin}");
    }
}
