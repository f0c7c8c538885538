//! The app as the host sees it: functions and folders, settings, and answers without a service.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use functions_handler::{
    Function, TestApp, Timer,
    axum::body::Body,
    http::{Method, Request, StatusCode},
};
use keyless::settings::rows;
use serde_json::{Value, json};

use super::*;

// The templates of `cargo local new` are compiled here.
#[path = "../local-azure/src/new_function/http.rs"]
mod http_template;
#[path = "../local-azure/src/new_function/timer.rs"]
mod timer_template;

/// Settings that a process can start with.
fn complete() -> BTreeMap<&'static str, String> {
    [
        ("KEYVAULT__vaultUri", "https://kv.vault.azure.net"),
        ("KEYVAULT__clientId", "b1a7c0de-0001-4a6b-8c1d-5f2e3d4c5b6a"),
        ("STORAGE__blobServiceUri", "https://st.blob.core.windows.net/"),
        ("STORAGE__credential", "managedidentity"),
        ("APIM__baseUrl", "https://apim.azure-api.net"),
        ("APIM__identity", "RunAs=App"),
        ("APIM__audience", "api://orders"),
        ("APIM__subscriptionKeySecret", "orders-key"),
        ("SNAPSHOT_SOURCES", "orders=/orders"),
        ("SNAPSHOT_CONTAINER", "snapshots"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .into()
}

fn read(settings: BTreeMap<&'static str, String>) -> Result<App, String> {
    keyless::from_lookup(move |name| settings.get(name).cloned(), App::read).map_err(|error| error.to_string())
}

/// Makes the app without an identity, so that it can call no service.
fn app() -> TestApp {
    register(FunctionApp::new(|| read(complete()))).test()
}

async fn get(app: &TestApp, method: Method, path: &str) -> (StatusCode, Value) {
    let request = Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
    let answer = app.http(request).await;
    (answer.status(), serde_json::from_slice(answer.body()).unwrap_or_default())
}

fn json(path: impl AsRef<Path>) -> Value {
    serde_json::from_slice(&fs::read(path.as_ref()).unwrap()).unwrap()
}

#[test]
fn every_function_has_a_folder_and_every_folder_a_function() {
    let _runtime = tokio::runtime::Runtime::new().unwrap().enter();
    app().check_folders("functions");
}

#[test]
fn only_health_and_the_page_are_anonymous() {
    for folder in fs::read_dir("functions").unwrap() {
        let folder = folder.unwrap();
        let trigger = &json(folder.path().join("function.json"))["bindings"][0];
        if trigger["type"] == "httpTrigger" {
            let expected = if folder.file_name() == "health" || folder.file_name() == "chat_page" {
                "anonymous"
            } else {
                "function"
            };
            assert_eq!(trigger["authLevel"], expected, "{folder:?}");
        }
    }
}

#[test]
fn the_host_starts_the_handler_and_passes_http_through_unchanged() {
    let handler = &json("host.json")["customHandler"];
    assert_eq!(handler["description"]["defaultExecutablePath"], "handler");
    assert_eq!(handler["enableForwardingHttpRequest"], true);
    assert_eq!(handler["enableProxyingHttpRequest"], true);
}

#[tokio::test]
async fn the_templates_of_new_functions_fit_their_function_json() {
    const HTTP: Function = Function::new("NAME", include_str!("../local-azure/src/new_function/http.json"));
    const TIMER: Function = Function::new("TIMER", include_str!("../local-azure/src/new_function/timer.json"));
    let app = FunctionApp::stateless().http(HTTP, http_template::run).timer(TIMER, timer_template::run).test();
    assert_eq!(app.http(Request::get("/api/NAME/you").body("").unwrap()).await.body().as_ref(), b"Hello, you!\n");
    let answer = app.call("TIMER", Timer::at("2026-11-21T09:30:00Z".parse().unwrap())).await;
    assert_eq!(answer.logs, ["this run is for 2026-11-21T09:30:00Z"]);
}

#[test]
fn every_schedule_is_a_setting_of_the_app() {
    let rows = rows(App::read);
    for folder in fs::read_dir("functions").unwrap() {
        let trigger = &json(folder.unwrap().path().join("function.json"))["bindings"][0];
        if let Some(schedule) = trigger["schedule"].as_str() {
            let setting = schedule.strip_prefix('%').and_then(|name| name.strip_suffix('%'));
            assert!(setting.is_none_or(|name| rows.iter().any(|row| row.name == name)), "{schedule}");
        }
    }
}

#[test]
fn every_missing_setting_is_named_in_one_error_and_again_in_its_last_line() {
    let error = read(BTreeMap::new()).unwrap_err();
    let names = [
        "KEYVAULT__vaultUri",
        "APIM__baseUrl",
        "APIM__audience",
        "SNAPSHOT_SOURCES",
        "STORAGE__blobServiceUri",
        "SNAPSHOT_CONTAINER",
    ];
    for name in names {
        assert!(error.contains(&format!("{name} is missing: expected ")), "{name} in {error}");
        assert!(error.lines().last().unwrap().contains(name), "{name} in the last line of {error}");
    }
    assert_eq!(error.lines().count(), 1 + names.len() + 1, "{error}");
}

#[test]
fn every_wrong_setting_is_named_and_no_value_is_shown() {
    const NAMES: [&str; 28] = [
        "AZURE_CLIENT_ID",
        "KEYVAULT__vaultUri",
        "KEYVAULT__credential",
        "KEYVAULT__clientId",
        "KEYVAULT__identity",
        "STORAGE__objectId",
        "STORAGE__blobServiceUri",
        "STORAGE__identity",
        "APIM__baseUrl",
        "APIM__clientId",
        "APIM__audience",
        "APIM__subscriptionKeySecret",
        "APIM__subscriptionKeyHeader",
        "SNAPSHOT_SOURCES",
        "SNAPSHOT_CONTAINER",
        "UPLOAD_CONTAINER",
        "UPLOAD_MAX_BYTES",
        "UPLOAD_NAMES",
        "BODY_MEMORY_MIB",
        "SECRET_EXPIRY_DAYS",
        "RELAY_PATHS",
        "OPENAI__baseUrl",
        "OPENAI__audience",
        "OPENAI__deployment",
        "OPENAI__apiVersion",
        "OPENAI__clientId",
        "CHAT_ARCHIVE_CONTAINER",
        "MAX_CONCURRENT_INVOCATIONS",
    ];
    let error = read(NAMES.map(|name| (name, "AccountKey=S3CRET/,, value".to_owned())).into()).unwrap_err();
    for name in NAMES {
        assert!(error.contains(&format!("{name} is wrong: expected ")), "{name} in {error}");
    }
    assert!(!error.contains("S3CRET") && !error.contains("AccountKey="), "{error}");
}

#[test]
fn the_example_settings_hold_every_setting() {
    let example = json("local.settings.json.example");
    assert_eq!(example["IsEncrypted"], false);
    let values = example["Values"].as_object().unwrap();
    let rows = rows(App::read);
    let host = ["FUNCTIONS_WORKER_RUNTIME", "FUNCTIONS_REQUEST_BODY_SIZE_LIMIT", "AzureWebJobsStorage__accountName"];
    let expected: BTreeSet<_> = rows.iter().map(|row| &*row.name).chain(host).collect();
    assert_eq!(values.keys().map(String::as_str).collect::<BTreeSet<_>>(), expected);

    let values: BTreeMap<_, _> =
        values.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().to_owned())).collect();
    keyless::from_lookup(move |name| values.get(name).cloned(), App::read).unwrap();
}

