//! A project with a handler, and a `start` that runs it.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc,
};

use tempfile::TempDir;

pub(crate) const PROGRAM: &str = env!("CARGO_BIN_EXE_local-azure");
pub(crate) const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");

/// `hello` answers with a token, as no function should; timers succeed.
const HANDLER: &str = r###"
use std::{env, io::{BufRead, BufReader, Read, Write}, net::TcpListener};
fn main() {
    let port = env::var("FUNCTIONS_CUSTOMHANDLER_PORT").unwrap().parse().unwrap();
    for stream in TcpListener::bind(("127.0.0.1", port)).unwrap().incoming() {
        let mut stream = stream.unwrap();
        let mut reader = BufReader::new(stream.try_clone().unwrap());
        let (mut head, mut length) = (String::new(), 0);
        while reader.read_line(&mut head).is_ok_and(|bytes| bytes > 2) {
            let line = head.lines().last().unwrap().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length:") { length = value.trim().parse().unwrap(); }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let hello = r##"{"token":"eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln","sent":"##.to_owned() + if length > 0 { "true}" } else { "false}" };
        let answer = if head.contains("/api/hello") { hello } else { "{}".to_owned() };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close";
        let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{answer}", answer.len());
    }
}
"###;

pub(crate) fn script_root() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs::write(folder.path().join(path), text).unwrap();
    };
    write("handler.rs", HANDLER);
    let mut rustc = Command::new("rustc");
    rustc.args(["--edition", "2024", "-o", "handler", "handler.rs"]).current_dir(folder.path());
    assert!(rustc.status().unwrap().success());
    write(
        "host.json",
        r#"{ "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "handler" },
             "enableForwardingHttpRequest": true } }"#,
    );
    write(
        "hello/function.json",
        r#"{ "bindings": [{ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" },
             { "type": "http", "direction": "out", "name": "res" }] }"#,
    );
    write(
        "yearly/function.json",
        r#"{ "bindings": [{ "type": "timerTrigger", "direction": "in", "name": "timer", "schedule": "0 0 0 1 1 *" }] }"#,
    );
    folder
}

/// A running `start`. It ends when it is dropped.
pub(crate) struct Run {
    process: Child,
    /// The port of the Functions host.
    pub(crate) port: u16,
    /// Its lines on standard error.
    said: mpsc::Receiver<String>,
}

impl Run {
    pub(crate) fn start(folder: &Path, env_file: &Path, arguments: &[&str]) -> Self {
        let mut command = Command::new(PROGRAM);
        command.args(["start", "--port", "0", "--seed", SEED, "--script-root", ".", "--env-file"]).arg(env_file);
        command.args(arguments).current_dir(folder).env_remove("LOCAL_AZURE_SEED");
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let (sender, said) = mpsc::channel();
        let errors = BufReader::new(process.stderr.take().unwrap()).lines().map_while(Result::ok);
        std::thread::spawn(move || errors.for_each(|line| drop(sender.send(line))));
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let mut run = Self { process, port: 0, said };
        let line = lines.find(|line| line.contains("/api/hello")).unwrap();
        // `start` goes on writing.
        std::thread::spawn(move || lines.for_each(drop));
        let (_, after) = line.split_once("localhost:").or(line.split_once("127.0.0.1:")).unwrap();
        run.port = after.split('/').next().unwrap().parse().unwrap();
        run
    }

    /// Waits for a line on standard error.
    pub(crate) fn says(&self, text: &str) {
        while !self.said.recv().unwrap().contains(text) {}
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        // A process that is asked to end removes its files.
        let told =
            Command::new("kill").arg(self.process.id().to_string()).status().is_ok_and(|status| status.success());
        if !told {
            let _ = self.process.kill();
        }
        let _ = self.process.wait();
    }
}

/// Returns a variable of the file that `start --env-file` wrote.
pub(crate) fn variable(env_file: &Path, name: &str) -> String {
    let text = fs::read_to_string(env_file).unwrap();
    let line = text.lines().find_map(|line| line.strip_prefix(&format!("{name}="))).unwrap();
    line.trim_matches('\'').to_owned()
}
