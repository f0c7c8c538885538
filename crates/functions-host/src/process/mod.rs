//! The handler process. Like the Functions host, this module starts, probes, restarts and kills it, and gives up on it.
//!
//! Source: `HttpFunctionInvocationDispatcher.cs`, `HttpWorkerProcess.cs` and `DefaultHttpWorkerService.cs` of
//! `Azure/azure-functions-host`. There is one difference: a handler that cannot be started at all ends the host at
//! once. The real host waits two minutes for the first invocation.

mod child;
mod control;
mod output;
mod supervisor;

use std::{
    net::{Ipv4Addr, TcpListener},
    sync::Arc,
    time::Duration,
};

use http::{HeaderMap, HeaderValue, Uri, header};
use tokio::sync::{mpsc, oneshot, watch};

pub(super) use self::control::HttpClient;
use self::{
    control::{Control, ProcessState},
    supervisor::Supervisor,
};
use super::{log::Log, script::Script};

/// The number of failures after which the host gives up on a handler.
pub(super) const STRIKES: usize = 3;

/// The host's side of the handler process.
#[derive(Clone)]
pub(super) struct Handler {
    port: u16,
    patience: Duration,
    state: watch::Receiver<ProcessState>,
    control: mpsc::UnboundedSender<Control>,
}

impl Handler {
    /// Returns the handle and its supervisor, which must run for the handle to work. `port` is the handler's port. It
    /// stays the same over restarts.
    pub(super) fn new(
        script: Arc<Script>,
        root: String,
        environment: Vec<(String, String)>,
        client: HttpClient,
        log: Log,
        port: u16,
        strikes: usize,
    ) -> (Self, Supervisor) {
        let (state_sender, state) = watch::channel(ProcessState::Starting);
        let (control_sender, control) = mpsc::unbounded_channel();
        // An invocation waits long enough for three more starts.
        let patience = script.host.initialization_timeout * 4;
        let handler = Self { port, patience, state, control: control_sender };
        let state = state_sender;
        (handler, Supervisor { script, environment, root, port, client, log, state, control, strikes })
    }

    /// Returns the handler's URL for a path with or without a query.
    pub(super) fn url(&self, path_and_query: &str) -> Result<Uri, http::Error> {
        Uri::builder()
            .scheme("http")
            .authority(format!("127.0.0.1:{}", self.port))
            .path_and_query(path_and_query)
            .build()
    }

    /// Puts the handler's own `Host` before the headers.
    pub(super) fn host_first(&self, headers: HeaderMap) -> HeaderMap {
        let mut ordered = HeaderMap::with_capacity(headers.len() + 1);
        if let Ok(host) = HeaderValue::from_str(&format!("127.0.0.1:{}", self.port)) {
            ordered.insert(header::HOST, host);
        }
        ordered.extend(headers);
        ordered
    }

    /// Waits until invocations may be sent. The error is the reason why the host is not running.
    pub(super) async fn ready(&self) -> Result<(), String> {
        let mut state = self.state.clone();
        let settled = state.wait_for(|state| *state != ProcessState::Starting);
        match tokio::time::timeout(self.patience, settled).await {
            Ok(Ok(state)) => match &*state {
                ProcessState::GaveUp(reason) => Err(reason.clone()),
                ProcessState::Starting | ProcessState::Ready | ProcessState::Exited => Ok(()),
            },
            Ok(Err(_)) => Err("it was stopped".to_owned()),
            Err(_) => {
                let reason = format!("the handler did not become ready within {} s", self.patience.as_secs_f64());
                let _ = self.control.send(Control::GiveUp(reason.clone()));
                Err(reason)
            }
        }
    }

    /// Reports whether the handler ended with code 0, which explains a refused connection.
    pub(super) fn has_exited(&self) -> bool {
        *self.state.borrow() == ProcessState::Exited
    }

    /// Returns why the host gave up, if it did.
    pub(super) fn gave_up(&self) -> Option<String> {
        match &*self.state.borrow() {
            ProcessState::GaveUp(reason) => Some(reason.clone()),
            ProcessState::Starting | ProcessState::Ready | ProcessState::Exited => None,
        }
    }

    /// Resolves with the reason when the host gives up or is stopped.
    pub(super) fn stopped(&self) -> impl Future<Output = String> + Send + 'static + use<> {
        let mut state = self.state.clone();
        async move {
            match state.wait_for(|state| matches!(state, ProcessState::GaveUp(_))).await.as_deref() {
                Ok(ProcessState::GaveUp(reason)) => reason.clone(),
                _ => "it was stopped".to_owned(),
            }
        }
    }

    /// Kills the handler and starts it again, as after a function's timeout.
    pub(super) fn restart(&self) {
        let _ = self.control.send(Control::Restart);
    }

    /// Kills the handler and waits at most a second for its end.
    pub(super) async fn stop(&self) {
        let (done, gone) = oneshot::channel();
        if self.control.send(Control::Stop(done)).is_ok() {
            let _ = gone.await;
        }
    }
}

/// Returns a loopback port that was free a moment ago. The real host finds one in the same way.
pub(super) fn free_port() -> std::io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
