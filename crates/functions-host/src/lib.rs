//! The Azure Functions host for custom handlers, in any language, on a laptop.
//!
//! [`FunctionsHost::start`] reads a script root (`host.json`, and one folder with a `function.json` for each function),
//! starts the executable that `host.json` names, and calls it over loopback HTTP as Azure does: HTTP and timer
//! triggers, proxied, forwarded, or as the JSON of `Data` and `Metadata`.
//!
//! ```no_run
//! # async fn run() -> Result<(), functions_host::HostError> {
//! use functions_host::{FunctionsHost, HostOptions};
//!
//! let host = FunctionsHost::start(HostOptions::new("path/to/script/root".into())).await?;
//! println!("{}api/hello", host.url());
//! println!("{}", host.stopped().await);
//! # Ok(())
//! # }
//! ```
//!
//! A function with an unsupported binding or trigger is reported by name as in error; the others run. Unknown members
//! of `host.json` and `function.json` are refused by name, unless [`HostOptions::lenient`] is set. The host leaves out
//! the lock that keeps several instances of an app from running a timer twice, because there is one instance. It also
//! leaves out dynamic throttles, host IDs, and the management of keys. `docs/functions-host.md` of the repository lists
//! the covered behaviour, with a test for each statement.
//!
//! Each file names its sources: `Azure/azure-functions-host`, `Azure/azure-webjobs-sdk-extensions`, and
//! <https://learn.microsoft.com/azure/azure-functions/functions-custom-handlers>.

mod admin;
mod admin_host;
mod answer;
mod body_limit;
mod client_error;
mod core;
mod cors;
mod error;
mod forward;
mod front;
mod function;
mod head;
mod header_lines;
mod http_call;
mod http_payload;
mod invocation;
mod job;
mod json;
mod keys;
mod lent_body;
mod log;
mod on_view;
mod options;
mod payload;
mod process;
mod proxy;
mod redirect;
mod request_path;
mod request_target;
mod retry;
mod routes;
mod run;
mod script;
mod script_changes;
mod server;
mod setup;
mod start;
mod summary;
mod template;
mod throttle;
mod time_zone;
mod timers;
mod upgrade;
mod web;

use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;
use tokio::task::JoinSet;
use url::Url;

use self::{
    core::Core,
    script::Trigger,
    start::Started,
    web::{Phase, WebHost},
};
pub use self::{
    error::HostError,
    function::Function,
    invocation::{Call, Invocation, InvocationSink},
    log::{Level, LogLine, LogSink, LogSource},
    on_view::Timer,
    options::{Cors, HostOptions},
    script::{HandlerSettings, ScriptError},
    summary::{FunctionProblem, ScriptSummary},
};

/// A running host. Dropping it kills the handler and closes the port.
pub struct FunctionsHost {
    web: Arc<WebHost>,
    url: Url,
    server: Mutex<JoinSet<()>>,
}

impl FunctionsHost {
    /// Reads the script root, listens, and starts the handler in the background. Prints the list of functions to the
    /// log.
    ///
    /// # Errors
    /// [`HostError`] names the missing or wrong part, and the remedy.
    pub async fn start(options: HostOptions) -> Result<Self, HostError> {
        let Started { web, url, server } = start::start(options).await?;
        Ok(Self { web, url, server: Mutex::new(server) })
    }

    /// Returns the host's URL, `http://127.0.0.1:PORT/`.
    #[must_use]
    pub fn url(&self) -> &Url {
        &self.url
    }

    /// Returns the loaded functions, sorted by name. The log names the functions in error.
    #[must_use]
    pub fn functions(&self) -> Vec<Function> {
        let core = self.web.core();
        core.iter().flat_map(|core| core.script.functions.iter().map(|one| Function::new(core, one))).collect()
    }

    /// Returns the master key, or nothing if no keys are required.
    #[must_use]
    pub fn master_key(&self) -> Option<&str> {
        self.web.keys.as_ref().map(|keys| keys.master.as_str())
    }

    /// Waits until the handler answers.
    ///
    /// # Errors
    /// [`HostError::Stopped`] if the host gave up on the handler.
    pub async fn wait_ready(&self) -> Result<(), HostError> {
        let core = settled_core(&self.web).await?;
        if core.script.functions.is_empty() {
            return Ok(());
        }
        core.handler.ready().await.map_err(HostError::Stopped)
    }

    /// Runs a timer function now, like `POST /admin/functions/<name>`, and waits for its end. `data` is the input of
    /// the admin API. It goes into `Metadata` under the name of the trigger and has no meaning for a timer.
    ///
    /// # Errors
    /// [`HostError`] if there is no such function, or if it is an HTTP function. A failed invocation is not an error
    /// here: see [`Invocation::error`].
    pub async fn invoke(&self, name: &str, data: Option<Value>) -> Result<Invocation, HostError> {
        invoke(&self.web, name, data).await
    }

    /// Reads the script root again and starts a new handler, on another port. The old handler serves until the new one
    /// answers, then ends with its last invocation. Each timer fires into one of the two. With `customHandler.port`
    /// set, the old handler ends first.
    ///
    /// # Errors
    /// [`HostError`] gives the reason if the new handler does not start. The old one then continues.
    pub fn replace(&self) -> impl Future<Output = Result<(), HostError>> + Send + 'static + use<> {
        let web = Arc::clone(&self.web);
        async move { web.replace().await }
    }

    /// Kills the handler (SIGKILL, as the real host does) and closes the port.
    pub async fn stop(&self) {
        let mut server = std::mem::take(&mut *self.server.lock().unwrap_or_else(PoisonError::into_inner));
        server.shutdown().await;
        self.web.end_job(Phase::Stopped).await;
        self.web.tell_stopped();
    }

    /// Resolves with the reason when the host gives up on the handler or is stopped.
    pub fn stopped(&self) -> impl Future<Output = String> + Send + 'static + use<> {
        let mut ended = self.web.ended.subscribe();
        async move {
            let reason = ended.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
            reason.unwrap_or_else(|| "it was stopped".to_owned())
        }
    }
}

async fn settled_core(web: &WebHost) -> Result<Arc<Core>, HostError> {
    let not_running = || HostError::Stopped(web.problem().unwrap_or_else(|| "it is not running".to_owned()));
    web.settled_core().await.ok_or_else(not_running)
}

async fn invoke(web: &WebHost, name: &str, data: Option<Value>) -> Result<Invocation, HostError> {
    let core = settled_core(web).await?;
    let function = core.function(name).ok_or_else(|| HostError::UnknownFunction(name.to_owned()))?;
    match &function.trigger {
        Trigger::Timer(timer) => {
            if data.is_some() {
                core.log.warning(format!("'{name}' is a timer: the input given to it has no effect"));
            }
            let input = data.map(|data| data.as_str().map_or_else(|| data.to_string(), str::to_owned));
            Ok(timers::invoke_by_hand(&core, function, timer, input.as_deref()).await)
        }
        Trigger::Http(_) => Err(HostError::HttpFunction {
            name: function.name.clone(),
            url: core.invoke_url(function).unwrap_or_default(),
        }),
    }
}

impl Drop for FunctionsHost {
    fn drop(&mut self) {
        self.web.abandon();
    }
}
