//! Tests of the handler process: its start, the failures after which the host gives up, and its end.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::time::Duration;

use axum::body::Body;
use functions_host::{HostError, Level};
use futures_util::future::join_all;
use http::{Method, Request, StatusCode};
use serde_json::json;
use tokio::{io::AsyncReadExt as _, net::TcpStream, time::timeout};

use crate::rig::{ScriptRoot, request};

const PATIENCE: Duration = Duration::from_secs(20);

#[tokio::test]
async fn section_2_1_without_functions_nothing_is_started() {
    let mut rig = ScriptRoot::new().start().await;
    rig.line("No functions were found, so the handler is not started").await;
    rig.host.wait_ready().await.unwrap();
    assert_eq!(rig.rest_of_log(), [""; 0]);
    let stopped = rig.host.stopped();
    rig.host.stop().await;
    assert_eq!(stopped.await, "it was stopped");
}

#[tokio::test]
async fn section_2_3_the_handler_gets_arguments_and_variables_and_nothing_else() {
    let mut root = ScriptRoot::new().timer("tick", "0 0 0 1 1 *");
    root.environment.push(("GREETING".to_owned(), "hello".to_owned()));
    let folder = root.folder.path().display().to_string();
    let mut rig = root.start().await;
    let arguments = rig.line("arguments ").await.text;
    let variables = rig.line("variables ").await.text;
    assert_eq!(rig.line("root ").await.text, format!("root {folder}"));
    let listening = rig.line("listening on 127.0.0.1:").await.text;
    let port = listening.rsplit(':').next().unwrap();
    assert_eq!(arguments, format!("arguments [\"--port\", \"{port}\", \"two words\"]"));
    let inherited =
        ["PATH", "HOME", "TMPDIR", "TMP", "TEMP", "LANG", "LC_ALL", "SystemRoot", "SystemDrive", "USERPROFILE"];
    let own: Vec<&str> = variables.split(' ').skip(1).filter(|name| !inherited.contains(name)).collect();
    let expected = [
        "FUNCTIONS_APP_ROOT_PATH",
        "FUNCTIONS_CUSTOMHANDLER_PORT",
        "FUNCTIONS_CUSTOMHANDLER_WORKER_ID",
        "FUNCTIONS_HTTPWORKER_ID",
        "FUNCTIONS_HTTPWORKER_PORT",
        "GREETING",
    ];
    assert_eq!(own, expected);
    rig.host.wait_ready().await.unwrap();
}

#[tokio::test]
async fn section_2_8_three_crashes_end_the_host_and_each_is_explained() {
    let mut rig = ScriptRoot::new().timer("crash", "0 0 0 1 1 *").http("ok", "ok").start().await;
    let stopped = rig.host.stopped();
    for strike in 1..=3 {
        rig.line("started").await;
        rig.host.wait_ready().await.unwrap();
        let invocation = rig.host.invoke("crash", None).await.unwrap();
        assert!(!invocation.succeeded(), "strike {strike}");
        let line = rig.line("the handler exited with code 3").await;
        assert_eq!(line.level, Level::Error);
        assert_eq!(line.text, "the handler exited with code 3: the disk is on fire");
    }
    rig.line("Exceeded http worker restart retry count. Shutting down Functions Host").await;
    let reason = "the handler failed 3 times; the last time: the handler exited with code 3: the disk is on fire";
    assert_eq!(timeout(PATIENCE, stopped).await.unwrap(), reason);
    let error = rig.host.wait_ready().await.unwrap_err();
    assert!(matches!(&error, HostError::Stopped(text) if text == reason), "{error}");
    let (status, body) = rig.get("/api/ok").await;
    assert_eq!((status, body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "Function host is not running."));
    let (_, status) = rig.get("/admin/host/status").await;
    assert!(status.contains("\"state\":\"Stopped\"") && status.contains(reason), "{status}");
}

#[tokio::test]
async fn section_2_4_a_restarted_handler_keeps_its_port_and_works() {
    let mut rig = ScriptRoot::new().timer("crash", "0 0 0 1 1 *").timer("tick", "0 0 0 1 1 *").start().await;
    let first = rig.line("listening on").await.text;
    assert!(!rig.host.invoke("crash", None).await.unwrap().succeeded());
    let second = rig.line("listening on").await.text;
    assert_eq!(first, second);
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
}

