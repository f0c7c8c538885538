//! The list of functions, and the choice of the function that answers a request.

use axum::body::Body;
use http::{Method, StatusCode};
use serde_json::{Value, json};

use crate::rig::{ScriptRoot, request};

/// The columns: the folder; its bindings (an `httpTrigger` is given its output); the problem of the bindings, if any.
const FUNCTIONS: &[(&str, &str, &str)] = &[
    (
        "a_queue",
        r#"{ "type": "queueTrigger", "name": "q" }"#,
        "the trigger type \"queueTrigger\" is not supported by this host (httpTrigger and timerTrigger are)",
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
        r#"{ "type": "httpTrigger", "name": "req", "magic": "x" }"#,
        "the member \"magic\" of a binding is unknown",
    ),
    (
        "b_route",
        r#"{ "type": "httpTrigger", "name": "req", "route": "administrators" }"#,
        "the route \"administrators\" begins with \"admin\" or \"runtime\", which the host keeps for itself",
    ),
    (
        "b_template",
        r#"{ "type": "httpTrigger", "name": "req", "route": "x/{id:regex((?=a))}" }"#,
        "route \"x/{id:regex((?=a))}\": the regular expression \"(?=a)\" of a constraint is not supported by this host",
    ),
    (
        "b_type",
        r#"{ "type": "httpTrigger", "name": "req", "dataType": "x" }"#,
        "dataType is \"x\"; this host takes string, binary, stream",
    ),
    ("c_empty", "", "function.json: \"bindings\" is empty"),
    ("c_none", r#"{ "type": "http", "name": "res", "direction": "out" }"#, "no trigger binding"),
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
        "the binding \"b\" (type \"blob\", direction \"out\") is not supported by this host",
    ),
    ("d_first", r#"{ "type": "httpTrigger", "name": "req", "route": "same", "methods": ["get"] }"#, ""),
    (
        "d_second",
        r#"{ "type": "httpTrigger", "name": "req", "route": "Same", "methods": ["GET", "post"] }"#,
        "the route specified conflicts with the route defined by function 'd_first'",
    ),
    ("d_third", r#"{ "type": "httpTrigger", "name": "req", "route": "same", "methods": ["post"] }"#, ""),
];

const OUTPUT: &str = r#"{ "type": "http", "direction": "out", "name": "res" }"#;

#[tokio::test]
async fn section_5_1_a_function_in_error_is_named_and_the_others_load() {
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
    for beginning in [
        "The 'z_json' function is in error: function.json: a name is expected",
        "The '1st' function is in error: the name",
    ] {
        assert!(log.iter().any(|line| line.starts_with(beginning)), "{beginning}\nis not in\n{}", log.join("\n"));
    }
    let names: Vec<String> = rig.host.functions().into_iter().map(|function| function.name).collect();
    assert_eq!(names, ["d_first", "d_third", "fine"]);
}

/// The columns: the prefix; the route; the problem.
const STOPPING: &[(&str, &str, &str)] = &[
    ("api", "{a", "a \"{\" without \"}\""),
    ("api", "x//y", "an empty segment"),
    ("api", "/c/lead", "an empty segment"),
    ("api", "q?x", "\"q?x\" holds a \"?\""),
    ("api", "{a}{b}", "two parameters of \"{a}{b}\" have no text between them"),
    ("api", "{a}/{A}", "the parameter \"A\" occurs twice"),
    ("api", "{*a}/b", "the catch-all \"a\" is not the last segment"),
    ("api", "{a:foo}", "the constraint \"foo\" does not exist"),
    ("api", "{a:length(a)}", "the constraint \"length(a)\" does not exist"),
    ("api", "{a:range(3,1)}", "the constraint \"range(3,1)\" does not exist"),
    ("/v1/", "x", "an empty segment"),
    ("/", "x", "an empty segment"),
    ("a//b", "x", "an empty segment"),
    ("v1?", "x", "\"v1?\" holds a \"?\""),
];

#[tokio::test]
async fn section_5_3_one_template_that_aspnet_refuses_stops_the_whole_host() {
    for (prefix, route, problem) in STOPPING {
        let host = json!({ "version": "2.0", "extensions": { "http": { "routePrefix": prefix } } });
        let root = ScriptRoot::new().whole_host_json(&host, &json!({})).http("fine", "fine").http("wrong", route);
        let refusal = root.refusal().await;
        assert!(refusal.contains("stops the whole Functions host"), "{prefix} {route}: {refusal}");
        assert!(refusal.ends_with(problem), "{prefix} {route}: {refusal}");
    }
}

#[tokio::test]
async fn section_5_3_prefixes_and_routes_that_azure_takes_are_served() {
    let cases = [
        (json!("v1/x"), json!("a"), "/v1/x/a"),
        (json!("/v1"), json!("a"), "/v1/a"),
        (json!(""), json!("/c/lead"), "/c/lead"),
        (json!("a b"), json!("a"), "/a%20b/a"),
        (json!(5), json!(6), "/5/6"),
        (json!(null), json!("a"), "/a"),
        (json!("v{n}"), json!("a"), "/v7/a"),
        (json!("api"), json!(""), "/api/one"),
        (json!("api"), json!(null), "/api/one"),
        (json!("api"), json!("a/"), "/api/a"),
        (json!("api"), json!("x/../y"), "/api/x/%2E%2E/y"),
    ];
    for (prefix, route, path) in cases {
        let host = json!({ "version": "2.0", "extensions": { "http": { "routePrefix": prefix } } });
        let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableForwardingHttpRequest": true }));
        let trigger = json!({ "type": "httpTrigger", "name": "req", "route": route, "authLevel": 0 });
        let output = json!({ "type": "http", "direction": "out", "name": "res" });
        let rig = root.function("one", &json!([trigger, output])).start().await;
        // The answer of the handler does not matter: 404 is the host's.
        let status = rig.get(path).await.0;
        assert_eq!(status == StatusCode::NOT_FOUND, path.contains("%2E"), "{path}: {status}");
    }
}

#[tokio::test]
async fn section_5_1_function_json_is_read_as_leniently_as_in_azure() {
    let lenient = "\u{feff}// a comment\n{ 'bindings': [{ 'TYPE': 'httpTrigger', 'name': 'req', 'AuthLevel': 'Anonymous', },\n\
                   { 'type': 'HTTP', 'direction': 'OUT', 'name': 'res' }], 'language': 'x', 'retry': null, scriptFile: '' }";
    let timer = r#"{ "bindings": [{ "type": "timerTrigger", "name": "t", "schedule": 5, "runOnStartup": "False",
                     "useMonitor": 1 }, { "type": "http", "direction": "out", "name": "res" }] }"#;
    let upper = r#"{ "Bindings": [{ "type": "httpTrigger", "name": "req" }] }"#;
    let root = ScriptRoot::new().file("one/function.json", lenient).file("tick/function.json", timer);
    let mut rig = root.file("upper/function.json", upper).start().await;
    rig.line("The 'upper' function is in error: function.json: there is no list \"bindings\"").await;
    assert_eq!(rig.get("/api/one").await.0, StatusCode::OK);
    let names: Vec<String> = rig.host.functions().into_iter().map(|function| function.name).collect();
    assert_eq!(names, ["one", "tick"]);
}

