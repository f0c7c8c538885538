//! A script root in a temporary folder, the host that runs it, and its log.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "the rig is part of the tests")]

use std::{
    collections::BTreeMap,
    env, fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::body::{Body, Bytes};
use functions_host::{Cors, FunctionsHost, HostError, HostOptions, Invocation, LogLine};
use http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jiff::Timestamp;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{sync::mpsc, time::timeout};

/// The time limit of a wait. Everything here is faster, unless it never happens.
const PATIENCE: Duration = Duration::from_secs(20);

/// A script root and the options of its host.
pub(crate) struct ScriptRoot {
    pub(crate) folder: TempDir,
    pub(crate) environment: Vec<(String, String)>,
    settings: BTreeMap<String, String>,
    address: SocketAddr,
    fire_timers: bool,
    enforce_keys: bool,
    state: Option<PathBuf>,
    cors: Option<Cors>,
    restart_on_change: bool,
    lenient: bool,
}

/// A running host.
pub(crate) struct Rig {
    pub(crate) host: FunctionsHost,
    journal: Arc<Mutex<Vec<Invocation>>>,
    log: mpsc::UnboundedReceiver<LogLine>,
    client: Client<HttpConnector, Body>,
    folder: TempDir,
}

impl ScriptRoot {
    /// Makes a script root with proxying and without functions.
    pub(crate) fn new() -> Self {
        let root = Self {
            folder: TempDir::new().unwrap(),
            environment: Vec::new(),
            settings: BTreeMap::new(),
            address: "127.0.0.1:0".parse().unwrap(),
            fire_timers: false,
            enforce_keys: false,
            state: None,
            cors: None,
            restart_on_change: true,
            lenient: false,
        };
        root.host_json(&json!({ "enableProxyingHttpRequest": true }))
    }

    /// Replaces `host.json`. `custom_handler` gets its description here.
    pub(crate) fn host_json(self, custom_handler: &Value) -> Self {
        self.whole_host_json(&json!({ "version": "2.0" }), custom_handler)
    }

    pub(crate) fn whole_host_json(self, document: &Value, custom_handler: &Value) -> Self {
        let mut document = document.clone();
        document["customHandler"] = custom_handler.clone();
        document["customHandler"]["description"] = json!({
            "defaultExecutablePath": scripted_handler(),
            "arguments": ["--port %FUNCTIONS_CUSTOMHANDLER_PORT%", "\"two words\"", "%UNSET%"],
        });
        self.file("host.json", &document.to_string())
    }

    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
        self
    }

    pub(crate) fn function(self, name: &str, bindings: &Value) -> Self {
        self.file(&format!("{name}/function.json"), &json!({ "bindings": bindings }).to_string())
    }

    pub(crate) fn timer(self, name: &str, schedule: &str) -> Self {
        self.function(name, &json!([{ "type": "timerTrigger", "name": "timer", "schedule": schedule }]))
    }

    pub(crate) fn http(self, name: &str, route: &str) -> Self {
        let trigger = json!({ "type": "httpTrigger", "name": "req", "route": route, "authLevel": "anonymous" });
        self.function(name, &json!([trigger, { "type": "http", "direction": "out", "name": "res" }]))
    }

    pub(crate) fn script(mut self, script: &str) -> Self {
        self.environment.push(("SCRIPT".to_owned(), script.to_owned()));
        self
    }

    pub(crate) fn setting(mut self, name: &str, value: &str) -> Self {
        self.settings.insert(name.to_owned(), value.to_owned());
        self
    }

    pub(crate) fn address(mut self, address: SocketAddr) -> Self {
        self.address = address;
        self
    }

    pub(crate) fn firing(mut self) -> Self {
        self.fire_timers = true;
        self
    }

    pub(crate) fn enforcing_keys(mut self) -> Self {
        self.enforce_keys = true;
        self
    }

    pub(crate) fn state(mut self, folder: &Path) -> Self {
        self.state = Some(folder.to_owned());
        self
    }

    pub(crate) fn cors(mut self, cors: Cors) -> Self {
        self.cors = Some(cors);
        self
    }

    /// Turns off the host's restart on changes of the script root.
    pub(crate) fn not_watching(mut self) -> Self {
        self.restart_on_change = false;
        self
    }

    pub(crate) fn lenient(mut self) -> Self {
        self.lenient = true;
        self
    }

    pub(crate) async fn start(self) -> Rig {
        self.try_start().await.expect("the host starts")
    }

    pub(crate) async fn try_start(self) -> Result<Rig, HostError> {
        let (sender, log) = mpsc::unbounded_channel();
        let journal = Arc::new(Mutex::new(Vec::new()));
        let invocations = Arc::clone(&journal);
        let host = FunctionsHost::start(HostOptions {
            address: self.address,
            environment: self.environment,
            settings: self.settings,
            journal: Arc::new(move |invocation: &Invocation| invocations.lock().unwrap().push(invocation.clone())),
            log: Arc::new(move |line| {
                let _ = sender.send(line);
            }),
            fire_timers: self.fire_timers,
            enforce_keys: self.enforce_keys,
            state: self.state,
            cors: self.cors,
            restart_on_change: self.restart_on_change,
            lenient: self.lenient,
            ..HostOptions::new(self.folder.path().to_owned())
        })
        .await?;
        let client = Client::builder(TokioExecutor::new()).build_http();
        Ok(Rig { host, journal, log, client, folder: self.folder })
    }

    /// Starts a host that must not start, and returns the reason.
    pub(crate) async fn refusal(self) -> String {
        match self.try_start().await {
            Ok(_) => panic!("the host started"),
            Err(error) => error.to_string(),
        }
    }
}