#[tokio::test]
async fn section_2_8_code_200_restarts_and_is_never_counted() {
    // Requests are forwarded, because a proxied request without body is sent again to the restarted handler.
    let root = ScriptRoot::new().host_json(&json!({ "enableForwardingHttpRequest": true }));
    let mut rig = root.http("exit", "exit/200").timer("tick", "0 0 0 1 1 *").start().await;
    for _ in 0..4 {
        rig.line("listening on").await;
        rig.host.wait_ready().await.unwrap();
        let (status, _) = rig.call(request(Method::POST, "/api/exit/200", "sent once")).await;
        assert_eq!(status, StatusCode::INTERNAL_SERVER_ERROR);
        rig.line("The handler exited with code 200, which asks for a restart").await;
    }
    rig.line("listening on").await;
    assert!(rig.host.invoke("tick", None).await.unwrap().succeeded());
}

#[tokio::test]
async fn section_2_8_code_0_is_not_restarted_and_later_invocations_say_so() {
    let mut rig = ScriptRoot::new().http("exit", "exit/{code}").timer("tick", "0 0 0 1 1 *").start().await;
    rig.line("listening on").await;
    rig.host.wait_ready().await.unwrap();
    let _ = rig.call(request(Method::POST, "/api/exit/0", "sent once")).await;
    let line = rig.line("exited with code 0").await;
    assert_eq!(line.level, Level::Warning);
    let invocation = rig.host.invoke("tick", None).await.unwrap();
    let expected = "the handler exited with code 0, after which the Functions host does not restart it";
    assert_eq!(invocation.error.as_deref(), Some(expected));
    assert_eq!(rig.rest_of_log().iter().filter(|line| line.contains("started")).count(), 0);
}

#[tokio::test]
async fn section_2_8_code_0_before_the_first_answer_keeps_calls_waiting_until_they_end_the_host() {
    let root = ScriptRoot::new().host_json(&json!({ "initializationTimeout": "00:00:00.1" }));
    let mut rig = root.script("exit 0").timer("tick", "0 0 0 1 1 *").start().await;
    rig.line("exited with code 0 before it answered GET /").await;
    let error = rig.host.invoke("tick", None).await.unwrap().error.unwrap_or_default();
    let reason = "the handler did not become ready within 0.4 s";
    assert_eq!(error, format!("the Functions host is not running: {reason}"));
    assert_eq!(timeout(PATIENCE, rig.host.stopped()).await.unwrap(), reason);
}

#[tokio::test]
async fn section_2_7_a_handler_that_never_listens_is_given_up_on() {
    let root = ScriptRoot::new().host_json(&json!({ "initializationTimeout": "00:00:00.1" }));
    let mut rig = root.script("never-binds").timer("tick", "0 0 0 1 1 *").start().await;
    let line = rig.line("Initializing HttpWorker timed out").await.text;
    assert!(
        line.ends_with("within 0.1 s; the handler must listen on the port in FUNCTIONS_CUSTOMHANDLER_PORT"),
        "{line}"
    );
    let reason = timeout(PATIENCE, rig.host.stopped()).await.unwrap();
    assert!(
        reason.starts_with("the handler failed 3 times; the last time: Initializing HttpWorker timed out"),
        "{reason}"
    );
    let invocation = rig.host.invoke("tick", None).await.unwrap();
    assert_eq!(invocation.error, Some(format!("the Functions host is not running: {reason}")));
}

#[tokio::test]
async fn section_2_7_a_handler_that_listens_but_never_answers_ends_the_host() {
    let root = ScriptRoot::new().host_json(&json!({ "initializationTimeout": "00:00:00.1" }));
    let rig = root.script("mute").timer("tick", "0 0 0 1 1 *").start().await;
    let error = rig.host.invoke("tick", None).await.unwrap().error.unwrap_or_default();
    let reason = "the handler did not become ready within 0.4 s";
    assert_eq!(error, format!("the Functions host is not running: {reason}"));
    assert_eq!(timeout(PATIENCE, rig.host.stopped()).await.unwrap(), reason);
}