#[test]
fn the_readme_holds_the_table_of_settings() {
    let readme = fs::read_to_string("README.md").unwrap();
    let table = keyless::settings::markdown(&rows(App::read));
    assert!(readme.contains(&table), "README.md lacks this table:\n{table}");
}

#[tokio::test]
async fn health_says_that_the_process_lives() {
    let (status, body) = get(&app(), Method::GET, "/api/health").await;
    assert_eq!(status, StatusCode::OK);
    assert_eq!(body, json!({ "status": "ok", "version": env!("CARGO_PKG_VERSION"), "uptimeSeconds": 0 }));
}

/// Makes the app with a model. It cannot call the model, because there is no identity.
fn app_with_a_model() -> TestApp {
    let mut settings = complete();
    settings.extend([
        ("OPENAI__baseUrl", "https://apim.azure-api.net/openai/v1".to_owned()),
        ("OPENAI__audience", "api://chat".to_owned()),
        ("OPENAI__deployment", "chat".to_owned()),
    ]);
    register(FunctionApp::new(move || read(settings.clone()))).test()
}

async fn ask(app: &TestApp, content_type: &str, body: impl Into<Body>) -> (StatusCode, Value) {
    let request = Request::post("/api/chat").header("content-type", content_type).body(body.into()).unwrap();
    let answer = app.http(request).await;
    (answer.status(), serde_json::from_slice(answer.body()).unwrap())
}

