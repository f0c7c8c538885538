//! Starting a host: what is checked, what listens, what runs, and what is printed.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr},
    sync::Arc,
    time::Instant,
};

use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use jiff::tz::TimeZone;
use tokio::{net::TcpListener, task::JoinSet};
use url::Url;
use uuid::Uuid;

use super::{
    Function, FunctionsHost, HostError, HostOptions,
    core::Core,
    front,
    log::Log,
    process::{Handler, free_port},
    script::{Script, Settings},
    timers::{self, Statuses},
};

/// What a process cannot do without, on the systems that have it.
const INHERITED: &[&str] =
    &["PATH", "HOME", "TMPDIR", "TMP", "TEMP", "SystemRoot", "SystemDrive", "USERPROFILE", "LANG", "LC_ALL"];

pub(super) async fn start(options: HostOptions) -> Result<FunctionsHost, HostError> {
    let log = Log(options.log);
    let settings = Settings::new(options.settings);
    let environment: Vec<(String, String)> = inherited().chain(options.environment).collect();
    let root = std::path::absolute(&options.script_root).unwrap_or(options.script_root);
    let script = Arc::new(Script::load(&root, &Settings::new(environment.iter().cloned()), &settings)?);
    let zone = time_zone(&settings)?;
    let listener = listen(options.address).await?;
    let address = listener.local_addr().map_err(|source| HostError::Bind { address: options.address, source })?;
    let client = client();
    let handler_address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let port = script.host.port.map_or_else(free_port, Ok);
    let port = port.map_err(|source| HostError::Bind { address: handler_address, source })?;
    let root = root.to_string_lossy().into_owned();
    let (handler, supervisor) = Handler::new(Arc::clone(&script), root, environment, client.clone(), log.clone(), port);
    let core = Arc::new(Core {
        script,
        handler,
        client,
        log,
        journal: options.journal,
        statuses: Statuses::default(),
        zone,
        base_url: format!("http://localhost:{}", address.port()),
        instance: Uuid::new_v4(),
        started: Instant::now(),
        no_homepage: settings.is_on("AzureWebJobsDisableHomepage"),
    });
    let functions: Vec<Function> =
        core.script.functions.iter().map(|function| Function::new(&core, function)).collect();
    print_script(&core.log, &core.script, &functions);
    timers::initialize(&core);
    let mut tasks = JoinSet::new();
    let router = front::router(Arc::clone(&core));
    tasks.spawn(async move {
        // It ends only when it is aborted.
        let _ = axum::serve(listener, router).await;
    });
    if functions.is_empty() {
        tasks.spawn(supervisor.idle());
    } else {
        tasks.spawn(supervisor.run());
    }
    if options.fire_timers {
        for timer in timers::loops(&core) {
            tasks.spawn(timer);
        }
    }
    let url = local_url(address)?;
    Ok(FunctionsHost { core, url, functions, tasks })
}

#[expect(clippy::disallowed_methods, reason = "the handler inherits a few variables of this process")]
fn inherited() -> impl Iterator<Item = (String, String)> {
    INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
}

fn time_zone(settings: &Settings) -> Result<TimeZone, HostError> {
    match settings.get("WEBSITE_TIME_ZONE").filter(|name| !name.is_empty()) {
        Some(name) => TimeZone::get(name).map_err(|_| HostError::TimeZone(name.to_owned())),
        None => Ok(TimeZone::UTC),
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, HostError> {
    if !address.ip().is_loopback() {
        return Err(HostError::NotLoopback(address));
    }
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => HostError::PortInUse(address),
        _ => HostError::Bind { address, source },
    })
}

fn client() -> Client<HttpConnector, axum::body::Body> {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    Client::builder(TokioExecutor::new()).build(connector)
}

fn local_url(address: SocketAddr) -> Result<Url, HostError> {
    let not_a_url = |error| HostError::Bind { address, source: io::Error::other(error) };
    Url::parse(&format!("http://{address}/")).map_err(not_a_url)
}

/// The list of functions as `func start` prints it, and what is wrong with the script root.
fn print_script(log: &Log, script: &Script, functions: &[Function]) {
    for warning in &script.host.warnings {
        log.warning(warning);
    }
    log.bare("");
    log.bare("Functions:");
    log.bare("");
    let (http, other): (Vec<_>, Vec<_>) = functions.iter().partition(|function| function.invoke_url.is_some());
    for function in http.into_iter().chain(other) {
        log.bare(list_line(function));
        log.bare("");
    }
    for function in functions.iter().filter(|function| function.disabled) {
        log.bare(format!("Function {} is disabled.", function.name));
    }
    for error in &script.errors {
        log.error(format!("The '{}' function is in error: {}", error.name, error.problem));
    }
    if functions.is_empty() {
        log.warning("No functions were found, so the handler is not started");
    }
}

fn list_line(function: &Function) -> String {
    let methods = match function.methods.join(",") {
        methods if methods.is_empty() => String::new(),
        methods => format!("[{methods}] "),
    };
    match &function.invoke_url {
        Some(url) => format!("\t{}: {methods}{url}", function.name),
        None => format!("\t{}: {}", function.name, function.trigger),
    }
}
