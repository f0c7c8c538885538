//! `start`, the command: any script root in place, its handler replaced on save, and what ends it before anything runs.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{
    fs,
    io::{BufRead as _, BufReader, Read, Write as _},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{OnceLock, mpsc},
    time::Duration,
};

use tempfile::TempDir;

const SEED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/seed.toml");
const PATIENCE: Duration = Duration::from_secs(60);

/// A handler that answers what it read from `answer.txt` when it started, and then its environment.
const HANDLER: &str = r#"
use std::{env, io::{BufRead, BufReader, Write}, net::TcpListener};
fn main() {
    let answer = std::fs::read_to_string("answer.txt").unwrap();
    if answer == "broken" { eprintln!("the answer is broken"); std::process::exit(1); }
    let variable = |name| env::var(name).unwrap_or_default();
    let body = format!("{answer} {} {} {}", variable("MARK"), variable("SETTING"), variable("AZURE_CLIENT_ID"));
    for stream in TcpListener::bind(("127.0.0.1", variable("FUNCTIONS_CUSTOMHANDLER_PORT").parse().unwrap())).unwrap().incoming() {
        let mut stream = stream.unwrap();
        BufReader::new(&stream).lines().take_while(|line| line.as_ref().is_ok_and(|line| !line.is_empty())).for_each(drop);
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nconnection: close";
        let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    }
}
"#;

/// Built once for all tests.
fn handler() -> &'static Path {
    static HANDLER_FILE: OnceLock<PathBuf> = OnceLock::new();
    HANDLER_FILE.get_or_init(|| {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
        fs::write(folder.join("answering.rs"), HANDLER).unwrap();
        let file = folder.join("answering");
        let mut rustc = Command::new("rustc");
        rustc.args(["--edition", "2024", "-o"]).arg(&file).arg(folder.join("answering.rs"));
        assert!(rustc.status().unwrap().success());
        file
    })
}

fn script_root() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        fs::create_dir_all(folder.path().join(path).parent().unwrap()).unwrap();
        fs::write(folder.path().join(path), text).unwrap();
    };
    let executable = handler().display();
    write(
        "host.json",
        &format!(
            r#"{{ "version": "2.0", "customHandler": {{ "description": {{ "defaultExecutablePath": "{executable}" }},
                 "enableForwardingHttpRequest": true }} }}"#
        ),
    );
    write(
        "hello/function.json",
        r#"{ "bindings": [{ "type": "httpTrigger", "direction": "in", "name": "req", "authLevel": "anonymous" },
             { "type": "http", "direction": "out", "name": "res" }] }"#,
    );
    write("local.settings.json", r#"{ "IsEncrypted": false, "Values": { "SETTING": "set", "MARK": "hidden" } }"#);
    write("answer.txt", "one");
    folder
}

/// A running `start`; gone when dropped.
struct Start {
    process: Child,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Start {
    fn in_folder(folder: &Path, arguments: &[&str]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_local-azure")), folder, arguments)
    }

    /// With no more than this many open files and connections, and no way to get more.
    #[cfg(unix)]
    fn with_descriptors(limit: u32, folder: &Path, arguments: &[&str]) -> Self {
        let mut shell = Command::new("sh");
        shell.args(["-c", "ulimit -n $0 && exec \"$@\"", &limit.to_string(), env!("CARGO_BIN_EXE_local-azure")]);
        Self::run(shell, folder, arguments)
    }

    fn run(mut command: Command, folder: &Path, arguments: &[&str]) -> Self {
        let mut process = command
            .args(["start", "--port", "0", "--seed", SEED])
            .args(arguments)
            .current_dir(folder)
            .env("MARK", "of the shell")
            .env("AZURE_CLIENT_ID", "of the shell")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = mpsc::channel();
        let streams: [Box<dyn Read + Send>; 2] =
            [Box::new(process.stdout.take().unwrap()), Box::new(process.stderr.take().unwrap())];
        for stream in streams {
            let sender = sender.clone();
            std::thread::spawn(move || {
                BufReader::new(stream).lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
            });
        }
        Self { process, lines, seen: Vec::new() }
    }

    fn line(&mut self, text: &str) -> String {
        loop {
            match self.lines.recv_timeout(PATIENCE) {
                Ok(line) if line.contains(text) => return line,
                Ok(line) => self.seen.push(line),
                Err(_) => panic!("no line with \"{text}\" after:\n{}", self.seen.join("\n")),
            }
        }
    }

    fn port(&mut self) -> u16 {
        let line = self.line("hello:");
        let after = line.rsplit("localhost:").next().unwrap();
        after.split('/').next().unwrap().parse().unwrap()
    }
}

impl Drop for Start {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn get(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /api/hello HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer.rsplit("\r\n\r\n").next().unwrap().to_owned()
}

#[test]
fn a_script_root_runs_in_place_with_the_shells_environment_over_its_settings() {
    let folder = script_root();
    let before = fs::read_dir(folder.path()).unwrap().count();
    let mut start = Start::in_folder(Path::new("/"), &["--script-root", folder.path().to_str().unwrap()]);
    start.line("the shell's variables win over the app settings MARK");
    let port = start.port();
    assert_eq!(get(port), "one of the shell set ");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), before, "nothing is written into the folder");
}