#[tokio::test]
async fn section_5_4_the_first_function_by_name_wins_whatever_its_route() {
    let mut rig = ScriptRoot::new().http("b_literal", "orders/new").http("a_catch_all", "orders/{*rest}").start().await;
    let (status, _) = rig.get("/api/orders/new").await;
    assert_eq!(status, StatusCode::OK);
    rig.line("Executing 'Functions.a_catch_all'").await;
}

#[tokio::test]
async fn section_5_4_what_no_function_answers_is_404_methods_included() {
    let trigger = json!({ "type": "httpTrigger", "name": "req", "methods": ["get"], "route": "items/{id:int?}" });
    let output = json!({ "type": "http", "direction": "out", "name": "res" });
    let root = ScriptRoot::new().function("items", &json!([trigger, output.clone()]));
    // The name is the route if no route is given.
    let rig = root.function("bare", &json!([{ "type": "httpTrigger", "name": "req" }, output])).start().await;
    for path in ["/api/items", "/api/items/7", "/API/Items/7/", "/api/bare"] {
        assert_eq!(rig.get(path).await.0, StatusCode::OK, "{path}");
    }
    for path in ["/items", "/api/items/x", "/api/items/7/8", "/api", "/runtime/webhooks/x"] {
        assert_eq!(rig.get(path).await, (StatusCode::NOT_FOUND, String::new()), "{path}");
    }
    let (status, _) = rig.call(request(Method::POST, "/api/items", Body::empty())).await;
    assert_eq!(status, StatusCode::NOT_FOUND);
    let (status, page) = rig.get("/").await;
    assert!(status == StatusCode::OK && page.contains("Functions host"), "{status} {page}");
}

