//! One handler process, its output, and the host's way of calling it.

use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Output, Stdio},
    sync::{Arc, Condvar, Mutex},
    thread,
    time::Duration,
};

use futures_util::stream;
use reqwest::{Body, Client, RequestBuilder, Response};
use serde_json::Value;

/// The handler that cargo built for these tests.
pub(crate) const HANDLER: &str = env!("CARGO_BIN_EXE_handler");

/// The ID of every invocation that these tests make.
pub(crate) const ID: &str = "7d9aa9f2-5a3c-4f0e-8a5f-0f6b1c2d3e4f";

pub(crate) type Settings = BTreeMap<&'static str, String>;

/// Returns settings that a handler can start with. They name no identity, so it can call no service.
pub(crate) fn settings(more: &[(&'static str, &str)]) -> Settings {
    let needed = [
        ("KEYVAULT__vaultUri", "https://kv.vault.azure.net"),
        ("STORAGE__blobServiceUri", "https://st.blob.core.windows.net"),
        ("APIM__baseUrl", "https://apim.azure-api.net"),
        ("APIM__audience", "api://orders"),
        ("APIM__subscriptionKeySecret", "orders-key"),
        ("SNAPSHOT_SOURCES", "orders=/orders"),
        ("SNAPSHOT_CONTAINER", "snapshots"),
    ];
    needed.iter().chain(more).map(|(name, value)| (*name, (*value).to_owned())).collect()
}

/// Returns a port that was free a moment ago. The host finds a port in the same way.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

pub(crate) fn command(settings: &Settings) -> Command {
    let mut command = Command::new(HANDLER);
    command.env_clear().envs(settings).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs a handler that must not start, until it ends.
pub(crate) fn run_to_end(settings: &Settings) -> Output {
    command(settings).output().unwrap()
}

/// The lines of one pipe so far, and whether the pipe has been closed.
#[derive(Default)]
struct Lines {
    lines: Vec<String>,
    closed: bool,
}

/// A pipe, read as the host reads it: line by line, to the end.
#[derive(Clone, Default)]
pub(crate) struct Pipe(Arc<(Mutex<Lines>, Condvar)>);

impl Pipe {
    pub(crate) fn from_source(source: impl Read + Send + 'static) -> Self {
        let pipe = Self::default();
        let reader = pipe.clone();
        thread::spawn(move || {
            for line in BufReader::new(source).lines() {
                reader.0.0.lock().unwrap().lines.push(line.unwrap());
                reader.0.1.notify_all();
            }
            reader.0.0.lock().unwrap().closed = true;
            reader.0.1.notify_all();
        });
        pipe
    }

    /// Waits for a line with this text. `None` if the pipe ends without one.
    pub(crate) fn line_with(&self, text: &str) -> Option<String> {
        let found = |lines: &Lines| lines.lines.iter().find(|line| line.contains(text)).cloned();
        let lines = self.0.0.lock().unwrap();
        let lines = self.0.1.wait_while(lines, |lines| found(lines).is_none() && !lines.closed).unwrap();
        found(&lines)
    }

    /// Waits for the end of the pipe: the end of the last process that holds it. `None` after half a minute.
    pub(crate) fn to_end(&self) -> Option<Vec<String>> {
        let lines = self.0.0.lock().unwrap();
        let lines = self.0.1.wait_timeout_while(lines, Duration::from_secs(30), |lines| !lines.closed).unwrap().0;
        lines.closed.then(|| lines.lines.clone())
    }

    /// Returns the lines so far.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.0.0.lock().unwrap().lines.clone()
    }
}

/// A listening handler. It is killed when it is dropped, as the host does.
pub(crate) struct Handler {
    pub(crate) child: Child,
    pub(crate) port: u16,
    pub(crate) stdout: Pipe,
    pub(crate) stderr: Pipe,
    pub(crate) client: Client,
}

impl Handler {
    pub(crate) fn start(more: &[(&'static str, &str)]) -> Self {
        // A port that was free may go to another test before the handler takes it.
        (0..10).find_map(|_| Self::on_port(free_port(), more)).expect("no port, ten times")
    }

    /// Starts a handler. `None` if it does not listen.
    pub(crate) fn on_port(port: u16, more: &[(&'static str, &str)]) -> Option<Self> {
        let mut settings = settings(more);
        settings.insert("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string());
        let mut child = command(&settings).spawn().unwrap();
        let stdout = Pipe::from_source(child.stdout.take().unwrap());
        let stderr = Pipe::from_source(child.stderr.take().unwrap());
        let client = Client::builder().no_proxy().build().unwrap();
        let handler = Self { child, port, stdout, stderr, client };
        handler.stdout.line_with("listening on port").is_some().then_some(handler)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub(crate) async fn get(&self, path: &str) -> Response {
        self.forwarded(self.client.get(self.url(path))).send().await.unwrap()
    }

    /// Adds the headers of the host to a caller's request.
    pub(crate) fn forwarded(&self, request: RequestBuilder) -> RequestBuilder {
        request.header("x-azure-functions-hostversion", "4.1054.0").header("x-azure-functions-invocationid", ID)
    }

    /// Makes a call that the host does not forward: JSON in chunks, at the name of the function.
    pub(crate) fn call(&self, function: &str, body: &Value) -> RequestBuilder {
        let chunk = body.to_string().into_bytes();
        self.forwarded(self.client.post(self.url(&format!("/{function}"))))
            .header("content-type", "application/json; charset=utf-8")
            .header("user-agent", "Azure-Functions-Host/4.1054.0")
            .body(Body::wrap_stream(stream::iter([Ok::<_, std::io::Error>(chunk)])))
    }

    pub(crate) async fn post(&self, function: &str, body: &Value) -> Response {
        self.call(function, body).send().await.unwrap()
    }

    /// Sends a signal by its name.
    #[cfg(unix)]
    pub(crate) fn signal(&self, name: &str) {
        signal(self.child.id(), name);
    }

    /// Waits for the process to end.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- standard output\n{:#?}", self.stdout.so_far());
            eprintln!("--- standard error\n{:#?}", self.stderr.so_far());
        }
    }
}

#[cfg(unix)]
pub(crate) fn signal(process: u32, name: &str) {
    assert!(Command::new("kill").args(["-s", name, &process.to_string()]).status().unwrap().success());
}
