//! Starts an app, serves the host, and stops.
//!
//! Bodies are not buffered here: a function reads a request as it arrives, and its answer goes out chunk by chunk. A
//! proxying host passes the chunks on; a forwarding host collects the answer first.

use std::{
    future::Future,
    io::{Write, stderr},
    net::Ipv4Addr,
    process::ExitCode,
    time::Duration,
};

use futures_util::FutureExt;
use tokio::{net::TcpListener, runtime::Runtime, time};
use tracing::{info, warn};

use crate::{
    app::{Assembled, FunctionApp},
    environment::Environment,
    host_json::HostJson,
    log, server,
    start_error::{StartError, StartProblem},
    stop::{Parent, stop_signal},
};

/// The time for running invocations after the signal to stop.
const GRACE: Duration = Duration::from_secs(4);

/// The longest time between the signal and the end of the process, `on_stop` included.
const LONGEST_STOP: Duration = Duration::from_millis(4800);

impl<S: Clone + Send + Sync + 'static> FunctionApp<S> {
    /// Serves the Functions host until the process is asked to end (SIGTERM, Ctrl-C), or until the host has ended. Then
    /// running invocations may finish, and the process ends within five seconds.
    ///
    /// Installs a tracing subscriber and a panic hook, unless the app has set its own. A failure is printed on standard
    /// error.
    pub fn run(mut self) -> ExitCode {
        let parent = Parent::now();
        let environment = Environment::from_process();
        let targets = self.log_targets();
        log::init(
            environment.rust_log(),
            &targets.iter().map(String::as_str).collect::<Vec<_>>(),
            self.compose_log.take(),
        );
        let name = self.package().map_or("functions-handler", |package| package.name);
        match self.block_on(parent, &environment) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                for line in error.lines() {
                    // The write is allowed to fail: standard error may be closed.
                    let _ = writeln!(stderr(), "{name}: {line}");
                }
                ExitCode::FAILURE
            }
        }
    }

    fn block_on(self, parent: Parent, environment: &Environment) -> Result<(), StartError> {
        let runtime = Runtime::new()?;
        let ended = runtime.block_on(async {
            let (port, problems) = match port(environment) {
                Ok(port) => (port, Vec::new()),
                Err(problem) => (0, vec![problem]),
            };
            let assembled = self.assemble(host_json(environment), environment, problems)?;
            assembled.serve(bind(port).await?, stop_signal(parent)).await
        });
        // A name look-up that hangs must not keep the process alive.
        runtime.shutdown_background();
        ended
    }

    /// Serves the Functions host on this listener until `stop` is ready. It is for tests, and for programs with their
    /// own runtime. It installs no subscriber and no panic hook.
    ///
    /// # Errors
    /// When the app cannot start, or the listener breaks.
    pub async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StartError> {
        let environment = Environment::from_process();
        self.assemble(host_json(&environment), &environment, Vec::new())?.serve(listener, stop).await
    }
}

fn port(environment: &Environment) -> Result<u16, StartProblem> {
    let port = environment.port().ok_or(StartProblem::NoHost)?;
    port.trim().parse().ok().filter(|port| *port != 0).ok_or(StartProblem::Port)
}

fn host_json(environment: &Environment) -> Result<HostJson, StartProblem> {
    HostJson::read(environment.script_root().as_deref(), environment).map_err(StartProblem::HostJson)
}

/// Takes the port, on the one address that the host calls. Once it is taken, callers wait instead of being turned away.
async fn bind(port: u16) -> Result<TcpListener, StartError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await;
    let listener = listener.map_err(|source| StartProblem::Listen { port, source })?;
    info!("listening on port {port} of 127.0.0.1");
    Ok(listener)
}

impl Assembled {
    async fn serve(
        self,
        listener: TcpListener,
        stop: impl Future<Output = ()> + Send + 'static,
    ) -> Result<(), StartError> {
        let stop = stop.shared();
        let overdue = stop.clone().then(|()| time::sleep(GRACE));
        let ended = stop.clone().then(|()| time::sleep(LONGEST_STOP));
        let served = server::serve(listener, self.functions, self.on_start, stop);
        let on_stop = self.on_stop;
        let served_and_stopped = async {
            tokio::select! {
                () = served => {}
                () = overdue => warn!("invocations that were still running have been cut off"),
            }
            if let Some(stop) = on_stop {
                stop().await;
            }
            Ok(())
        };
        tokio::select! {
            ended = served_and_stopped => ended,
            () = ended => {
                warn!("the end of the process did not wait for all that is to be done on stop");
                Ok(())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_port_that_is_taken_is_named() {
        let taken = bind(0).await.unwrap();
        let port = taken.local_addr().unwrap().port();
        let error = bind(port).await.unwrap_err();
        assert!(error.to_string().contains(&port.to_string()), "{error}");
    }

    #[test]
    fn a_program_started_without_the_host_says_how_to_run_it() {
        let error = port(&Environment::from_variables(&[])).unwrap_err().to_string();
        assert!(error.contains("FUNCTIONS_CUSTOMHANDLER_PORT is not set") && error.contains("func start"), "{error}");
        for wrong in ["", "x", "0", "65536"] {
            assert!(port(&Environment::from_variables(&[("FUNCTIONS_CUSTOMHANDLER_PORT", wrong)])).is_err(), "{wrong}");
        }
    }
}
