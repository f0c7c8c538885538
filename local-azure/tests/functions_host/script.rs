//! Script roots that cannot run, or not all of them.

use serde_json::json;

use crate::rig::{ScriptRoot, scripted_handler};

#[tokio::test]
async fn a_script_root_that_cannot_run_says_what_to_do() {
    let root = ScriptRoot::new();
    let folder = root.folder.path().to_owned();
    std::fs::remove_file(folder.join("host.json")).unwrap();
    assert_eq!(root.refusal().await, format!("no host.json in {}: run `cargo local stage`", folder.display()));

    let handler = scripted_handler();
    let description = |path: &str| json!({ "description": { "defaultExecutablePath": path } });
    let good = description(&handler.to_string_lossy());
    let root = ScriptRoot::new();
    let folder = root.folder.path().to_owned();
    let missing = json!({ "version": "2.0", "customHandler": description("handler-that-is-nowhere") }).to_string();
    let refusal = root.file("host.json", &missing).refusal().await;
    let expected = format!(
        "the handler \"handler-that-is-nowhere\" is neither in {} nor on PATH: run `cargo local stage`",
        folder.display()
    );
    assert_eq!(refusal, expected);

    let cases = [
        ("{\n  \"version\": \"2.0\",\n}".to_owned(), "host.json: trailing comma at line 3 column 1"),
        (json!({ "customHandler": good }).to_string(), "host.json: \"version\" must be \"2.0\""),
        (json!({ "version": "2.0" }).to_string(), "host.json: there is no \"customHandler\" section"),
        (
            json!({ "version": "2.0", "retry": { "strategy": "fixedDelay" }, "customHandler": good }).to_string(),
            "host.json: retry: maxRetryCount is missing",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "description": {}, "http": {} } }).to_string(),
            "host.json: \"customHandler.http\" (routes without function.json) is not supported by local-azure",
        ),
        (
            json!({ "version": "2.0", "functionTimeout": "soon", "customHandler": good }).to_string(),
            "host.json: functionTimeout \"soon\": not a TimeSpan such as \"00:05:00\" or \"1.12:00:00\"",
        ),
        (
            json!({ "version": "2.0", "customHandler": { "description": {} } }).to_string(),
            "host.json: \"defaultExecutablePath\" is missing or empty",
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(ScriptRoot::new().file("host.json", &text).refusal().await, expected);
    }
    let unknown = json!({ "version": "2.0", "customHandler": good, "magic": 1 }).to_string();
    let refusal = ScriptRoot::new().file("host.json", &unknown).refusal().await;
    assert!(refusal.starts_with("host.json: unknown field `magic`, expected one of"), "{refusal}");
}

const OUTPUT: &str = r#"{ "type": "http", "direction": "out", "name": "res" }"#;

