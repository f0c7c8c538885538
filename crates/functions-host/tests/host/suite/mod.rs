//! One suite of 60 requests. Handlers in four languages pass it, unmodified, in all three forms of a call.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    path::{Path, PathBuf},
    process::Command,
};

use axum::body::Body;
use http::{Request, StatusCode};
use serde_json::{Value, json};

use crate::rig::{Rig, ScriptRoot, example, text};

/// The columns: method, path and query below `/api/app`, header `X-Probe`, body; status, body, and a header with its
/// value.
type Row = (
    &'static str,
    &'static str,
    Option<&'static str>,
    &'static str,
    u16,
    &'static str,
    Option<(&'static str, &'static str)>,
);

const TEXT: Option<(&str, &str)> = Some(("content-type", "text/plain; charset=utf-8"));
const JSON: Option<(&str, &str)> = Some(("content-type", "application/json; charset=utf-8"));

#[rustfmt::skip]
const ROWS: [Row; 58] = [
    ("GET", "hello", None, "", 200, "hello", TEXT),
    ("POST", "hello", None, "", 200, "hello", TEXT),
    ("POST", "hello", None, "ignored", 200, "hello", TEXT),
    ("HEAD", "hello", None, "", 200, "", None),
    ("GET", "", None, "", 404, "no such path", TEXT),
    ("GET", "nothing/here", None, "", 404, "no such path", TEXT),
    ("GET", "method", None, "", 200, "GET", None),
    ("POST", "method", None, "", 200, "POST", None),
    ("PUT", "method", None, "x", 200, "PUT", None),
    ("PATCH", "method", None, "x", 200, "PATCH", None),
    ("DELETE", "method", None, "", 200, "DELETE", None),
    ("DELETE", "method", None, "x", 200, "DELETE", None),
    ("OPTIONS", "method", None, "", 200, "OPTIONS", None),
    ("POST", "echo", None, "plain", 200, "plain", TEXT),
    ("PUT", "echo", None, "plain", 200, "plain", TEXT),
    ("POST", "echo", None, "", 200, "", None),
    ("POST", "echo", None, "two\nlines\r\n", 200, "two\nlines\r\n", None),
    ("POST", "echo", None, "é ü 漢 🙂", 200, "é ü 漢 🙂", None),
    ("POST", "echo", None, "{\"a\": [1, 2.50, \"x\"]}", 200, "{\"a\": [1, 2.50, \"x\"]}", None),
    ("POST", "echo", None, "\"quoted\" \\ back", 200, "\"quoted\" \\ back", None),
    ("POST", "echo", None, "SGVsbG8=", 200, "SGVsbG8=", None),
    ("POST", "echo", None, "2026-01-01", 200, "2026-01-01", None),
    ("POST", "echo", None, "null", 200, "null", None),
    ("POST", "echo", None, " blanks ", 200, " blanks ", None),
    ("POST", "upper", None, "shout", 200, "SHOUT", None),
    ("POST", "sum", None, "{\"numbers\":[1,2,3]}", 200, "6", None),
    ("POST", "sum", None, "{\"numbers\":[]}", 200, "0", None),
    ("GET", "query?name=value", None, "", 200, "value", None),
    ("GET", "query?name=a%20b", None, "", 200, "a b", None),
    ("GET", "query?name=a+b", None, "", 200, "a b", None),
    ("GET", "query?name=a%26b%3Dc", None, "", 200, "a&b=c", None),
    ("GET", "query?name=%C3%A9", None, "", 200, "é", None),
    ("GET", "query?other=1&name=2", None, "", 200, "2", None),
    ("GET", "query?other=1", None, "", 200, "(none)", None),
    ("GET", "query", None, "", 200, "(none)", None),
    ("POST", "query?name=1", None, "name=2", 200, "1", None),
    ("GET", "header", Some("seen"), "", 200, "seen", None),
    ("GET", "header", Some("a, b"), "", 200, "a, b", None),
    ("GET", "header", Some("a=\"b\"; c"), "", 200, "a=\"b\"; c", None),
    ("GET", "header", None, "", 200, "(none)", None),
    ("POST", "header", Some("seen"), "x", 200, "seen", None),
    ("GET", "path/one", None, "", 200, "one", None),
    ("GET", "path/one/two/three", None, "", 200, "one/two/three", None),
    ("GET", "path/a%20b", None, "", 200, "a b", None),
    ("GET", "path/%C3%A9", None, "", 200, "é", None),
    ("GET", "path/a.b-c_d~e", None, "", 200, "a.b-c_d~e", None),
    ("GET", "path/a,b;c=d@e:f", None, "", 200, "a,b;c=d@e:f", None),
    ("GET", "status/201", None, "", 201, "status 201", TEXT),
    ("GET", "status/400", None, "", 400, "status 400", None),
    ("GET", "status/404", None, "", 404, "status 404", None),
    ("POST", "status/409", None, "x", 409, "status 409", None),
    ("GET", "status/429", None, "", 429, "status 429", None),
    ("GET", "status/500", None, "", 500, "status 500", None),
    ("GET", "json", None, "", 200, "{\"a\":1,\"b\":\"é\"}", JSON),
    ("GET", "reply/yes", None, "", 200, "replied", Some(("x-reply", "yes"))),
    ("GET", "redirect", None, "", 302, "moved", Some(("location", "/api/app/hello"))),
    ("GET", "empty", None, "", 200, "", None),
    ("GET", "large/200000", None, "", 200, "(200000 x)", TEXT),
];