impl Rig {
    /// Returns the next line of the log that contains `text`. The lines before it are dropped.
    pub(crate) async fn line(&mut self, text: &str) -> LogLine {
        let mut seen = Vec::new();
        loop {
            match timeout(PATIENCE, self.log.recv()).await {
                Ok(Some(line)) if line.text.contains(text) => return line,
                Ok(Some(line)) => seen.push(line.text),
                Ok(None) | Err(_) => panic!("no line with \"{text}\" after:\n{}", seen.join("\n")),
            }
        }
    }

    /// Returns the remaining lines of the log, without waiting.
    pub(crate) fn rest_of_log(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.log.try_recv().ok()).map(|line| line.text).collect()
    }

    /// Writes a file of the running host's script root.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub(crate) fn add_function(&self, name: &str, bindings: &Value) {
        self.write(&format!("{name}/function.json"), &json!({ "bindings": bindings }).to_string());
    }

    /// Starts a call that is awaited elsewhere, and returns its status.
    pub(crate) fn later(&self, request: Request<Body>) -> impl Future<Output = StatusCode> + Send + use<> {
        let answer = self.client.request(self.addressed(request));
        async move { timeout(PATIENCE, answer).await.expect("an answer in time").unwrap().status() }
    }

    fn addressed(&self, request: Request<Body>) -> Request<Body> {
        let (mut parts, body) = request.into_parts();
        let path = parts.uri.path_and_query().unwrap().as_str();
        parts.uri = format!("{}{path}", self.host.url().as_str().trim_end_matches('/')).parse().unwrap();
        Request::from_parts(parts, body)
    }

    pub(crate) async fn send(&self, request: Request<Body>) -> Response<Body> {
        let request = self.addressed(request);
        timeout(PATIENCE, self.client.request(request)).await.expect("an answer in time").unwrap().map(Body::new)
    }

    /// Returns the status, and the body as text.
    pub(crate) async fn get(&self, path: &str) -> (StatusCode, String) {
        self.call(Request::get(path).body(Body::empty()).unwrap()).await
    }

    pub(crate) async fn call(&self, request: Request<Body>) -> (StatusCode, String) {
        let response = self.send(request).await;
        (response.status(), text(response).await)
    }

    /// Sends `POST /admin/functions/<name>` with `{}`, and waits for the outcome.
    pub(crate) async fn run(&self, name: &str) -> (StatusCode, Value) {
        let request = Request::post(format!("/admin/functions/{name}"))
            .header("content-type", "application/json")
            .header("prefer", "wait")
            .body(Body::from("{}"))
            .unwrap();
        let (status, body) = self.call(request).await;
        (status, serde_json::from_str(&body).unwrap_or_default())
    }

    /// Returns the invocations that have ended.
    pub(crate) fn invocations(&self) -> Vec<Invocation> {
        self.journal.lock().unwrap().clone()
    }

    /// Returns the last invocation that has ended.
    pub(crate) fn last_invocation(&self) -> Invocation {
        self.invocations().pop().expect("an invocation")
    }
}

/// Returns the handler's next payload, as the handler printed it to the log.
pub(crate) async fn payload(rig: &mut Rig) -> Value {
    let line = rig.line("payload ").await.text;
    serde_json::from_str(line.strip_prefix("payload ").unwrap()).unwrap()
}

/// Reads a time within a payload.
pub(crate) fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

pub(crate) fn request(method: Method, path: &str, body: impl Into<Body>) -> Request<Body> {
    Request::builder().method(method).uri(path).body(body.into()).unwrap()
}

pub(crate) async fn text(response: Response<Body>) -> String {
    String::from_utf8_lossy(&bytes(response).await).into_owned()
}

async fn bytes(response: Response<Body>) -> Bytes {
    timeout(PATIENCE, response.into_body().collect()).await.expect("a whole answer").unwrap().to_bytes()
}

pub(crate) fn scripted_handler() -> PathBuf {
    example("scripted_handler")
}

/// Returns the path of an example. Cargo builds examples with the tests, into a folder beside theirs, unless it builds
/// only one test.
pub(crate) fn example(name: &str) -> PathBuf {
    let test = env::current_exe().unwrap();
    let folder = test.parent().and_then(|deps| deps.parent()).unwrap().join("examples");
    let handler = folder.join(format!("{name}{}", env::consts::EXE_SUFFIX));
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}.rs"));
    let built = |path: &Path| path.metadata().and_then(|metadata| metadata.modified()).ok();
    let current = built(&handler).is_some_and(|at| Some(at) >= built(&source));
    assert!(current, "{} is missing or old: run `cargo build -p functions-host --examples`", handler.display());
    handler
}