/// Folder; its bindings (an `httpTrigger` is given its output); what is wrong with them, if anything.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "a_queue",
        r#"{ "type": "queueTrigger", "name": "q" }"#,
        "the trigger type \"queueTrigger\" is not supported by local-azure (httpTrigger and timerTrigger are)",
    ),
    (
        "a_setting",
        r#"{ "type": "timerTrigger", "name": "t", "schedule": "%UNSET%" }"#,
        "'%UNSET%' does not resolve to a value",
    ),
    (
        "a_sunday",
        r#"{ "type": "timerTrigger", "name": "t", "schedule": "0 0 0 * * 7" }"#,
        "\"7\" is not a valid day-of-week field: 7 is outside 0-6; Sunday is 0",
    ),
    ("b_level", r#"{ "type": "httpTrigger", "name": "req", "authLevel": "nobody" }"#, "\"nobody\" is not an authLevel"),
    (
        "b_member",
        r#"{ "type": "httpTrigger", "name": "req", "webHookType": "x" }"#,
        "binding \"req\": unknown field `webHookType`, expected one of `authLevel`, `methods`, `route`",
    ),
    (
        "b_route",
        r#"{ "type": "httpTrigger", "name": "req", "route": "administrators" }"#,
        "the route \"administrators\" begins with \"admin\" or \"runtime\", which the host keeps for itself",
    ),
    (
        "b_template",
        r#"{ "type": "httpTrigger", "name": "req", "route": "x/{id:regex(a)}" }"#,
        "route \"x/{id:regex(a)}\": the constraint \"regex(a)\" is not supported by local-azure",
    ),
    ("c_none", "", "no trigger binding"),
    (
        "c_two",
        r#"{ "type": "timerTrigger", "name": "a", "schedule": "5" }, { "type": "httpTrigger", "name": "b" }"#,
        "more than one trigger binding",
    ),
    (
        "c_name",
        r#"{ "type": "timerTrigger", "name": "my_timer", "schedule": "5" }"#,
        "\"my_timer\" is not a binding name: a letter, then letters and digits, or \"$return\" for an output",
    ),
    (
        "c_blob",
        r#"{ "type": "timerTrigger", "name": "t", "schedule": "5" }, { "type": "blob", "name": "b", "direction": "out" }"#,
        "the binding \"b\" (type \"blob\", direction \"out\") is not supported by local-azure",
    ),
    ("d_first", r#"{ "type": "httpTrigger", "name": "req", "route": "same", "methods": ["get"] }"#, ""),
    (
        "d_second",
        r#"{ "type": "httpTrigger", "name": "req", "route": "Same", "methods": ["GET", "post"] }"#,
        "the function \"d_first\" has the same name or the same route and method",
    ),
    ("d_third", r#"{ "type": "httpTrigger", "name": "req", "route": "same", "methods": ["post"] }"#, ""),
];

#[tokio::test]
async fn a_function_in_error_is_named_and_the_others_load() {
    let mut root = ScriptRoot::new().timer("fine", "0 0 0 1 1 *").file("ignored/readme.txt", "");
    for (name, bindings, _) in FUNCTIONS {
        let output =
            if bindings.starts_with(r#"{ "type": "httpTrigger""#) { format!(", {OUTPUT}") } else { String::new() };
        root = root.file(&format!("{name}/function.json"), &format!(r#"{{ "bindings": [{bindings}{output}] }}"#));
    }
    let mut rig = root.file("z_json/function.json", "{").file("1st/function.json", "{}").start().await;
    rig.line("Functions:").await;
    let log = rig.rest_of_log();
    for (name, _, problem) in FUNCTIONS.iter().filter(|(_, _, problem)| !problem.is_empty()) {
        let expected = format!("The '{name}' function is in error: {problem}");
        assert!(log.contains(&expected), "{expected}\nis not in\n{}", log.join("\n"));
    }
    for beginning in
        ["The 'z_json' function is in error: function.json: EOF", "The '1st' function is in error: the name"]
    {
        assert!(log.iter().any(|line| line.starts_with(beginning)), "{beginning}\nis not in\n{}", log.join("\n"));
    }
    let names: Vec<String> = rig.host.functions().into_iter().map(|function| function.name).collect();
    assert_eq!(names, ["d_first", "d_third", "fine"]);
}

#[tokio::test]
async fn the_list_of_functions_is_printed_as_func_start_does() {
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
    // Sorted ignoring case, by the upper-case letters: an underscore comes after them.
    let timer = &rig.host.functions()[1];
    assert_eq!((timer.trigger, timer.schedule.as_deref()), ("timerTrigger", Some("Constant: 5.00:00:00")));
    assert_eq!(rig.host.functions()[2].methods, ["GET", "POST"]);
}

#[tokio::test]
async fn settings_override_host_json() {
    let root = ScriptRoot::new().http("a", "a").http("b", "b");
    let rig = root
        .setting("AzureFunctionsJobHost__extensions__http__routePrefix", "v1")
        .setting("AzureFunctionsJobHost__functions__0", "B")
        .start()
        .await;
    assert_eq!(rig.host.functions().len(), 1);
    assert!(rig.host.functions()[0].invoke_url.as_ref().unwrap().ends_with("/v1/b"));
}

#[tokio::test]
async fn without_functions_nothing_is_started() {
    let mut rig = ScriptRoot::new().start().await;
    rig.line("No functions were found, so the handler is not started").await;
    rig.host.wait_ready().await.unwrap();
    assert_eq!(rig.rest_of_log(), [""; 0]);
    let stopped = rig.host.stopped();
    rig.host.stop().await;
    assert_eq!(stopped.await, "it was stopped");
}

#[tokio::test]
async fn custom_headers_and_what_is_not_enforced() {
    let host = json!({
        "version": "2.0",
        "logging": { "logLevel": { "default": "Debug" } },
        "extensions": { "http": { "customHeaders": { "X-Frame": "DENY", "x-from": "host" }, "maxConcurrentRequests": 9 } },
    });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let mut rig = root.http("echo", "echo").start().await;
    rig.line("host.json: extensions.http.maxConcurrentRequests is not enforced by local-azure").await;
    let response = rig.send(crate::rig::request(http::Method::GET, "/api/echo", axum::body::Body::empty())).await;
    assert_eq!(response.headers()["x-frame"], "DENY");
    assert_eq!(response.headers()["x-from"], "handler");
}
