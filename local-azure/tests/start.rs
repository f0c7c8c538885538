//! The command `start`: any script root in place, a handler that is replaced on save, and errors that end `start`
//! before anything runs.
#![cfg(unix)]
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

/// A handler that answers with the text that it read from `answer.txt` at its start, and then with its environment.
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

/// Returns the handler, built once for all tests.
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

/// A running `start`. It ends when it is dropped.
struct Start {
    process: Child,
    lines: mpsc::Receiver<String>,
    seen: Vec<String>,
}

impl Start {
    fn in_folder(folder: &Path, arguments: &[&str]) -> Self {
        Self::run(Command::new(env!("CARGO_BIN_EXE_local-azure")), folder, arguments)
    }

    /// Starts with this limit for open files and connections, which the process cannot raise.
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

    /// Returns the first line with this text that no call has returned before. The two streams arrive in any order.
    fn line(&mut self, text: &str) -> String {
        if let Some(index) = self.seen.iter().position(|line| line.contains(text)) {
            return self.seen.remove(index);
        }
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
    /// Interrupts the process as Ctrl-C does, which ends the handler too.
    fn drop(&mut self) {
        if let Ok(id) = self.process.id().try_into() {
            let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(id), nix::sys::signal::Signal::SIGINT);
        }
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

/// Opens as many idle connections to the host and to the proxy as there are descriptors. Another client connects too.
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

/// Makes a script root whose handler is this shell script. The script writes its process ID into `pid`.
fn script(script: &str) -> TempDir {
    let folder = script_root();
    let executable = folder.path().join("run.sh");
    fs::write(&executable, format!("#!/bin/sh\necho $$ > pid\n{script}\n")).unwrap();
    fs::set_permissions(&executable, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let host_json = r#"{ "version": "2.0", "customHandler": { "description": { "defaultExecutablePath": "run.sh" },
        "enableForwardingHttpRequest": true, "initializationTimeout": "00:00:01" } }"#;
    fs::write(folder.path().join("host.json"), host_json).unwrap();
    folder
}

/// Returns both output streams of a `start` that gives up. Nothing is left running then.
fn gives_up(folder: &Path) -> (String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
    command.args(["start", "--seed", SEED, "--port", "0", "--no-watch"]).current_dir(folder);
    let output = command.output().unwrap();
    let texts = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    assert_eq!(output.status.code(), Some(2), "{texts:?}");
    let pid = fs::read_to_string(folder.join("pid")).unwrap().trim().parse().unwrap();
    let is_running = nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), None).is_ok();
    assert!(!is_running, "the handler {pid} is left running");
    texts.into()
}

#[test]
fn a_handler_that_never_listens_or_listens_elsewhere_is_told_its_port_once() {
    let elsewhere = "exec python3 -c 'import socket, time; s = socket.socket(); s.bind((\"127.0.0.1\", 0)); s.listen(); \
                     time.sleep(1000)'";
    for handler in ["exec sleep 1000", elsewhere] {
        let (_, errors) = gives_up(script(handler).path());
        let message = "the handler must listen on the port in FUNCTIONS_CUSTOMHANDLER_PORT";
        assert_eq!(errors.matches(message).count(), 1, "{errors}");
        assert!(errors.ends_with("the Functions host has given up on the handler, for the reason above\n"), "{errors}");
    }
}

#[test]
fn a_handler_that_exits_at_once_is_told_with_its_last_words() {
    let (_, errors) = gives_up(script("echo no such setting >&2; exit 3").path());
    assert_eq!(errors.matches("the handler exited with code 3: no such setting").count(), 1, "{errors}");
    let folder = script("");
    fs::remove_file(folder.path().join("run.sh")).unwrap();
    fs::write(folder.path().join("run.sh"), "#!/bin/sh\n").unwrap();
    let errors = refusal(folder.path(), &["--port", "0"]);
    assert_eq!(errors.matches("run.sh: it is not executable (chmod +x)").count(), 1, "{errors}");
}

#[test]
fn a_handler_that_exits_with_code_0_is_told_that_it_is_not_restarted() {
    let folder = script("exit 0");
    let mut start = Start::in_folder(folder.path(), &[]);
    start.line("The handler exited with code 0 before it answered GET /. The Functions host does not restart it then");
}

