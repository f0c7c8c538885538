//! The handler process: started, probed, restarted, given up on, killed as the Functions host does it.
//!
//! Source: `HttpFunctionInvocationDispatcher.cs`, `HttpWorkerProcess.cs` and `DefaultHttpWorkerService.cs` of
//! `Azure/azure-functions-host`. One difference: a handler that cannot be started at all ends the host at once, where
//! the real one waits two minutes for the first invocation.

mod child;
mod output;

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    time::{Duration, Instant},
};

use axum::body::Body;
use http::Uri;
use hyper_util::client::legacy::{Client, connect::HttpConnector};
use tokio::sync::{mpsc, oneshot, watch};

use self::child::{Child, Exit};
use super::{log::Log, script::Script, script::Settings};

/// Between two probes.
const PROBE_INTERVAL: Duration = Duration::from_millis(25);
/// Failures this far apart do not add up.
const STRIKE_MEMORY: Duration = Duration::from_secs(30 * 60);
const STRIKES: usize = 3;

pub(super) type HttpClient = Client<HttpConnector, Body>;

/// Where the handler stands.
#[derive(Clone, Debug, PartialEq, Eq)]
enum State {
    Starting,
    Ready,
    /// Ended with code 0: not restarted, and invocations run into the void.
    Exited,
    /// With the reason.
    GaveUp(String),
}

enum Control {
    Restart,
    GiveUp(String),
    Stop(oneshot::Sender<()>),
}

/// The host's side of the handler process.
#[derive(Clone)]
pub(super) struct Handler {
    port: u16,
    patience: Duration,
    state: watch::Receiver<State>,
    control: mpsc::UnboundedSender<Control>,
}

/// Runs the process until the host gives up or stops. Dropping it kills the process.
pub(super) struct Supervisor {
    script: Arc<Script>,
    /// Everything but the five variables of the protocol.
    environment: Vec<(String, String)>,
    root: String,
    port: u16,
    client: HttpClient,
    log: Log,
    state: watch::Sender<State>,
    control: mpsc::UnboundedReceiver<Control>,
}

/// How one run of the process ended.
enum End {
    Restart,
    Exited,
    Failed(String),
    GaveUp(String),
    Stopped(Option<oneshot::Sender<()>>),
}

impl Handler {
    /// The handle, and what must be run for it to mean anything. `port` is the handler's; it stays over restarts.
    pub(super) fn new(
        script: Arc<Script>,
        root: String,
        environment: Vec<(String, String)>,
        client: HttpClient,
        log: Log,
        port: u16,
    ) -> (Self, Supervisor) {
        let (state_sender, state) = watch::channel(State::Starting);
        let (control_sender, control) = mpsc::unbounded_channel();
        // Three more starts fit into the wait of an invocation.
        let patience = script.host.initialization_timeout * 4;
        let handler = Self { port, patience, state, control: control_sender };
        (handler, Supervisor { script, environment, root, port, client, log, state: state_sender, control })
    }

    /// The handler's URL for a path with or without query.
    pub(super) fn url(&self, path_and_query: &str) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme("http")
            .authority(format!("127.0.0.1:{}", self.port))
            .path_and_query(path_and_query)
            .build()
    }

    /// Waits until invocations may be sent. The error says why the host is not running.
    pub(super) async fn ready(&self) -> Result<(), String> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| *state != State::Starting);
        match tokio::time::timeout(self.patience, settled).await {
            Ok(Ok(state)) => match &*state {
                State::GaveUp(reason) => Err(reason.clone()),
                State::Starting | State::Ready | State::Exited => Ok(()),
            },
            Ok(Err(_)) => Err("it was stopped".to_owned()),
            Err(_) => {
                let reason = format!("the handler did not become ready within {} s", self.patience.as_secs_f64());
                let _ = self.control.send(Control::GiveUp(reason.clone()));
                Err(reason)
            }
        }
    }

    /// Whether the handler ended with code 0, which explains a refused connection.
    pub(super) fn has_exited(&self) -> bool {
        *self.state.borrow() == State::Exited
    }

    /// Why the host gave up, if it did.
    pub(super) fn gave_up(&self) -> Option<String> {
        match &*self.state.borrow() {
            State::GaveUp(reason) => Some(reason.clone()),
            State::Starting | State::Ready | State::Exited => None,
        }
    }

    /// Resolves with the reason when the host gives up or is stopped.
    pub(super) fn stopped(&self) -> impl Future<Output = String> + Send + 'static + use<> {
        let mut state = self.state.clone();
        async move {
            match state.wait_for(|state| matches!(state, State::GaveUp(_))).await.as_deref() {
                Ok(State::GaveUp(reason)) => reason.clone(),
                _ => "it was stopped".to_owned(),
            }
        }
    }

    /// Kills and starts it again, as after a function's timeout.
    pub(super) fn restart(&self) {
        let _ = self.control.send(Control::Restart);
    }

    /// Kills it, and waits at most a second for it to be gone.
    pub(super) async fn stop(&self) {
        let (done, gone) = oneshot::channel();
        if self.control.send(Control::Stop(done)).is_ok() {
            let _ = gone.await;
        }
    }
}

/// A loopback port that was free a moment ago; the real host finds one the same way.
pub(super) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}