#[tokio::test]
async fn section_5_3_an_empty_route_prefix_leaves_the_route_alone() {
    let host = json!({ "version": "2.0", "extensions": { "http": { "routePrefix": "" } } });
    let root = ScriptRoot::new().whole_host_json(&host, &json!({ "enableProxyingHttpRequest": true }));
    let rig = root.http("all", "{*path}").setting("AzureWebJobsDisableHomepage", "true").start().await;
    assert_eq!(
        rig.host.functions()[0].invoke_url,
        Some(format!("http://localhost:{}/{{*path}}", rig.host.url().port().unwrap()))
    );
    assert_eq!(rig.get("/x/y").await.0, StatusCode::OK);
    // The probe's path belongs to the function too.
    assert_eq!(rig.get("/").await.0, StatusCode::NOT_FOUND);
    assert_eq!(rig.get("/admin/host/ping").await.0, StatusCode::OK);
}

#[tokio::test]
async fn section_5_6_a_disabled_timer_does_not_fire_but_runs_by_hand() {
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

const ONCE: &str = r#"{ "type": "timerTrigger", "name": "t", "schedule": "0 0 0 1 1 *", "runOnStartup": true }"#;

#[tokio::test]
async fn section_5_2_a_failed_timer_is_retried_under_new_invocation_ids() {
    let retry = r#"{ "strategy": "fixedDelay", "maxRetryCount": 2, "delayInterval": "00:00:00.01" }"#;
    let own =
        ScriptRoot::new().file("refused/function.json", &format!(r#"{{ "bindings": [{ONCE}], "retry": {retry} }}"#));
    let host = json!({ "version": "2.0", "retry": serde_json::from_str::<Value>(retry).unwrap() });
    let by_default = ScriptRoot::new()
        .whole_host_json(&host, &json!({}))
        .file("refused/function.json", &format!(r#"{{ "bindings": [{ONCE}] }}"#));
    for root in [own, by_default] {
        let mut rig = root.firing().start().await;
        let mut ids = Vec::new();
        for attempt in 0..=2 {
            let begin = rig.line("Executing 'Functions.refused'").await.text;
            ids.push(begin.rsplit("Id=").next().unwrap().to_owned());
            let payload = rig.line("payload ").await.text;
            let payload: Value = serde_json::from_str(payload.strip_prefix("payload ").unwrap()).unwrap();
            let context = &payload["Metadata"]["RetryContext"];
            assert_eq!((&context["RetryCount"], &context["MaxRetryCount"]), (&json!(attempt), &json!(2)));
            assert_eq!(context["Exception"].is_null(), attempt == 0, "{context}");
            if attempt > 0 {
                let message = "Response status code does not indicate success: 502 (Bad Gateway).";
                assert_eq!(context["Exception"]["InnerException"]["Message"], message);
                assert_eq!(context["Exception"]["Message"], "Exception while executing function: Functions.refused");
            }
            rig.line("Executed 'Functions.refused' (Failed").await;
        }
        ids.dedup();
        assert_eq!(ids.len(), 3);
        // A call by hand is not retried, and the schedule continues.
        rig.host.invoke("refused", None).await.unwrap();
        assert_eq!(rig.invocations().len(), 4);
    }
}

#[tokio::test]
async fn section_5_2_what_has_no_effect_is_named_and_the_function_loads() {
    let json = json!({
        "disabled": true,
        "generatedBy": "x",
        "retry": { "strategy": "fixedDelay", "maxRetryCount": 1, "delayInterval": "00:00:01" },
        "bindings": [
            { "Type": "httpTrigger", "Name": "req", "AuthLevel": "Anonymous", "dataType": "binary" },
            { "type": "http", "direction": "out", "name": "res", "connection": "x" },
        ],
    });
    let mut rig = ScriptRoot::new().file("web/function.json", &json.to_string()).start().await;
    for warning in [
        "'web': \"disabled\" in function.json has no effect: set AzureWebJobs.web.Disabled",
        "'web': retry has no effect on an HTTP function",
    ] {
        rig.line(warning).await;
    }
    assert_eq!(rig.get("/api/web").await.0, StatusCode::OK);
}

#[tokio::test]
async fn section_5_6_a_disabled_http_function_is_404_but_for_the_master_key() {
    let root = || ScriptRoot::new().http("web", "web").setting("AzureWebJobs.web.Disabled", "1");
    // Where no keys are required, every call counts as one of an administrator.
    assert_eq!(root().start().await.get("/api/web").await.0, StatusCode::OK);
    let rig = root().enforcing_keys().start().await;
    assert_eq!(rig.get("/api/web").await, (StatusCode::NOT_FOUND, String::new()));
    let master = rig.host.master_key().unwrap().to_owned();
    assert_eq!(rig.get(&format!("/api/web?code={master}")).await.0, StatusCode::OK);
}