#[test]
fn bytes_that_are_no_text_are_left_out_with_one_message() {
    let folder = script("head -c 300000 /dev/urandom; exec sleep 1000");
    let (lines, _) = gives_up(folder.path());
    assert_eq!(lines.matches("the handler prints bytes that are no text; such lines are left out").count(), 1);
    assert!(lines.len() < 20_000 && !lines.contains(char::REPLACEMENT_CHARACTER), "{} bytes", lines.len());
}

#[test]
fn a_file_that_the_handler_writes_at_each_start_does_not_restart_it_without_end() {
    let folder = script("exec sleep 1000");
    let host_json = fs::read_to_string(folder.path().join("host.json")).unwrap();
    let executable = handler().display();
    fs::write(folder.path().join("run.sh"), format!("#!/bin/sh\necho $$ > pid\nexec {executable}\n")).unwrap();
    fs::write(folder.path().join("host.json"), host_json.replace("00:00:01", "00:00:30")).unwrap();
    let mut start = Start::in_folder(folder.path(), &[]);
    let port = start.port();
    start.line("pid is written by the handler: changes of it are not followed");
    start.seen.clear();
    fs::write(folder.path().join("answer.txt"), "two").unwrap();
    assert!(start.line("Changed").ends_with("answer.txt"));
    start.line("Serving the change after");
    assert!(get(port).starts_with("two "));
}

#[test]
fn a_request_is_one_line_with_its_function_and_a_host_that_the_seed_lacks_is_said_once() {
    let folder = script_root();
    let env_file = folder.path().join("azure.env");
    let mut start = Start::in_folder(folder.path(), &["--env-file", env_file.to_str().unwrap()]);
    let port = start.port();
    get(port);
    let line = start.line("GET /api/hello  hello  200  ");
    assert!(line.ends_with(" ms") && !line.contains('\u{1b}'), "{line}");
    let variables = fs::read_to_string(&env_file).unwrap();
    let proxy =
        variables.lines().find_map(|line| line.strip_prefix("HTTPS_PROXY='http://")).unwrap().trim_end_matches('\'');
    for host in ["example.org", "EXAMPLE.org", "example.net"] {
        let mut stream = TcpStream::connect(proxy).unwrap();
        write!(stream, "CONNECT {host}:443 HTTP/1.1\r\nHost: {host}:443\r\nConnection: close\r\n\r\n").unwrap();
        // The refusal comes inside the tunnel.
        assert!(BufReader::new(&stream).lines().next().unwrap().unwrap().starts_with("HTTP/1.1 200"));
    }
    assert!(start.line("warning: example.").contains("example.org was asked for and is not in the seed"));
    assert!(start.line("warning: example.").contains("example.net was asked for"), "the second time is not said");
}

#[test]
fn a_folder_that_cannot_be_written_is_named() {
    let folder = script_root();
    for option in ["--data", "--env-file"] {
        let errors = refusal(folder.path(), &["--port", "0", option, "/proc/of/nobody"]);
        assert!(errors.contains("/proc/of"), "{errors}");
        assert_eq!(errors.lines().filter(|line| line.starts_with("error: ")).count(), 1, "{errors}");
    }
}

/// Counts the temporary folders of runs below `parent`.
fn run_folders(parent: &Path) -> usize {
    let entries = fs::read_dir(parent).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    entries.filter(|name| name.starts_with("local-azure-")).count()
}

#[test]
fn temporary_files_are_gone_after_an_interrupt_and_those_of_a_killed_run_at_the_next_start() {
    let (folder, temporary) = (script_root(), tempfile::tempdir().unwrap());
    let start = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_local-azure"));
        command.args(["start", "--no-host", "--seed", SEED]).current_dir(folder.path()).env("TMPDIR", temporary.path());
        let mut process = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        assert!(lines.any(|line| line.contains("answer through a proxy")));
        (process, lines)
    };
    let (mut killed, _lines) = start();
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert_eq!(run_folders(temporary.path()), 1, "a killed run cannot clean up");
    let (mut interrupted, _lines) = start();
    assert_eq!(run_folders(temporary.path()), 1, "the next one does");
    let pid = nix::unistd::Pid::from_raw(interrupted.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    assert!(interrupted.wait().unwrap().success());
    assert_eq!(run_folders(temporary.path()), 0);
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
