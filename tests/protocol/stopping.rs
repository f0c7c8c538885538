//! The handler's end. The host kills it, which needs no test. People, containers and a host that died end it in other
//! ways.
#![cfg(unix)]

use std::{
    io::{BufRead, BufReader},
    net::TcpStream,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::json;

use crate::{
    identity::SlowIdentity,
    rig::{HANDLER, Handler, Pipe, command, free_port, settings, signal},
};

#[tokio::test(flavor = "multi_thread")]
async fn stopping_a_running_invocation_is_finished_and_the_status_is_zero() {
    for name in ["TERM", "INT"] {
        let identity = SlowIdentity::start();
        let mut handler = Handler::start(&identity.settings());
        let request = handler.forwarded(handler.client.get(handler.url("/api/snapshots/orders")));
        let running = tokio::spawn(request.send());
        tokio::task::block_in_place(|| identity.wait_until_asked());
        handler.signal(name);
        // New connections are refused as soon as the handler has noticed the signal.
        while TcpStream::connect(("127.0.0.1", handler.port)).is_ok() {}
        identity.answer();
        assert_eq!(running.await.unwrap().unwrap().status(), 502, "{name}");
        assert_eq!(handler.exit_code(), Some(0), "{name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_an_invocation_that_does_not_end_is_cut_off_within_five_seconds() {
    let identity = SlowIdentity::start();
    let mut handler = Handler::start(&identity.settings());
    let request = handler.forwarded(handler.client.get(handler.url("/api/snapshots/orders")));
    let running = tokio::spawn(request.send());
    tokio::task::block_in_place(|| identity.wait_until_asked());
    let asked = Instant::now();
    handler.signal("TERM");
    assert!(running.await.unwrap().is_err());
    assert_eq!(handler.exit_code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(handler.stderr.line_with("cut off").is_some());
}

#[test]
fn stopping_a_handler_whose_parent_was_killed_ends_too() {
    let mut settings = settings(&[]);
    let port = free_port();
    settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string());
    let mut parent = Command::new("sh");
    parent.args(["-c", "\"$0\" & echo $!; wait", HANDLER]).env_clear().envs(&settings);
    let mut parent = parent.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let stdout = Pipe::from_source(parent.stdout.take().unwrap());
    let stderr = Pipe::from_source(parent.stderr.take().unwrap());
    assert!(stdout.line_with("listening on port").is_some(), "{:?}", stderr.to_end());
    let handler: u32 = stdout.so_far().iter().find_map(|line| line.parse().ok()).unwrap();
    parent.kill().unwrap();
    parent.wait().unwrap();
    // The pipes end with the last process that holds them.
    let Some(lines) = stderr.to_end() else {
        signal(handler, "KILL");
        panic!("the handler outlived its parent");
    };
    assert!(lines.iter().any(|line| line.contains("has gone")), "{lines:?}");
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[tokio::test]
async fn stopping_a_handler_whose_output_nobody_reads_any_more_goes_on_until_it_is_asked() {
    let mut handler = Handler::start(&[]);
    // This is a second process with the same settings. Its pipes close after the first line.
    let port = free_port();
    let mut settings = settings(&[]);
    settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string());
    let mut unread = command(&settings).spawn().unwrap();
    drop(unread.stderr.take());
    let mut line = String::new();
    BufReader::new(unread.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert!(line.contains("listening on port"), "{line}");

    handler.port = port;
    assert_eq!(handler.post("snapshot", &json!({ "Data": { "timer": {} } })).await.status(), 502);
    assert_eq!(handler.get("/api/health").await.status(), 200);
    signal(unread.id(), "TERM");
    assert_eq!(unread.wait().unwrap().code(), Some(0));
}