#[cfg(unix)]
#[tokio::test]
async fn section_2_5_a_handler_without_its_executable_bit_is_named() {
    let mut root = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").file("plain", "not a program");
    let path = root.folder.path().join("plain").display().to_string();
    root = root.setting("AzureFunctionsJobHost__customHandler__description__defaultExecutablePath", "plain");
    let rig = root.start().await;
    let error = rig.host.wait_ready().await.unwrap_err().to_string();
    let expected =
        format!("the Functions host is not running: cannot start the handler {path}: it is not executable (chmod +x)");
    assert_eq!(error, expected);
}

#[tokio::test]
async fn section_2_5_a_working_directory_that_is_missing_is_named() {
    let setting = "AzureFunctionsJobHost__customHandler__description__workingDirectory";
    let root = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").setting(setting, "nowhere");
    let folder = root.folder.path().join("nowhere").display().to_string();
    let error = root.start().await.host.wait_ready().await.unwrap_err().to_string();
    assert!(error.ends_with(&format!(": the workingDirectory of host.json, {folder}, is not a folder")), "{error}");
}

#[tokio::test]
async fn section_2_8_a_handler_that_ends_at_once_is_given_up_on() {
    let rig = ScriptRoot::new().script("exit 7").timer("tick", "0 0 0 1 1 *").start().await;
    let reason = timeout(PATIENCE, rig.host.stopped()).await.unwrap();
    assert_eq!(
        reason,
        "the handler failed 3 times; the last time: the handler exited with code 7: the script says exit"
    );
}

#[tokio::test]
async fn section_2_9_stopping_the_host_kills_the_handler() {
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").start().await;
    let mut connection = connect_to_handler(&rig.line("listening on").await.text).await;
    let stopped = rig.host.stopped();
    rig.host.stop().await;
    assert_closed(&mut connection).await;
    assert_eq!(stopped.await, "it was stopped");
}

#[tokio::test]
async fn section_2_9_dropping_the_host_kills_the_handler() {
    let mut rig = ScriptRoot::new().timer("tick", "0 0 0 1 1 *").start().await;
    let mut connection = connect_to_handler(&rig.line("listening on").await.text).await;
    drop(rig);
    assert_closed(&mut connection).await;
}

/// Opens a connection that stays open as long as the handler lives.
async fn connect_to_handler(line: &str) -> TcpStream {
    TcpStream::connect(line.trim_start_matches("listening on ")).await.unwrap()
}

async fn assert_closed(connection: &mut TcpStream) {
    let read = timeout(PATIENCE, connection.read(&mut [0; 1])).await.expect("the handler ends");
    assert!(!matches!(read, Ok(1..)), "the handler spoke");
}

#[tokio::test]
async fn section_2_7_a_handler_that_does_not_speak_http_is_told_to() {
    let rig = ScriptRoot::new().script("rubbish").timer("tick", "0 0 0 1 1 *").http("web", "web").start().await;
    // Any answer to the probe suffices, so the host is ready.
    rig.host.wait_ready().await.unwrap();
    let error = rig.host.invoke("tick", None).await.unwrap().error.unwrap();
    assert!(error.starts_with("the handler's answer is not HTTP ("), "{error}");
    assert!(error.ends_with("it must speak HTTP/1.1 on FUNCTIONS_CUSTOMHANDLER_PORT"), "{error}");
    assert_eq!(rig.get("/api/web").await, (StatusCode::INTERNAL_SERVER_ERROR, String::new()));
}

