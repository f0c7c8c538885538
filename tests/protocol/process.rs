//! The handler's start, its output, and its refusal to start.

use std::{
    fs,
    net::{TcpListener, TcpStream},
};

use serde_json::json;

use crate::{
    identity::SlowIdentity,
    rig::{Handler, ID, free_port, run_to_end, settings},
};

#[tokio::test]
async fn process_port_only_127_0_0_1_is_listened_on() {
    let handler = Handler::start(&[]);
    assert!(TcpStream::connect(("127.0.0.1", handler.port)).is_ok());
    assert!(TcpStream::connect(("::1", handler.port)).is_err());
    #[cfg(target_os = "linux")]
    assert!(TcpStream::connect(("127.0.0.2", handler.port)).is_err());
}

#[tokio::test]
async fn process_port_a_handler_that_was_killed_comes_back_on_the_same_one() {
    let mut handler = Handler::start(&[]);
    let port = handler.port;
    // If a connection is open at the kill, the port stays in TIME_WAIT.
    assert_eq!(handler.get("/api/health").await.status(), 200);
    handler.child.kill().unwrap();
    handler.exit_code();
    let again = Handler::on_port(port, &[]).expect("the port is usable at once");
    assert_eq!(again.get("/api/health").await.status(), 200);
}

#[tokio::test]
async fn process_readiness_get_root_answers_before_anything_else() {
    let settings = [("AzureFunctionsJobHost__extensions__http__routePrefix", "")];
    for handler in [Handler::start(&[]), Handler::start(&settings)] {
        let probe = handler.client.get(handler.url("/")).send().await.unwrap();
        assert_eq!(probe.status(), 200);
        assert!(handler.stderr.so_far().is_empty());
    }
}

#[tokio::test]
async fn process_environment_the_route_prefix_is_that_of_host_json_in_the_script_root() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("host.json"), r#"{"version":"2.0","extensions":{"http":{"routePrefix":"v1"}}}"#)
        .unwrap();
    let root = ("FUNCTIONS_APP_ROOT_PATH", root.path().to_str().unwrap());
    let handler = Handler::start(&[root]);
    assert_eq!(handler.get("/v1/health").await.status(), 200);
    assert_eq!(handler.get("/api/health").await.status(), 404);
    let handler = Handler::start(&[root, ("AzureFunctionsJobHost__extensions__http__routePrefix", "v2")]);
    assert_eq!(handler.get("/v2/health").await.status(), 200);
    assert_eq!(handler.get("/v1/health").await.status(), 404);
}

#[tokio::test]
async fn process_environment_without_host_json_the_hosts_defaults_count() {
    let handler = Handler::start(&[("FUNCTIONS_APP_ROOT_PATH", "/nowhere")]);
    assert_eq!(handler.get("/api/health").await.status(), 200);
}

#[test]
fn process_environment_a_host_json_that_the_host_cannot_read_is_refused_by_name() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("host.json"), "{").unwrap();
    let mut settings = settings(&[("FUNCTIONS_APP_ROOT_PATH", root.path().to_str().unwrap())]);
    settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT", free_port().to_string());
    let output = run_to_end(&settings);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("host.json: it is not JSON"));
}

#[tokio::test]
async fn process_output_information_goes_to_stdout_with_invocation_and_trace() {
    const TRACE: &str = "0af7651916cd43dd8448eb211c80319c";
    let handler = Handler::start(&[]);
    let request = handler.client.get(handler.url("/api/health"));
    let request = request.header("traceparent", format!("00-{TRACE}-b7ad6b7169203331-01"));
    assert_eq!(handler.forwarded(request).send().await.unwrap().status(), 200);
    let line = handler.stdout.line_with("status=200").unwrap();
    assert!(line.contains(ID) && line.contains(TRACE) && line.contains("health"), "{line}");
    assert!(handler.stderr.so_far().is_empty());
}

#[tokio::test]
async fn process_output_errors_go_to_stderr_and_carry_the_invocation_id() {
    let identity = SlowIdentity::start();
    let handler = Handler::start(&identity.settings());
    identity.answer();
    assert_eq!(handler.get("/api/snapshots/orders").await.status(), 502);
    let line = handler.stderr.line_with("status=502").unwrap();
    assert!(line.contains(ID) && line.contains("rning: no such identity"), "{line}");
    for line in handler.stderr.so_far() {
        assert!(line.contains("ERROR") && !line.to_ascii_lowercase().contains("warn"), "{line}");
    }
}

#[tokio::test]
async fn process_output_no_line_has_a_line_break_or_a_colour_in_it() {
    let handler = Handler::start(&[]);
    handler.get("/api/a%0A%1B%5B31mb").await;
    handler.post("snapshot", &json!({ "Data": { "timer": { "IsPastDue": "\n\u{1b}[31m" } } })).await;
    handler.get("/api/health").await;
    handler.stdout.line_with("health").unwrap();
    for line in handler.stdout.so_far().iter().chain(&handler.stderr.so_far()) {
        assert!(line.starts_with("20") && !line.contains('\u{1b}'), "{line}");
    }
}

#[test]
fn process_exit_a_start_that_failed_is_not_status_zero_and_says_why() {
    let mut wrong = settings(&[("KEYVAULT__vaultUri", "not-a-url-s3cret"), ("MAX_CONCURRENT_INVOCATIONS", "0")]);
    let output = run_to_end(&wrong);
    let message = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1));
    for name in ["FUNCTIONS_CUSTOMHANDLER_PORT", "KEYVAULT__vaultUri", "MAX_CONCURRENT_INVOCATIONS"] {
        assert!(message.contains(name), "{name} in {message}");
    }
    assert!(!message.contains("s3cret"), "{message}");

    wrong = settings(&[("EXTRA_CA_CERTS", "/nowhere.pem")]);
    wrong.insert("FUNCTIONS_CUSTOMHANDLER_PORT", free_port().to_string());
    let output = run_to_end(&wrong);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("EXTRA_CA_CERTS"));
}

#[test]
fn process_exit_a_port_that_is_taken_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut settings = settings(&[]);
    settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT", port.clone());
    let output = run_to_end(&settings);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains(&port));
}

#[test]
fn process_exit_a_route_prefix_that_is_not_understood_is_refused() {
    let mut settings = settings(&[("AzureFunctionsJobHost__extensions__http__routePrefix", "{x:range(2,1)}")]);
    settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT", free_port().to_string());
    let output = run_to_end(&settings);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8(output.stderr).unwrap().contains("{x:range(2,1)}"));
}
