//! A host whose handler is `examples/raw_handler.rs`. Requests and answers are given and compared as bytes.
#![expect(clippy::unwrap_used, reason = "the rig is part of the tests")]

use std::{collections::BTreeMap, fs, time::Duration};

use functions_host::{FunctionsHost, HostOptions, ScriptError};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
    time::timeout,
};

use crate::rig::example;

/// The time limit of a wait. Everything here is faster, unless it never happens.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) struct RawRig {
    host: FunctionsHost,
    folder: TempDir,
}

/// The answer that a caller got.
#[derive(Debug, Default)]
pub(crate) struct CallerAnswer {
    /// The first line.
    pub(crate) line: String,
    pub(crate) status: u16,
    /// The header lines in their order, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
}

/// A request that the handler got.
#[derive(Debug)]
pub(crate) struct Received {
    /// The head, unchanged.
    pub(crate) head: String,
    pub(crate) line: String,
    /// The header lines in their order, with names in lower case.
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: String,
    pub(crate) framing: String,
}

impl RawRig {
    /// Starts a host. `root` is `{"host.json": …, "functions": {name: function.json}}`. A text is written to its file
    /// unchanged.
    pub(crate) async fn start(root: &Value, settings: &Value) -> Result<Self, functions_host::HostError> {
        let folder = TempDir::new().unwrap();
        let file = |path: &str, content: &Value| {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content.as_str().map_or_else(|| content.to_string(), str::to_owned)).unwrap();
        };
        file("app/host.json", &root["host.json"]);
        for (name, function) in root["functions"].as_object().into_iter().flatten() {
            file(&format!("app/{name}/function.json"), function);
        }
        let handler = format!("app/handler{}", std::env::consts::EXE_SUFFIX);
        fs::hard_link(example("raw_handler"), folder.path().join(&handler))
            .or_else(|_| fs::copy(example("raw_handler"), folder.path().join(&handler)).map(drop))
            .unwrap();
        let settings: BTreeMap<String, String> = settings
            .as_object()
            .into_iter()
            .flatten()
            .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
            .collect();
        let environment =
            settings.clone().into_iter().chain([("CONTROL".to_owned(), folder.path().display().to_string())]);
        let host = FunctionsHost::start(HostOptions {
            environment: environment.collect(),
            settings,
            restart_on_change: false,
            ..HostOptions::new(folder.path().join("app"))
        })
        .await?;
        let rig = Self { host, folder };
        rig.answers(&json!({ "parts": [{ "text": "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok" }] }));
        Ok(rig)
    }

    /// Sets the handler's answer from now on.
    pub(crate) fn answers(&self, answer: &Value) {
        let unfinished = self.folder.path().join("answer.new");
        fs::write(&unfinished, answer.to_string()).unwrap();
        fs::rename(unfinished, self.folder.path().join("answer.json")).unwrap();
    }

    /// Returns the port, which replaces `<PORT>` in the recordings of a real host.
    pub(crate) fn port(&self) -> String {
        self.host.url().port().unwrap().to_string()
    }

    /// Sends bytes (Latin-1) and reads one answer. Returns nothing if the connection closes without an answer.
    pub(crate) async fn call(&self, request: &str) -> Option<CallerAnswer> {
        let _ = fs::remove_file(self.folder.path().join("requests.jsonl"));
        let bytes: Vec<u8> = request
            .replace("<PORT>", &self.port())
            .chars()
            .filter_map(|character| u8::try_from(u32::from(character)).ok())
            .collect();
        let mut connection = TcpStream::connect(("127.0.0.1", self.host.url().port().unwrap())).await.unwrap();
        connection.write_all(&bytes).await.unwrap();
        timeout(PATIENCE, read_answer(&mut connection, request.starts_with("HEAD "))).await.unwrap()
    }

    /// Returns the requests of the last call that the handler got.
    pub(crate) fn received(&self) -> Vec<Received> {
        let text = fs::read_to_string(self.folder.path().join("requests.jsonl")).unwrap_or_default();
        text.lines().map(|line| Received::read(&serde_json::from_str(line).unwrap())).collect()
    }
}

/// Reports whether a host could not start because of its script root.
pub(crate) fn is_refusal(error: &functions_host::HostError) -> bool {
    matches!(error, functions_host::HostError::Script(ScriptError::Route { .. } | ScriptError::HostJson(_)))
}

impl Received {
    fn read(request: &Value) -> Self {
        let head = request["head"].as_str().unwrap();
        Self {
            head: head.to_owned(),
            line: head.lines().next().unwrap_or_default().to_owned(),
            headers: lines(head),
            body: request["body"].as_str().unwrap().to_owned(),
            framing: request["framing"].as_str().unwrap().to_owned(),
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

/// Returns the header lines of a head, with names in lower case.
pub(crate) fn lines(head: &str) -> Vec<(String, String)> {
    head.split("\r\n")
        .skip(1)
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()))
        .collect()
}

async fn read_answer(connection: &mut TcpStream, head_only: bool) -> Option<CallerAnswer> {
    let mut bytes = Vec::new();
    loop {
        let text: String = bytes.iter().copied().map(char::from).collect();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let status: u16 = head.split(' ').nth(1)?.parse().ok()?;
            let (line, headers) = (head.lines().next()?.to_owned(), lines(head));
            if [100, 103].contains(&status) {
                let interim = head.chars().count() + 4;
                bytes.drain(..interim);
                continue;
            }
            if let Some(body) = whole_body(&headers, body, head_only || status == 204 || status == 304 || status == 101)
            {
                return Some(CallerAnswer { line, status, headers, body });
            }
        }
        let mut piece = vec![0; 65536];
        match connection.read(&mut piece).await {
            Ok(0) | Err(_) => {
                let (head, body) = text.split_once("\r\n\r\n")?;
                let status = head.split(' ').nth(1)?.parse().ok()?;
                let line = head.lines().next()?.to_owned();
                return Some(CallerAnswer { line, status, headers: lines(head), body: body.to_owned() });
            }
            Ok(count) => bytes.extend_from_slice(&piece[..count]),
        }
    }
}

/// Returns the body once it is complete.
fn whole_body(headers: &[(String, String)], body: &str, none: bool) -> Option<String> {
    let header = |name: &str| headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
    if none {
        return Some(String::new());
    }
    if header("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case("chunked")) {
        let (mut rest, mut whole) = (body, String::new());
        loop {
            let (length, after) = rest.split_once("\r\n")?;
            let length = usize::from_str_radix(length, 16).ok()?;
            let chunk: String = after.chars().take(length).collect();
            if length == 0 && after.starts_with("\r\n") {
                return Some(whole);
            }
            rest = after.get(chunk.len() + 2..)?;
            whole.push_str(&chunk);
        }
    }
    let length: usize = header("content-length")?.parse().ok()?;
    (body.chars().count() >= length).then(|| body.to_owned())
}
