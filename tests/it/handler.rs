//! The handler alone, without a Functions host before it. The test makes its environment.

use std::{
    io::{BufRead as _, BufReader, Read},
    net::TcpListener,
    process::{Child, Command, Stdio},
    sync::{Arc, Mutex, PoisonError, mpsc},
    thread::{self, JoinHandle},
};

use serde_json::Value;

use crate::rig::{HANDLER, plain_get};

/// A listening handler. It is killed when it is dropped.
pub(crate) struct Handler {
    child: Child,
    port: u16,
    lines: Arc<Mutex<Vec<String>>>,
    readers: Vec<JoinHandle<()>>,
}

impl Handler {
    pub(crate) fn start(environment: &[(String, String)]) -> Self {
        // A port that was free may go to another test before the handler takes it.
        (0..10).find_map(|_| Self::on_a_port(environment)).unwrap()
    }

    fn on_a_port(environment: &[(String, String)]) -> Option<Self> {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut command = Command::new(HANDLER);
        command.env_clear().envs(environment.iter().cloned()).env("FUNCTIONS_CUSTOMHANDLER_PORT", port.to_string());
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let lines = Arc::new(Mutex::new(Vec::new()));
        let (listening, listens) = mpsc::channel();
        let out = keep(child.stdout.take().unwrap(), lines.clone(), listening.clone());
        let err = keep(child.stderr.take().unwrap(), lines.clone(), listening);
        let handler = Self { child, port, lines, readers: vec![out, err] };
        // Both pipes close when the handler ends, and the channel with them.
        listens.recv().is_ok().then_some(handler)
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    /// Returns the answer of `ready`, and its status.
    pub(crate) async fn ready(&self) -> (u16, Value) {
        let answer = plain_get(self.url("/api/ready")).await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap())
    }

    /// Ends the handler. Returns all its log lines.
    pub(crate) fn end(mut self) -> Vec<String> {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        self.lines.lock().unwrap().clone()
    }

    /// Returns the largest amount of memory that the handler has used so far, in MiB.
    #[cfg(target_os = "linux")]
    pub(crate) fn peak_memory(&self) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
    }
}

fn keep(
    pipe: impl Read + Send + 'static,
    lines: Arc<Mutex<Vec<String>>>,
    listening: mpsc::Sender<()>,
) -> JoinHandle<()> {
    thread::spawn(move || {
        for line in BufReader::new(pipe).lines().map_while(Result::ok) {
            if line.contains("listening on port") {
                let _ = listening.send(());
            }
            lines.lock().unwrap().push(line);
        }
    })
}

impl Drop for Handler {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if thread::panicking() {
            eprintln!("--- log\n{:#?}", self.lines.lock().unwrap_or_else(PoisonError::into_inner));
        }
    }
}
