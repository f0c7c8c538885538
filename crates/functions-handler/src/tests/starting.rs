//! The reasons why an app does not start, and how a test calls an app that starts.

use std::fs;

use super::*;
use crate::{Timer, environment::Environment, jiff::Timestamp};

fn errors(app: FunctionApp) -> String {
    try_router(app, &[]).unwrap_err().to_string()
}

#[test]
fn every_function_that_is_wrong_is_named_with_the_reason() {
    let app = http("twice", &["get"], "a", async || ())
        .http(http_function("Twice", &["get"], "b"), async || ())
        .http(http_function("one", &["get", "post"], "X/"), async || ())
        .http(http_function("two", &["post"], "x"), async || ())
        .http(http_function("route", &["get"], "{a:foo}"), async || ())
        .http(timer_function("hourly"), async || ())
        .timer(http_function("page", &["get"], "page"), async || ())
        .function(http_function("call", &["get"], "call"), async || ())
        .timer(Function::new("broken", "{"), async || ());
    let text = errors(app);
    for expected in [
        "function Twice: another function is named twice",
        "function two: its route is that of the function one",
        "function route: the route \"api/{a:foo}\" has {a:foo}: there is no constraint \"foo\"",
        "function hourly: .http() takes a function with an httpTrigger, and its function.json has a timerTrigger",
        "function page: .timer() takes a function with a timerTrigger, and its function.json has a httpTrigger",
        "function call: its function.json has an output binding of the type http",
        "function broken: function.json: it is not JSON",
    ] {
        assert!(text.lines().any(|line| line.starts_with(expected)), "{expected} in {text}");
    }
}

#[test]
fn an_http_trigger_without_an_http_output_is_a_function_with_a_payload() {
    let text = r#"{"bindings":[{"type":"httpTrigger","name":"req"}]}"#;
    assert!(errors(app().http(Function::new("a", text), async || ())).contains("register it with .function()"));
    assert!(try_router(app().function(Function::new("a", text), async || ()), &[]).is_ok());
}

#[test]
fn the_problems_of_the_host_the_functions_and_the_state_are_told_at_once() {
    let app = FunctionApp::new(|| Err::<(), _>("settings are missing:\n- A\n- B"))
        .timer(Function::new("a", "{"), async || ());
    let environment = Environment::from_variables(&[]);
    let host_json = HostJson::read(None, &environment).map_err(StartProblem::HostJson);
    let error = app.assemble(host_json, &environment, vec![StartProblem::NoHost]).err().unwrap().to_string();
    let lines: Vec<_> = error.lines().collect();
    assert_eq!(lines.len(), 5, "{error}");
    assert!(lines[0].starts_with("FUNCTIONS_CUSTOMHANDLER_PORT") && lines[1].starts_with("function a"), "{error}");
    assert_eq!(lines[2..], ["settings are missing:", "- A", "- B"]);
}

#[tokio::test]
async fn a_test_calls_functions_without_a_socket() {
    let at: Timestamp = "2026-11-21T09:30:00Z".parse().unwrap();
    let app =
        http("hello", &["get"], "hello/{name}", async |axum::extract::Path(name): axum::extract::Path<String>| name)
            .timer(timer_function("tick"), async |timer: Timer| crate::Outputs::new().log(timer.slot("a", "json")))
            .test();
    let answer = app.http(Request::get("/api/hello/you").body("").unwrap()).await;
    assert_eq!((answer.status(), answer.body().as_ref()), (StatusCode::OK, &b"you"[..]));
    let result = app.call("tick", Timer::at(at)).await;
    assert!(result.succeeded(), "{result:?}");
    assert_eq!(result.logs, ["a/2026/11/21/093000Z.json"]);
}

#[test]
fn folders_without_a_function_and_functions_without_a_folder_are_found() {
    let folder = tempfile::tempdir().unwrap();
    let add = |name: &str| {
        fs::create_dir(folder.path().join(name)).unwrap();
        fs::write(folder.path().join(name).join("function.json"), "{}").unwrap();
    };
    let test = || http("a", &["get"], "a", async || ()).timer(timer_function("b"), async || ()).test();
    let checked = || {
        let caught = std::panic::catch_unwind(|| test().check_folders(folder.path()));
        caught.err().map(|panic| *panic.downcast::<String>().unwrap())
    };
    fs::create_dir(folder.path().join("not_a_function")).unwrap();
    add("a");
    assert!(checked().unwrap().contains("without a folder: [\"b\"]"));
    add("b");
    assert_eq!(checked(), None);
    add("c");
    assert!(checked().unwrap().contains("without a function of the app: [\"c\"]"));
}
