//! An app: its state, its functions, and the rules for all of them.

use std::{convert::Infallible, error::Error, future::Future, pin::Pin, sync::Arc};

use axum::{
    extract::{FromRef, Request, State},
    handler::Handler,
    response::IntoResponse,
    routing::{MethodRouter, Route, any},
};
use tower::{Layer, Service};
use tracing_subscriber::{Registry, filter::Targets};

use crate::{
    environment::Environment,
    function::{Function, Package},
    handler::FunctionHandler,
    host_json::HostJson,
    log::Compose,
    plan::{ExpectedTrigger, Registration, plan},
    router::{AppLayer, Common, Functions, functions},
    start_error::{StartError, StartProblem},
};

/// Enough to keep the services behind busy, and few enough that each still gets its share of a small instance.
const DEFAULT_MAX_CONCURRENT: usize = 256;

type BoxError = Box<dyn Error + Send + Sync>;
/// Work that runs beside the invocations.
pub(crate) type Aside = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The functions of an app and their shared state.
///
/// ```no_run
/// use functions_handler::{Function, FunctionApp};
///
/// # const HELLO: Function = Function::new("hello", r#"{"bindings":[{"type":"httpTrigger","name":"req"},{"type":"http","name":"res","direction":"out"}]}"#);
/// fn main() -> std::process::ExitCode {
///     FunctionApp::stateless().http(HELLO, async || "Hello!\n").run()
/// }
/// ```
#[must_use]
pub struct FunctionApp<S = ()> {
    state: Box<dyn FnOnce() -> Result<S, BoxError> + Send>,
    functions: Vec<Registration<S>>,
    layers: Vec<AppLayer>,
    max_concurrent: Box<dyn FnOnce(&S) -> usize + Send>,
    on_start: Option<Box<dyn FnOnce(S) -> Aside + Send>>,
    on_stop: Option<Box<dyn FnOnce(S) -> Aside + Send>>,
    pub(crate) compose_log: Option<Compose>,
}

/// An app that can be served.
pub(crate) struct Assembled {
    pub(crate) functions: Functions,
    pub(crate) on_start: Option<Aside>,
    pub(crate) on_stop: Option<Box<dyn FnOnce() -> Aside + Send>>,
}

impl FunctionApp<()> {
    /// An app without shared state.
    pub fn stateless() -> Self {
        Self::new(|| Ok::<_, Infallible>(()))
    }
}

