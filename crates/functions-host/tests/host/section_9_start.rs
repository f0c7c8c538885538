//! The behaviour of `func start`: its address and its output.
#![expect(clippy::unwrap_used, reason = "tests")]

use axum::body::Body;
use functions_host::{Cors, Level};
use http::{HeaderMap, Request, StatusCode};
use serde_json::json;
use tokio::net::TcpListener;

use crate::rig::ScriptRoot;

#[tokio::test]
async fn section_9_6_the_list_of_functions_is_printed_as_func_start_does() {
    let trigger = json!({ "type": "httpTrigger", "name": "req", "methods": ["get", "POST"], "route": "orders/{id?}" });
    let output = json!({ "type": "http", "direction": "out", "name": "res" });
    let root = ScriptRoot::new().function("orders", &json!([trigger, output])).http("any", "any").timer("a_timer", "5");
    let mut rig = root.start().await;
    let first = rig.line("").await;
    assert!(first.text.is_empty() && first.at.is_none());
    let port = rig.host.url().port().unwrap();
    let expected = [
        "Functions:".to_owned(),
        String::new(),
        format!("\tany:  http://localhost:{port}/api/any"),
        String::new(),
        format!("\torders: [GET,POST] http://localhost:{port}/api/orders/{{id?}}"),
        String::new(),
        "\ta_timer: timerTrigger".to_owned(),
        String::new(),
    ];
    for expected in expected {
        assert_eq!(rig.line("").await.to_string(), expected);
    }
    // Functions are sorted by their upper-case letters, so an underscore comes after the letters.
    let timer = &rig.host.functions()[1];
    assert_eq!((timer.trigger, timer.schedule.as_deref()), ("timerTrigger", Some("Constant: 5.00:00:00")));
    assert_eq!(rig.host.functions()[2].methods, ["GET", "POST"]);
}

#[tokio::test]
async fn section_9_2_a_port_in_use_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    let port = address.port();
    let expected = format!("port {port} is in use: end the process that listens on it, or choose another port");
    assert_eq!(ScriptRoot::new().timer("tick", "0 0 0 1 1 *").address(address).refusal().await, expected);
}

#[tokio::test]
async fn section_9_2_only_this_machine_is_served() {
    let root = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").address("0.0.0.0:0".parse().unwrap());
    assert_eq!(root.refusal().await, "0.0.0.0:0 is not a loopback address: the host serves this machine only");
}

#[tokio::test]
async fn section_9_6_the_log_frames_an_invocation() {
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
async fn section_9_6_preflights_are_answered_for_listed_origins_before_any_function() {
    let cors = |origins: &[&str], credentials| Cors {
        origins: origins.iter().map(ToString::to_string).collect(),
        credentials,
    };
    let cases = [
        (cors(&["http://localhost:3000"], true), "http://localhost:3000", Some("http://localhost:3000")),
        (cors(&["http://localhost:3000"], false), "http://evil.test", None),
        (cors(&["HTTP://LocalHost:3000"], false), "http://localhost:3000", Some("http://localhost:3000")),
        (cors(&["http://localhost:3000/"], false), "http://localhost:3000", None),
        (cors(&["*"], false), "http://any.test", Some("*")),
        (cors(&["https://x.test", "*"], true), "http://any.test", None),
    ];
    for (cors, origin, allowed) in cases {
        let credentials = cors.credentials.then_some("true");
        let mut rig = ScriptRoot::new().http("echo", "echo").cors(cors).start().await;
        let preflight = Request::options("/api/echo")
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .header("access-control-request-headers", "x-a");
        let answer = rig.send(preflight.body(Body::empty()).unwrap()).await;
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(header(answer.headers(), "access-control-allow-origin"), allowed);
        assert_eq!(header(answer.headers(), "access-control-allow-methods"), allowed.map(|_| "PUT"));
        assert_eq!(header(answer.headers(), "access-control-allow-headers"), allowed.map(|_| "x-a"));
        assert!(!rig.rest_of_log().iter().any(|line| line.contains("Executing")), "a function ran");
        let call = Request::get("/api/echo").header("origin", origin).body(Body::empty()).unwrap();
        let answer = rig.send(call).await;
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(header(answer.headers(), "access-control-allow-origin"), allowed);
        assert_eq!(
            header(answer.headers(), "access-control-allow-credentials"),
            credentials.filter(|_| allowed.is_some())
        );
    }
}

#[tokio::test]
async fn section_9_6_origins_that_allow_no_page_are_named_and_any_origin_has_no_credentials() {
    let cors = |origins: &[&str], credentials| Cors {
        origins: origins.iter().map(ToString::to_string).collect(),
        credentials,
    };
    let refusal = ScriptRoot::new().http("echo", "echo").cors(cors(&["*"], true)).refusal().await;
    assert!(refusal.contains("name the origins, or leave CORSCredentials out"), "{refusal}");
    let root = ScriptRoot::new().http("echo", "echo").cors(cors(&["http://localhost:3000/", "*"], true));
    let mut rig = root.start().await;
    rig.line("CORS: \"http://localhost:3000/\" allows no page").await;
    rig.line("CORS: \"*\" beside other origins allows none").await;
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap())
}