#[tokio::test]
async fn a_question_that_is_none_is_refused_before_anything_is_called() {
    let app = app_with_a_model();
    for (kind, body, status, code) in [
        ("application/json", b"{ \"prompt\": \"\xFF\" }".to_vec(), 400, "invalid_request"),
        ("application/json; charset=utf-8", b"{}".to_vec(), 400, "invalid_request"),
        ("text/plain", b"{}".to_vec(), 415, "unsupported_media_type"),
        ("application/x-www-form-urlencoded", br#"{ "prompt": "Hi" }"#.to_vec(), 415, "unsupported_media_type"),
        ("application/json", vec![b' '; 1024 * 1024 + 1], 413, "request_too_large"),
    ] {
        let (answered, body) = ask(&app, kind, body).await;
        assert_eq!((answered.as_u16(), &body["error"]["code"]), (status, &json!(code)), "{body}");
    }
    // A valid request reaches the identity endpoint, which does not exist.
    let (status, body) = ask(&app, "application/json", r#"{ "prompt": "Hi" }"#).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (502, &json!("upstream_refused")), "{body}");
}

#[tokio::test]
async fn without_a_model_there_is_nobody_to_chat_with() {
    let (status, body) = ask(&app(), "application/json", r#"{ "prompt": "Hi" }"#).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (404, &json!("not_found")));
    assert!(body["error"]["message"].as_str().unwrap().contains("OPENAI__"), "{body}");
}

#[tokio::test]
async fn the_page_is_html_with_a_strict_policy() {
    let request = Request::get("/api/chat").body(Body::empty()).unwrap();
    let answer = app().http(request).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()["content-type"], "text/html; charset=utf-8");
    assert!(answer.headers()["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'; "));
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = app();
    for (method, path) in [
        (Method::GET, "/api/nothing"),
        (Method::DELETE, "/api/snapshots/orders"),
        (Method::POST, "/api/snapshots/unknown"),
        (Method::GET, "/api/snapshots/unknown"),
        (Method::GET, "/api/snapshots/unknown/latest"),
        (Method::GET, "/api/snapshots/orders/oldest"),
        (Method::POST, "/api/snapshots/orders/latest"),
        (Method::TRACE, "/api/relay/orders"),
        (Method::GET, "/api/relay/billing"),
    ] {
        let (status, body) = get(&app, method.clone(), path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{method} {path}");
        assert_eq!(body["error"]["code"], "not_found", "{method} {path}");
    }
}

#[tokio::test]
async fn a_source_that_is_not_utf8_is_an_invalid_request() {
    let (status, body) = get(&app(), Method::GET, "/api/snapshots/%FF").await;
    assert_eq!((status, &body["error"]["code"]), (StatusCode::BAD_REQUEST, &json!("invalid_request")));
}

#[tokio::test]
async fn without_an_identity_the_timer_fails_and_says_who_refused() {
    let answer = app().call("snapshot", Timer::at("2026-11-21T09:30:00Z".parse().unwrap())).await;
    assert_eq!(answer.status, StatusCode::BAD_GATEWAY);
    assert!(answer.body.contains("upstream_refused"), "{}", answer.body);
    assert!(answer.body.contains("the identity endpoint refused this app"), "{}", answer.body);
}