impl<S: Clone + Send + Sync + 'static> FunctionApp<S> {
    /// An app whose functions share the state that `state` makes.
    ///
    /// `state` runs within the runtime, before the port is bound. It must read settings only and call no service,
    /// because the host waits meanwhile. An error ends the process with the error's text.
    pub fn new<E: Into<BoxError>>(state: impl FnOnce() -> Result<S, E> + Send + 'static) -> Self {
        Self {
            state: Box::new(move || state().map_err(Into::into)),
            functions: Vec::new(),
            layers: Vec::new(),
            max_concurrent: Box::new(|_| DEFAULT_MAX_CONCURRENT),
            on_start: None,
            on_stop: None,
            compose_log: None,
        }
    }

    /// Adds a function with an HTTP trigger. `handler` is any axum handler; the route comes from function.json.
    ///
    /// `axum::extract::Path` has the values of the route. It leaves out optional values that are absent in the path.
    pub fn http<H, T>(self, function: Function, handler: H) -> Self
    where
        H: Handler<T, S>,
        T: 'static,
    {
        self.register(function, ExpectedTrigger::Http, any(handler))
    }

    /// Adds a function with a timer trigger.
    pub fn timer<H, T>(self, function: Function, handler: H) -> Self
    where
        H: FunctionHandler<T, S>,
        T: 'static,
    {
        self.register(function, ExpectedTrigger::Timer, service(handler))
    }

    /// Adds a function with any trigger. [`Invocation`](crate::Invocation) has the trigger's data.
    pub fn function<H, T>(self, function: Function, handler: H) -> Self
    where
        H: FunctionHandler<T, S>,
        T: 'static,
    {
        self.register(function, ExpectedTrigger::Any, service(handler))
    }

    fn register(mut self, function: Function, expected: ExpectedTrigger, service: MethodRouter<S>) -> Self {
        self.functions.push(Registration { function, expected, service });
        self
    }

    /// Adds a tower layer around every function, inside its span and its limits. The last added layer is outermost.
    pub fn layer<L>(mut self, layer: L) -> Self
    where
        L: Layer<Route> + Clone + Send + Sync + 'static,
        L::Service: Service<Request> + Clone + Send + Sync + 'static,
        <L::Service as Service<Request>>::Response: IntoResponse + 'static,
        <L::Service as Service<Request>>::Error: Into<Infallible> + 'static,
        <L::Service as Service<Request>>::Future: Send + 'static,
    {
        self.layers.push(Arc::new(move |service: MethodRouter| service.layer(layer.clone())));
        self
    }

    /// Limits the invocations that run at a time; the default is 256. Beyond the limit a caller gets 429 and the host
    /// gets 503, with `Retry-After`.
    pub fn max_concurrent(mut self, limit: impl FnOnce(&S) -> usize + Send + 'static) -> Self {
        self.max_concurrent = Box::new(limit);
        self
    }

    /// Runs `start` in the background as soon as the host has connected, for example to prepare for the first
    /// invocation. No answer waits for it, and a stop ends it. It must report its own failures.
    pub fn on_start<F>(mut self, start: impl FnOnce(S) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.on_start = Some(Box::new(move |state| Box::pin(start(state))));
        self
    }

    /// Runs `stop` after the last invocation, before the process ends. It may use the rest of the five seconds.
    pub fn on_stop<F>(mut self, stop: impl FnOnce(S) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.on_stop = Some(Box::new(move |state| Box::pin(stop(state))));
        self
    }

    /// Adds other `tracing` layers beside the layer that writes the log's lines. `compose` gets that layer, without a
    /// filter, and the levels of `RUST_LOG`. The default is `lines.with_filter(levels)`. Only the subscriber that
    /// [`run`](Self::run) installs uses it.
    pub fn subscriber(
        mut self,
        compose: impl FnOnce(
            Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>,
            Targets,
        ) -> Box<dyn tracing_subscriber::Layer<Registry> + Send + Sync>
        + Send
        + 'static,
    ) -> Self {
        self.compose_log = Some(Box::new(compose));
        self
    }

    /// The crate of the first function that `function!` made.
    pub(crate) fn package(&self) -> Option<Package> {
        self.functions.iter().find_map(|registration| registration.function.package)
    }

    /// The crates of the app's functions, as targets of the log.
    pub(crate) fn log_targets(&self) -> Vec<String> {
        let packages = self.functions.iter().filter_map(|registration| registration.function.package);
        let targets = packages.flat_map(|package| {
            let module = package.module.split("::").next().unwrap_or_default().to_owned();
            [module, package.name.replace('-', "_")]
        });
        targets.collect()
    }

    /// Names of all functions, in the order of registration.
    pub(crate) fn names(&self) -> Vec<&'static str> {
        self.functions.iter().map(|registration| registration.function.name).collect()
    }

    /// Reads host.json, checks every function, and makes the state.
    pub(crate) fn assemble(
        self,
        host_json: Result<HostJson, StartProblem>,
        environment: &Environment,
        mut problems: Vec<StartProblem>,
    ) -> Result<Assembled, StartError> {
        let app = self
            .package()
            .map_or_else(|| "functions-handler".to_owned(), |package| format!("{} {}", package.name, package.version));
        let planned = host_json.and_then(|host_json| {
            let planned = plan(self.functions, &host_json.route_prefix);
            planned.map(|planned| (planned, host_json)).map_err(StartProblem::Functions)
        });
        let state = (self.state)().map_err(StartProblem::State);
        match (planned, state) {
            (Ok((planned, host_json)), Ok(state)) if problems.is_empty() => {
                let max_concurrent = (self.max_concurrent)(&state);
                let body_limit = environment.body_size_limit();
                let common = Common { host_json, body_limit, max_concurrent, layers: self.layers, app };
                let functions = functions(planned, &state, common);
                let on_start = self.on_start.map(|start| start(state.clone()));
                let on_stop =
                    self.on_stop.map(|stop| Box::new(move || stop(state)) as Box<dyn FnOnce() -> Aside + Send>);
                Ok(Assembled { functions, on_start, on_stop })
            }
            (planned, state) => {
                problems.extend(planned.err());
                problems.extend(state.err());
                Err(StartError::new(problems))
            }
        }
    }
}

/// Makes an axum service of a function with a payload.
fn service<H, T, S>(handler: H) -> MethodRouter<S>
where
    H: FunctionHandler<T, S>,
    S: Clone + Send + Sync + FromRef<S> + 'static,
    T: 'static,
{
    any(move |State(state): State<S>, request: Request| {
        let (parts, _) = request.into_parts();
        handler.clone().call(parts, state)
    })
}

impl<S> FunctionApp<S> {
    /// The name and the text of function.json, for each function.
    pub(crate) fn definitions(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.functions.iter().map(|registration| (registration.function.name, registration.function.definition))
    }
}