const FORMS: [(&str, &str); 3] =
    [("posted", ""), ("forwarded", "enableForwardingHttpRequest"), ("proxied", "enableProxyingHttpRequest")];

/// Plays the 58 requests, a timer and a call beside every route. Fails with the differences.
async fn play(language: &str, description: &Value, files: &[(&str, &str)]) {
    for (form, member) in FORMS {
        let mut handler = json!({ "description": description });
        if !member.is_empty() {
            handler[member] = json!(true);
        }
        let host = json!({ "version": "2.0", "customHandler": handler }).to_string();
        let mut root =
            ScriptRoot::new().file("host.json", &host).http("app", "app/{*path}").timer("tick", "0 0 0 1 1 *");
        for (name, text) in files {
            root = root.file(name, text);
        }
        let mut rig = root.start().await;
        rig.host.wait_ready().await.unwrap();
        let mut differences = Vec::new();
        for row in &ROWS {
            differences.extend(difference(&rig, row).await);
        }
        assert!(differences.is_empty(), "{language}, {form}:\n{}", differences.join("\n"));
        let (status, outcome) = rig.run("tick").await;
        assert_eq!((status, &outcome["succeeded"]), (StatusCode::OK, &json!(true)), "{language}, {form}: {outcome}");
        rig.line("ticked").await;
        assert_eq!(rig.get("/api/other").await.0, StatusCode::NOT_FOUND, "{language}, {form}");
    }
}

async fn difference(rig: &Rig, row: &Row) -> Option<String> {
    let (method, target, probe, body, status, expected, header) = *row;
    let mut request = Request::builder().method(method).uri(format!("/api/app/{target}"));
    if let Some(probe) = probe {
        request = request.header("x-probe", probe);
    }
    if !body.is_empty() {
        request = request.header("content-type", "text/plain");
    }
    let response = rig.send(request.body(Body::from(body)).unwrap()).await;
    let seen = (response.status().as_u16(), header.map(|(name, _)| response.headers().get(name).cloned()));
    let text = text(response).await;
    let text =
        if text.len() == 200_000 && text.bytes().all(|byte| byte == b'x') { "(200000 x)".to_owned() } else { text };
    let wanted = (status, header.map(|(_, value)| Some(value.parse().unwrap())));
    (seen != wanted || text != expected).then(|| format!("{method} {target} {body:?}: {seen:?} {text:?}, not {row:?}"))
}

/// Reports whether a language is installed. If it is not, a message says so, so that the language does not count as
/// tested.
fn there(program: &str, argument: &str) -> bool {
    let there = Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success());
    if !there {
        eprintln!("LEFT OUT: {program} is not on this machine");
    }
    there
}

fn beside(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/host/suite").join(name)
}

#[tokio::test]
async fn a_python_handler_passes_in_all_three_forms() {
    if there("python3", "--version") {
        let description = json!({ "defaultExecutablePath": "python3", "arguments": ["handler.py"] });
        play("Python", &description, &[("handler.py", include_str!("handler.py"))]).await;
    }
}

#[tokio::test]
async fn a_node_handler_passes_in_all_three_forms() {
    if there("node", "--version") {
        let description = json!({ "defaultExecutablePath": "node", "arguments": ["handler.js"] });
        play("Node", &description, &[("handler.js", include_str!("handler.js"))]).await;
    }
}

#[tokio::test]
async fn a_go_handler_passes_in_all_three_forms() {
    if there("go", "version") {
        let folder = tempfile::tempdir().unwrap();
        let handler = folder.path().join("handler");
        let build = Command::new("go").arg("build").arg("-o").arg(&handler).arg(beside("handler.go")).output().unwrap();
        assert!(build.status.success(), "{}", String::from_utf8_lossy(&build.stderr));
        play("Go", &json!({ "defaultExecutablePath": handler }), &[]).await;
    }
}

#[tokio::test]
async fn a_rust_handler_passes_in_all_three_forms() {
    play("Rust", &json!({ "defaultExecutablePath": example("suite_handler") }), &[]).await;
}

#[tokio::test]
async fn a_handler_on_the_library_passes_in_all_three_forms() {
    play("functions-handler", &json!({ "defaultExecutablePath": example("library_handler") }), &[]).await;
}