impl Supervisor {
    pub(super) async fn run(mut self) {
        let mut strikes: Vec<Instant> = Vec::new();
        loop {
            self.state.send_replace(State::Starting);
            let reason = match self.run_once().await {
                End::Restart => continue,
                End::Exited => match self.wait_for_control().await {
                    End::Restart => continue,
                    End::Stopped(done) => return stopped(done),
                    End::GaveUp(reason) | End::Failed(reason) => reason,
                    End::Exited => return,
                },
                End::Stopped(done) => return stopped(done),
                End::GaveUp(reason) => reason,
                End::Failed(reason) => {
                    self.log.error(&reason);
                    if strikes.last().is_some_and(|last| last.elapsed() > STRIKE_MEMORY) {
                        strikes.clear();
                    }
                    strikes.push(Instant::now());
                    if strikes.len() < STRIKES {
                        self.log.information("Restarting the handler");
                        continue;
                    }
                    self.log.error("Exceeded http worker restart retry count. Shutting down Functions Host");
                    format!("the handler failed {STRIKES} times; the last time: {reason}")
                }
            };
            self.state.send_replace(State::GaveUp(reason));
            return self.idle().await;
        }
    }

    /// Runs no process: there is no function, or the host gave up. A call to `stop` still gets its answer.
    pub(super) async fn idle(mut self) {
        while let Some(control) = self.control.recv().await {
            if let Control::Stop(done) = control {
                return stopped(Some(done));
            }
        }
    }

    async fn run_once(&mut self) -> End {
        let mut child = match self.spawn() {
            Ok(child) => child,
            Err(reason) => {
                self.log.error(&reason);
                return End::GaveUp(reason);
            }
        };
        let mut probe = std::pin::pin!(probe(
            self.client.clone(),
            format!("http://127.0.0.1:{}/", self.port),
            self.script.host.initialization_timeout
        ));
        let mut probing = true;
        loop {
            tokio::select! {
                exit = child.wait() => return self.exited(exit),
                answered = &mut probe, if probing => {
                    if !answered {
                        child.kill().await;
                        let budget = self.script.host.initialization_timeout.as_secs_f64();
                        return End::Failed(format!(
                            "Initializing HttpWorker timed out: no answer on 127.0.0.1:{} within {budget} s; the handler \
                             must listen on the port in FUNCTIONS_CUSTOMHANDLER_PORT",
                            self.port
                        ));
                    }
                    probing = false;
                    self.state.send_replace(State::Ready);
                }
                control = self.control.recv() => {
                    child.kill().await;
                    return match control {
                        Some(Control::Restart) => End::Restart,
                        Some(Control::GiveUp(reason)) => End::GaveUp(reason),
                        Some(Control::Stop(done)) => End::Stopped(Some(done)),
                        None => End::Stopped(None),
                    };
                }
            }
        }
    }

    fn spawn(&self) -> Result<Child, String> {
        let id = uuid::Uuid::new_v4().to_string();
        let port = self.port.to_string();
        let protocol = [
            ("FUNCTIONS_CUSTOMHANDLER_PORT", &port),
            ("FUNCTIONS_HTTPWORKER_PORT", &port),
            ("FUNCTIONS_CUSTOMHANDLER_WORKER_ID", &id),
            ("FUNCTIONS_HTTPWORKER_ID", &id),
            ("FUNCTIONS_APP_ROOT_PATH", &self.root),
        ];
        let protocol = protocol.map(|(name, value)| (name.to_owned(), value.clone()));
        let environment: Vec<_> = self.environment.iter().cloned().chain(protocol).collect();
        let command = &self.script.host.command;
        let settings = Settings::new(environment.iter().cloned());
        let executable = command.executable(&settings).map_err(|error| error.to_string())?;
        let arguments = command.arguments(&settings);
        Child::spawn(&executable, &arguments, environment, command, &self.log)
            .map_err(|error| format!("cannot start the handler {}: {error} (is it executable?)", executable.display()))
    }

    fn exited(&self, exit: Exit) -> End {
        match exit.code {
            0 => {
                self.state.send_replace(State::Exited);
                self.log.warning(
                    "The handler exited with code 0. The Functions host does not restart it then: every invocation \
                     fails from now on",
                );
                End::Exited
            }
            200 => {
                self.log.information("The handler exited with code 200, which asks for a restart");
                End::Restart
            }
            code if exit.last_errors.is_empty() => End::Failed(format!("the handler exited with code {code}")),
            code => End::Failed(format!("the handler exited with code {code}: {}", exit.last_errors.join(","))),
        }
    }

    async fn wait_for_control(&mut self) -> End {
        match self.control.recv().await {
            Some(Control::Restart) => End::Restart,
            Some(Control::GiveUp(reason)) => End::GaveUp(reason),
            Some(Control::Stop(done)) => End::Stopped(Some(done)),
            None => End::Stopped(None),
        }
    }
}

fn stopped(done: Option<oneshot::Sender<()>>) {
    if let Some(done) = done {
        let _ = done.send(());
    }
}

/// Whether anything answers `GET /`, with any status, before the sleeps add up to the budget. Only a connection that
/// cannot be made means "not yet".
async fn probe(client: HttpClient, url: String, budget: Duration) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let sleeps = budget.as_millis().div_ceil(PROBE_INTERVAL.as_millis());
    for _ in 0..=sleeps {
        match client.get(url.clone()).await {
            Err(error) if error.is_connect() => tokio::time::sleep(PROBE_INTERVAL).await,
            Ok(_) | Err(_) => return true,
        }
    }
    false
}