#[test]
fn a_saved_file_replaces_the_handler_and_a_broken_one_leaves_the_old_serving() {
    let folder = script_root();
    let mut start = Start::in_folder(folder.path(), &[]);
    let port = start.port();
    assert!(get(port).starts_with("one "));
    fs::write(folder.path().join("answer.txt"), "two").unwrap();
    start.line("Serving the change after");
    assert!(get(port).starts_with("two "));
    fs::write(folder.path().join("answer.txt"), "broken").unwrap();
    start.line("the handler before it goes on");
    assert!(get(port).starts_with("two "));
    fs::write(folder.path().join("answer.txt"), "three").unwrap();
    start.line("Serving the change after");
    assert!(get(port).starts_with("three "));
}

/// As many idle connections as there are descriptors, to the host and to the proxy, and another client besides.
#[cfg(unix)]
#[test]
fn idle_connections_without_end_keep_nobody_out_and_restart_nothing() {
    let folder = script_root();
    let variables = folder.path().join("azure.env");
    let mut start = Start::with_descriptors(96, folder.path(), &["--env-file", variables.to_str().unwrap()]);
    let port = start.port();
    let text = fs::read_to_string(&variables).unwrap();
    let proxy = text.lines().find_map(|line| line.strip_prefix("HTTPS_PROXY=")?.trim_matches('\'').rsplit(':').next());
    let proxy: u16 = proxy.unwrap().parse().unwrap();
    let connect = |port: u16| TcpStream::connect(("127.0.0.1", port)).unwrap();
    let idle: Vec<_> = (0..100).flat_map(|_| [connect(port), connect(proxy)]).collect();
    for _ in 0..3 {
        assert!(get(port).starts_with("one "));
    }
    drop(idle);
    assert!(get(port).starts_with("one "));
    assert!(start.process.try_wait().unwrap().is_none(), "it has ended");
    start.seen.extend(start.lines.try_iter());
    let restarted = start.seen.iter().find(|line| line.contains("estarting") || line.contains("Changed"));
    assert_eq!(restarted, None);
}

fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
    let output = command.args(["start", "--seed", SEED]).args(arguments).current_dir(folder).output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{errors}");
    errors
}

#[test]
fn a_taken_port_is_told_before_anything_is_built() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("host.json"), "{").unwrap();
    fs::write(folder.path().join("Cargo.toml"), "").unwrap();
    let errors = refusal(folder.path(), &["--port", &port]);
    assert!(errors.contains(&format!("port {port} is in use")), "{errors}");
}

#[test]
fn what_cannot_be_run_is_named() {
    let empty = tempfile::tempdir().unwrap();
    let errors = refusal(empty.path(), &["--port", "0"]);
    assert!(errors.contains("no host.json in") && errors.contains("--script-root"), "{errors}");
    let errors = refusal(empty.path(), &["--port", "0", "--script-root", "."]);
    assert!(errors.contains("so it is not a script root"), "{errors}");
    let folder = script_root();
    fs::write(folder.path().join("host.json"), "{ \"version\" }").unwrap();
    let errors = refusal(folder.path(), &["--port", "0"]);
    assert!(errors.contains("host.json: \":\" is expected after \"version\" at line 1 column 13"), "{errors}");
    let folder = script_root();
    fs::write(folder.path().join("local.settings.json"), r#"{ "IsEncrypted": true, "Values": {} }"#).unwrap();
    let errors = refusal(folder.path(), &["--port", "0"]);
    assert!(errors.contains("local.settings.json: \"IsEncrypted\" must be there and be false"), "{errors}");
}
