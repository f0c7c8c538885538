//! A job host: the script root, its handler and its timers.

use std::{
    net::{Ipv4Addr, SocketAddr, TcpListener},
    sync::Arc,
};

use tokio::{sync::watch, task::JoinSet};

use super::{
    Function, HostError,
    body_limit::BodyLimit,
    core::{Core, Count},
    log::Log,
    process::{Handler, free_port},
    script::{Script, Trigger},
    setup::HostSetup,
    throttle::Throttle,
    time_zone, timers,
};

/// The tasks of a job host. Dropping this value ends the handler and the timers.
pub(super) struct Job {
    pub(super) tasks: JoinSet<()>,
}

/// Starts only the handler. The host gives up on a handler that has failed `strikes` times.
pub(super) fn prepare(setup: &HostSetup, script: Script, strikes: usize) -> Result<(Arc<Core>, Job), HostError> {
    let script = Arc::new(script);
    let zone = time_zone::from_settings(&setup.settings)?;
    let port = handler_port(&script)?;
    let root = setup.root.to_string_lossy().into_owned();
    let (environment, client, log) = (setup.environment.clone(), setup.client.clone(), setup.log.clone());
    let (handler, supervisor) = Handler::new(Arc::clone(&script), root, environment, client, log, port, strikes);
    let throttle = Throttle::new(script.host.throttle);
    let core = Arc::new(Core {
        script,
        handler,
        client: setup.client.clone(),
        log: setup.log.clone(),
        journal: setup.journal.clone(),
        statuses: Arc::clone(&setup.statuses),
        zone,
        body_limit: BodyLimit::from_settings(&setup.settings),
        throttle,
        base_url: setup.base_url.clone(),
        draining: watch::Sender::new(false),
        invocations: Arc::new(Count::default()),
        retries: Arc::new(Count::default()),
    });
    print_script(&core);
    let mut tasks = JoinSet::new();
    if core.script.functions.is_empty() {
        tasks.spawn(supervisor.idle());
    } else {
        tasks.spawn(supervisor.run());
    }
    Ok((core, Job { tasks }))
}

impl Job {
    /// Starts the timers. From now on the job ends the host if it gives up on the handler. Before this call, the job
    /// may be dropped.
    pub(super) fn go_live(&mut self, setup: &HostSetup, core: &Arc<Core>, ended: watch::Sender<Option<String>>) {
        // Each timer has its status, even if it does not fire.
        for timer in timers::start(core) {
            if setup.fire_timers {
                self.tasks.spawn(timer);
            }
        }
        self.tasks.spawn(tell_the_end(core.handler.clone(), ended));
    }
}

/// Ends the whole host, and not only the job host, when it gives up on the handler.
async fn tell_the_end(handler: Handler, ended: watch::Sender<Option<String>>) {
    handler.stopped().await;
    if let Some(reason) = handler.gave_up() {
        ended.send_replace(Some(reason));
    }
}

/// Returns the port that `host.json` fixes, or any free port. Fails if the fixed port is not free.
fn handler_port(script: &Script) -> Result<u16, HostError> {
    let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    match script.host.port {
        None => free_port().map_err(|source| HostError::Bind { address: any, source }),
        Some(port) => match TcpListener::bind((Ipv4Addr::LOCALHOST, port)) {
            Ok(_) if port != 0 => Ok(port),
            _ => Err(HostError::HandlerPort(port)),
        },
    }
}

/// Prints the list of functions as `func start` does, and the problems of the script root.
fn print_script(core: &Core) {
    let (log, script) = (&core.log, &core.script);
    for warning in script.warnings() {
        log.warning(warning);
    }
    let functions: Vec<Function> = script.functions.iter().map(|function| Function::new(core, function)).collect();
    print_functions(log, &functions);
    for error in &script.errors {
        log.error(format!("The '{}' function is in error: {}", error.name, error.problem));
    }
    let has_timer = script.functions.iter().any(|function| matches!(function.trigger, Trigger::Timer(_)));
    for warning in time_zone::warnings(&core.zone).filter(|_| has_timer) {
        log.warning(warning);
    }
    if functions.is_empty() {
        log.warning("No functions were found, so the handler is not started");
    }
}

/// Source: `DisplayFunctionsInfoUtilities.cs` of `Azure/azure-functions-core-tools`.
fn print_functions(log: &Log, functions: &[Function]) {
    let (disabled, enabled): (Vec<_>, Vec<_>) = functions.iter().partition(|function| function.disabled);
    if !enabled.is_empty() {
        for line in ["", "Functions:", ""] {
            log.bare(line);
        }
    }
    let (http, other): (Vec<_>, Vec<_>) = enabled.into_iter().partition(|function| function.invoke_url.is_some());
    for function in http.into_iter().chain(other) {
        log.bare(list_line(function));
        log.bare("");
    }
    for function in disabled {
        log.bare(format!("Function {} is disabled.", function.name));
    }
}

fn list_line(function: &Function) -> String {
    let methods = if function.methods.is_empty() { String::new() } else { format!("[{}]", function.methods.join(",")) };
    match &function.invoke_url {
        // There are two spaces if there are no methods, as in `func start`.
        Some(url) => format!("\t{}: {methods} {url}", function.name),
        None => format!("\t{}: {}", function.name, function.trigger),
    }
}
