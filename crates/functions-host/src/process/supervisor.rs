//! The supervisor, which keeps the handler process running and decides when to give up.

use std::{
    io,
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

use http::{Method, Uri};
use tokio::sync::{mpsc, oneshot, watch};

use super::{
    child::{Child, Exit},
    control::{Control, HttpClient, ProcessState},
};
use crate::{
    client_error::closed_without_answer,
    log::Log,
    redirect,
    script::{Script, Settings},
};

/// The pause between two probes.
const PROBE_INTERVAL: Duration = Duration::from_millis(25);
const MOST_REDIRECTS: usize = 50;
/// How often a probe is sent if its connection closes without an answer.
const SENDS: usize = 4;
/// The longest pause between failures that are counted together.
const STRIKE_MEMORY: Duration = Duration::from_secs(30 * 60);

/// Runs the process until the host gives up or stops. Dropping the supervisor kills the process.
pub(crate) struct Supervisor {
    pub(super) script: Arc<Script>,
    /// The environment without the five variables of the protocol.
    pub(super) environment: Vec<(String, String)>,
    pub(super) root: String,
    pub(super) port: u16,
    pub(super) client: HttpClient,
    pub(super) log: Log,
    pub(super) state: watch::Sender<ProcessState>,
    pub(super) control: mpsc::UnboundedReceiver<Control>,
    /// The number of failures after which the supervisor gives up.
    pub(super) strikes: usize,
}

/// The end of one run of the process.
enum End {
    Restart,
    Exited,
    Failed(String),
    GaveUp(String),
    Stopped(Option<oneshot::Sender<()>>),
}

impl Supervisor {
    pub(crate) async fn run(mut self) {
        let mut strikes: Vec<Instant> = Vec::new();
        loop {
            self.state.send_replace(ProcessState::Starting);
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
                    if strikes.len() < self.strikes {
                        self.log.information("Restarting the handler");
                        continue;
                    }
                    if self.strikes == 1 {
                        reason
                    } else {
                        self.log.error("Exceeded http worker restart retry count. Shutting down Functions Host");
                        format!("the handler failed {} times; the last time: {reason}", self.strikes)
                    }
                }
            };
            self.state.send_replace(ProcessState::GaveUp(reason));
            return self.idle().await;
        }
    }

    /// Runs no process, because there is no function or the host gave up. A call to `stop` still gets its answer.
    pub(crate) async fn idle(mut self) {
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
            self.script.host.initialization_timeout,
            self.script.host.follows_redirects
        ));
        let mut probing = true;
        loop {
            tokio::select! {
                exit = child.wait() => return self.exited(exit, probing),
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
                    self.state.send_replace(ProcessState::Ready);
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
        Child::spawn(&executable, &arguments, environment, command, &self.log).map_err(|error| {
            let reason = why_not(&error, &command.working_directory);
            format!("cannot start the handler {}: {reason}", executable.display())
        })
    }

    fn exited(&self, exit: Exit, probing: bool) -> End {
        match exit.code {
            // The state stays the same: calls wait until they give up on the host.
            0 if probing => {
                self.log.warning(
                    "The handler exited with code 0 before it answered GET /. The Functions host does not restart it then: \
                     every invocation waits, and ends the host in the end",
                );
                End::Exited
            }
            0 => {
                self.state.send_replace(ProcessState::Exited);
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

/// Explains why the system does not start an existing file in this folder.
fn why_not(error: &io::Error, folder: &Path) -> String {
    if !folder.is_dir() {
        return format!("the workingDirectory of host.json, {}, is not a folder", folder.display());
    }
    match error.kind() {
        io::ErrorKind::PermissionDenied => "it is not executable (chmod +x)".to_owned(),
        io::ErrorKind::NotFound => "the program that its first line or its loader names is not there".to_owned(),
        io::ErrorKind::ExecutableFileBusy => "another process is writing it".to_owned(),
        _ => format!("{error}; a script needs a first line such as #!/bin/sh"),
    }
}

fn stopped(done: Option<oneshot::Sender<()>>) {
    if let Some(done) = done {
        let _ = done.send(());
    }
}

/// Reports whether the handler answers `GET /`, with any status, before the pauses add up to the budget. Only a failed
/// connection means "not yet".
async fn probe(client: HttpClient, url: String, budget: Duration, follows_redirects: bool) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let sleeps = budget.as_millis().div_ceil(PROBE_INTERVAL.as_millis());
    for _ in 0..=sleeps {
        if answers(&client, &url, follows_redirects).await {
            return true;
        }
        tokio::time::sleep(PROBE_INTERVAL).await;
    }
    false
}

/// Makes one probe. It takes several requests if the handler redirects or closes the connection without an answer.
async fn answers(client: &HttpClient, url: &Uri, follows_redirects: bool) -> bool {
    let mut url = url.clone();
    let mut closed = 0;
    for _ in 0..=MOST_REDIRECTS {
        match client.get(url.clone()).await {
            Ok(answer) => match redirect::next(&Method::GET, &url, &answer) {
                Some((_, next)) if follows_redirects => url = next,
                _ => return true,
            },
            Err(error) if closed + 1 < SENDS && closed_without_answer(&error) => closed += 1,
            Err(error) => return !error.is_connect(),
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use std::sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    };

    use axum::{Router, response::Redirect};
    use http::Uri;
    use hyper_util::{client::legacy::Client, rt::TokioExecutor};
    use tokio::net::TcpListener;

    use super::answers;

    #[tokio::test]
    async fn section_2_7_a_redirect_of_the_probe_is_followed_50_times_unless_requests_are_forwarded() {
        let asked = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&asked);
        let redirect = move || {
            count.fetch_add(1, Ordering::SeqCst);
            std::future::ready(Redirect::temporary("/"))
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url: Uri = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
        let server = tokio::spawn(async move { axum::serve(listener, Router::new().fallback(redirect)).await });
        let client = Client::builder(TokioExecutor::new()).build_http();
        assert!(answers(&client, &url, true).await);
        assert_eq!(asked.swap(0, Ordering::SeqCst), 51);
        assert!(answers(&client, &url, false).await);
        assert_eq!(asked.load(Ordering::SeqCst), 1);
        server.abort();
    }
}
