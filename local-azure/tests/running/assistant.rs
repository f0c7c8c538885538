//! `local-azure mcp` against a running `start`. The test speaks to it as an editor does.

use std::{
    fs,
    io::{BufRead as _, BufReader, Lines, Write as _},
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use axum::body::Body;
use http::Request;
use local_azure::network::Network;
use serde_json::{Value, json};

use crate::rig::{PROGRAM, Run, script_root, variable};

const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";

/// An editor that has started `mcp`.
struct Editor {
    input: Option<ChildStdin>,
    output: Lines<BufReader<ChildStdout>>,
    process: Child,
    sent: u64,
    /// All received output.
    heard: String,
}

impl Editor {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.arg("mcp").args(arguments).current_dir(folder).env("TMPDIR", std::env::temp_dir());
        let mut process = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap()).lines();
        let mut editor = Self { input: process.stdin.take(), output, process, sent: 0, heard: String::new() };
        let client = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "test", "version": "1" } });
        let hello = editor.ask("initialize", client);
        assert_eq!(hello["result"]["serverInfo"]["name"], "local-azure");
        assert_eq!(hello["result"]["capabilities"], json!({ "tools": {} }));
        editor.write(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        editor
    }

    fn write(&mut self, message: &Value) {
        writeln!(self.input.as_mut().unwrap(), "{message}").unwrap();
    }

    /// Returns the answer, which is the next line. Nothing else is written.
    fn ask(&mut self, method: &str, params: Value) -> Value {
        self.sent += 1;
        let id = self.sent;
        self.write(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        let line = self.output.next().unwrap().unwrap();
        self.heard.push_str(&line);
        let answer: Value = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    fn call(&mut self, tool: &str, arguments: Value) -> Value {
        let answer = self.ask("tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_ne!(answer["result"]["isError"], true, "{tool}: {answer}");
        answer["result"]["structuredContent"].clone()
    }

    /// Calls a tool that fails, and returns its message.
    fn refused(&mut self, tool: &str, arguments: Value) -> String {
        let answer = self.ask("tools/call", json!({ "name": tool, "arguments": arguments }));
        assert_eq!(answer["result"]["isError"], true, "{tool}: {answer}");
        answer["result"]["content"][0]["text"].as_str().unwrap().to_owned()
    }

    /// Closes the input, and returns all output.
    fn end(mut self) -> String {
        drop(self.input.take());
        assert!(self.process.wait().unwrap().success());
        assert_eq!(self.output.next().map(Result::unwrap), None);
        self.heard
    }
}

/// Sends a request of the trace, which the identity endpoint refuses.
async fn refused_request(env_file: &Path) {
    let url = format!(
        "{}?api-version=2019-08-01&resource=https://vault.azure.net&client_id=unknown",
        variable(env_file, "IDENTITY_ENDPOINT")
    );
    let request = Request::get(url)
        .header("x-identity-header", variable(env_file, "IDENTITY_HEADER"))
        .header("traceparent", format!("00-{TRACE}-00f067aa0ba902b7-01"));
    let response = Network::new().send(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(response.status(), 400);
}

#[tokio::test]
async fn an_assistant_lists_explains_runs_and_breaks() {
    let folder = script_root();
    let env_file = folder.path().join("azure.env");
    let run = Run::start(folder.path(), &env_file, &["--no-watch"]);
    refused_request(&env_file).await;
    let port = run.port.to_string();
    let mut editor = Editor::start(folder.path(), &["--port", &port, "--env-file", env_file.to_str().unwrap()]);

    let tools = editor.ask("tools/list", json!({}))["result"].clone();
    insta::assert_json_snapshot!("tools", tools);

    let requests = editor.call("list_requests", json!({ "only_failed": true }));
    let [refused] = &requests["requests"].as_array().unwrap()[..] else { panic!("{requests}") };
    assert_eq!((&refused["trace"], &refused["status"]), (&json!(TRACE), &json!(400)));
    let chain = editor.call("show_chain", json!({ "trace": &TRACE[..8] }));
    assert_eq!((&chain["trace"], &chain["entries"][0]["service"]), (&json!(TRACE), &json!("identity-endpoint")));
    for arguments in [json!({}), json!({ "trace": TRACE })] {
        let why = editor.call("explain_refusal", arguments);
        let why = &why["refusal"];
        assert_eq!((&why["refusedBy"], &why["status"]), (&json!("identity-endpoint"), &json!(400)));
        assert!(why["reason"].as_str().unwrap().starts_with("No User Assigned or Delegated Managed Identity"), "{why}");
    }

    let functions = editor.call("list_functions", json!({}));
    let names: Vec<_> = functions["functions"].as_array().unwrap().iter().map(|one| one["name"].clone()).collect();
    assert_eq!(names, ["hello", "yearly"]);
    let answer = editor.call("invoke_function", json!({ "name": "hello", "body": { "a": 1 } }));
    assert_eq!(answer["body"], json!({ "token": "[removed]", "sent": true }));
    assert_eq!((&answer["status"], &answer["succeeded"]), (&json!(200), &json!(true)));
    let chain = editor.call("show_chain", json!({ "trace": answer["trace"] }));
    assert_eq!(chain["entries"][0]["path"], "/api/hello");
    assert_eq!(editor.call("run_timer", json!({ "name": "yearly" }))["succeeded"], true);

    let set = editor.call("set_fault", json!({ "fault": "key-vault:throttled,count=1" }));
    assert_eq!(set["id"], 1);
    assert_eq!(editor.call("list_faults", json!({}))["faults"][0]["service"], "key-vault");
    assert_eq!(editor.call("clear_faults", json!({})), json!({ "faults": [] }));

    assert!(editor.refused("show_chain", json!({ "trace": "ffff" })).contains("no request of the trace ffff"));
    assert!(editor.refused("invoke_function", json!({ "name": "absent" })).contains("no function \"absent\""));
    assert!(editor.refused("run_timer", json!({ "name": "hello" })).contains("hello is not a timer"));
    assert!(editor.refused("set_fault", json!({ "fault": "key-vault:tired" })).contains("tired"));
    let secret = variable(&env_file, "IDENTITY_HEADER");
    let heard = editor.end();
    assert!(!heard.contains("eyJ") && !heard.contains(&secret), "{heard}");
}

#[test]
fn without_a_run_each_tool_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let ended = folder.path().join("ended.env");
    fs::write(&ended, "HTTPS_PROXY=http://127.0.0.1:9\nIDENTITY_HEADER=x\n").unwrap();
    let mut editor = Editor::start(folder.path(), &["--port", "9", "--env-file", ended.to_str().unwrap()]);
    assert!(editor.refused("list_requests", json!({})).contains("no local-azure answers at 127.0.0.1:9"));
    assert!(editor.refused("list_functions", json!({})).contains("no Functions host answers"));
    let wrong = editor.ask("tools/call", json!({ "name": "no_such_tool", "arguments": {} }));
    assert!(wrong["error"]["message"].is_string(), "{wrong}");
    editor.end();
}
