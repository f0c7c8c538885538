//! The Functions host: runs a staged script root as the real one does, with the same wire to the handler.
//!
//! Reference: `Azure/azure-functions-host` and `Azure/azure-webjobs-sdk-extensions` (sources are named file by file), and
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>. HTTP and timer triggers; host.json and
//! function.json members that would change anything else are refused by name. Left out: authorization keys (every level
//! is open), the stored status of timers and the lock between instances (one process, in memory), retries, drain mode.

mod admin;
mod answer;
mod constraint;
mod core;
mod error;
mod forward;
mod front;
mod http_payload;
mod invocation;
mod log;
mod payload;
mod process;
mod proxy;
mod routes;
mod script;
mod start;
mod summary;
mod template;
mod timers;

use std::{collections::BTreeMap, net::SocketAddr, path::PathBuf, sync::Arc};

use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

use self::{
    core::Core,
    script::{FunctionDefinition, Trigger},
};
pub use self::{
    error::HostError,
    invocation::Invocation,
    log::{Level, LogLine, LogSink},
    script::ScriptError,
    summary::{FunctionProblem, ScriptSummary},
};
use crate::journal::Journal;

/// What a host runs, where, and with what.
pub struct HostOptions {
    /// Folder with `host.json` and one folder for each function.
    pub script_root: PathBuf,
    /// Where the host listens: a loopback address; port 0 takes any.
    pub address: SocketAddr,
    /// The handler's environment, besides `PATH`, the home and temporary folders, and the five variables of the protocol.
    pub environment: Vec<(String, String)>,
    /// App settings: `%NAME%` in bindings, `AzureFunctionsJobHost__…`, `AzureWebJobs.<name>.Disabled`,
    /// `AzureWebJobsDisableHomepage`, `WEBSITE_TIME_ZONE`.
    pub settings: BTreeMap<String, String>,
    /// Gets an entry for each invocation: from the Functions host, answered by the handler.
    pub journal: Journal,
    /// Gets the host's log.
    pub log: LogSink,
    /// Whether timers fire on their schedule. They can be invoked either way.
    pub fire_timers: bool,
}

/// A function that was loaded.
#[derive(Clone, Debug)]
pub struct Function {
    /// Its folder's name.
    pub name: String,
    /// `httpTrigger` or `timerTrigger`.
    pub trigger: &'static str,
    /// A timer's schedule, normalised as in the host's log.
    pub schedule: Option<String>,
    /// An HTTP function's URL, with the parameters of its route.
    pub invoke_url: Option<String>,
    /// An HTTP function's methods in upper case; empty for all.
    pub methods: Vec<String>,
    /// Disabled by an app setting: a timer does not fire.
    pub disabled: bool,
}

/// A running host. Dropping it kills the handler and closes the port.
pub struct FunctionsHost {
    core: Arc<Core>,
    url: Url,
    functions: Vec<Function>,
    tasks: JoinSet<()>,
}

impl FunctionsHost {
    /// Reads the script root, listens, and starts the handler in the background. Prints the list of functions to the log.
    ///
    /// # Errors
    /// [`HostError`] says what is missing or wrong and what to do about it.
    pub async fn start(options: HostOptions) -> Result<Self, HostError> {
        start::start(options).await
    }

    /// `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// The functions that were loaded, sorted by name. Those in error are in the log.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }

    /// Waits until the handler answers.
    ///
    /// # Errors
    /// [`HostError::Stopped`] if the host gave up on it.
    pub async fn wait_ready(&self) -> Result<(), HostError> {
        if self.functions.is_empty() {
            return Ok(());
        }
        self.core.handler.ready().await.map_err(HostError::Stopped)
    }

    /// Runs a timer function now, as `POST /admin/functions/<name>` does, and waits for its end. `data` is the input that
    /// the admin API takes; it means nothing to a timer.
    ///
    /// # Errors
    /// [`HostError`] if there is no such function, or it is an HTTP function. A failed invocation is not an error here:
    /// see [`Invocation::error`].
    pub async fn invoke(&self, name: &str, data: Option<Value>) -> Result<Invocation, HostError> {
        let function = self.core.function(name).ok_or_else(|| HostError::UnknownFunction(name.to_owned()))?;
        match &function.trigger {
            Trigger::Timer(timer) => {
                if data.is_some() {
                    self.core.log.warning(format!("'{name}' is a timer: the input given to it has no effect"));
                }
                Ok(timers::invoke_by_hand(&self.core, function, timer).await)
            }
            Trigger::Http(_) => Err(HostError::HttpFunction {
                name: function.name.clone(),
                url: self.core.invoke_url(function).unwrap_or_default(),
            }),
        }
    }

    /// Kills the handler (SIGKILL, as the real host does) and closes the port.
    pub async fn stop(mut self) {
        self.core.handler.stop().await;
        self.tasks.shutdown().await;
    }

    /// Resolves with the reason when the host gives up on the handler, or is stopped.
    pub fn stopped(&self) -> impl Future<Output = String> + Send + 'static + use<> {
        self.core.handler.stopped()
    }
}

impl Function {
    fn new(core: &Core, function: &FunctionDefinition) -> Self {
        let (trigger, schedule, methods) = match &function.trigger {
            Trigger::Http(http) => {
                ("httpTrigger", None, http.methods.iter().flatten().map(ToString::to_string).collect())
            }
            Trigger::Timer(timer) => ("timerTrigger", Some(timer.schedule.to_string()), Vec::new()),
        };
        Self {
            name: function.name.clone(),
            trigger,
            schedule,
            invoke_url: core.invoke_url(function),
            methods,
            disabled: function.disabled,
        }
    }
}