#[cfg(unix)]
#[tokio::test]
async fn section_2_8_of_200_calls_around_a_killed_handler_each_is_answered_and_none_runs_twice() {
    let root = ScriptRoot::new().http("hold", "hold").http("release", "release").http("echo", "echo");
    let mut rig = root.start().await;
    let started = rig.line("handler ").await.text;
    let process = started.split(' ').nth(1).unwrap().parse().unwrap();
    rig.line("listening on").await;
    let first = (0..100).map(|number| tokio::spawn(rig.later(hold(number)))).collect::<Vec<_>>();
    let mut begun = Vec::new();
    while begun.len() < 100 {
        begun.push(rig.line("held ").await.text);
    }
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(process), nix::sys::signal::Signal::SIGKILL).unwrap();
    let second = (100..200).map(|number| tokio::spawn(rig.later(hold(number)))).collect::<Vec<_>>();
    let broken: Vec<_> = join_all(first).await.into_iter().map(Result::unwrap).collect();
    assert!(broken.iter().all(|status| *status == StatusCode::INTERNAL_SERVER_ERROR), "{broken:?}");
    rig.line("the handler exited with code 137").await;
    let release = request(Method::POST, "/api/release?count=200", Body::empty());
    assert_eq!(rig.call(release).await.0, StatusCode::NO_CONTENT);
    let answered: Vec<_> = join_all(second).await.into_iter().map(Result::unwrap).collect();
    assert_eq!(answered.len(), 100);
    // The calls with a good answer did run, and no others.
    let well = answered.iter().filter(|status| **status == StatusCode::NO_CONTENT).count();
    while begun.len() < 100 + well {
        begun.push(rig.line("held ").await.text);
    }
    begun.sort();
    begun.dedup();
    assert_eq!(begun.len(), 100 + well, "a call ran twice");
    for _ in 0..20 {
        assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
    }
    assert!(!rig.rest_of_log().iter().any(|line| line.starts_with("held ")), "a call ran whose caller had left");
}

#[cfg(unix)]
fn hold(number: usize) -> Request<Body> {
    Request::post("/api/hold").header("x-number", number.to_string()).body(Body::from("x")).unwrap()
}

#[tokio::test]
async fn section_2_9_a_changed_function_json_restarts_the_host_on_another_port() {
    let mut rig = ScriptRoot::new().http("old", "old").start().await;
    let first = rig.line("listening on").await.text;
    rig.add_function(
        "new",
        &json!([
            { "type": "httpTrigger", "name": "req" },
            { "type": "http", "direction": "out", "name": "res" },
        ]),
    );
    rig.line("host.json or a function.json has changed: restarting the host").await;
    let second = rig.line("listening on").await.text;
    assert_ne!(first, second);
    assert_eq!(rig.get("/api/new").await.0, StatusCode::OK);
}

#[tokio::test]
async fn section_2_9_a_replaced_handler_serves_until_the_new_one_answers_and_ends_with_its_last_call() {
    let mut rig = ScriptRoot::new().http("hold", "hold").http("echo", "echo").start().await;
    let first = rig.line("listening on").await.text;
    rig.host.wait_ready().await.unwrap();
    let held = rig.later(Request::get("/api/hold").header("x-number", "1").body(Body::empty()).unwrap());
    let held = tokio::spawn(held);
    rig.line("held 1").await;
    let port: u16 = first.rsplit(':').next().unwrap().parse().unwrap();
    let replacing = tokio::spawn(rig.host.replace());
    assert_ne!(rig.line("listening on").await.text, first);
    // The old handler still answers the call that it holds. After that it is gone.
    let mut connection = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let request = b"GET /api/release HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    tokio::io::AsyncWriteExt::write_all(&mut connection, request).await.unwrap();
    assert_eq!(timeout(PATIENCE, held).await.unwrap().unwrap(), StatusCode::NO_CONTENT);
    replacing.await.unwrap().unwrap();
    assert!(TcpStream::connect(("127.0.0.1", port)).await.is_err());
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
}

#[tokio::test]
async fn section_2_9_a_new_handler_that_does_not_come_up_leaves_the_old_one_serving() {
    let mut rig = ScriptRoot::new().not_watching().http("echo", "echo").start().await;
    rig.line("listening on").await;
    rig.host.wait_ready().await.unwrap();
    let broken =
        json!({ "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "/bin/false" } } });
    rig.write("host.json", &broken.to_string());
    assert!(rig.host.replace().await.is_err());
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
    rig.write("host.json", "{");
    assert!(rig.host.replace().await.unwrap_err().to_string().starts_with("host.json: "));
    assert_eq!(rig.get("/api/echo").await.0, StatusCode::OK);
}
