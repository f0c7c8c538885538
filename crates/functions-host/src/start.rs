//! Starts a host: checks the options and begins to listen.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::Instant,
};

use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tokio::{net::TcpListener, sync::watch, task::JoinSet};
use url::Url;
use uuid::Uuid;

use super::{
    HostError, HostOptions, front,
    keys::Keys,
    log::Log,
    options::Cors,
    script::{Script, Settings, Trigger},
    script_changes, server,
    setup::HostSetup,
    timers::Statuses,
    web::{Phase, WebHost},
};

/// Variables that a process needs, on the systems that have them.
const INHERITED: &[&str] =
    &["PATH", "HOME", "TMPDIR", "TMP", "TEMP", "SystemRoot", "SystemDrive", "USERPROFILE", "LANG", "LC_ALL"];

/// The parts of a running host.
pub(super) struct Started {
    pub(super) web: Arc<WebHost>,
    pub(super) url: Url,
    pub(super) server: JoinSet<()>,
}

pub(super) async fn start(options: HostOptions) -> Result<Started, HostError> {
    let environment: Vec<(String, String)> = inherited().chain(options.environment).collect();
    let settings = Settings::new(options.settings);
    let root = std::path::absolute(&options.script_root).unwrap_or(options.script_root);
    // Problems of the script root are reported before those of the port.
    let script = Script::load(&root, &Settings::new(environment.iter().cloned()), &settings, options.lenient)?;
    options.cors.as_ref().map_or(Ok(()), Cors::check)?;
    let listener = listen(options.address).await?;
    let address = listener.local_addr().map_err(|source| HostError::Bind { address: options.address, source })?;
    let keys = options.enforce_keys.then(Keys::generate).transpose().map_err(|_| HostError::NoRandomNumbers)?;
    let setup = HostSetup {
        root,
        environment,
        settings,
        journal: options.journal,
        log: Log(options.log),
        fire_timers: options.fire_timers,
        lenient: options.lenient,
        statuses: Arc::new(Statuses::new(options.state)),
        client: client(),
        base_url: format!("http://localhost:{}", address.port()),
    };
    let web = Arc::new(WebHost {
        setup,
        keys,
        cors: options.cors,
        instance: Uuid::new_v4(),
        started: Instant::now(),
        phase: watch::Sender::new(Phase::Starting),
        ended: watch::Sender::new(None),
        job: Mutex::new(None),
        restarting: tokio::sync::Mutex::new(()),
    });
    for warning in web.cors.iter().flat_map(Cors::warnings) {
        web.setup.log.warning(warning);
    }
    print_keys(&web, &script);
    web.start_job(script)?;
    let mut server = JoinSet::new();
    let router = front::router(&web);
    server.spawn(async move {
        server::serve(listener, router).await;
    });
    if options.restart_on_change {
        server.spawn(script_changes::restart_on_change(Arc::clone(&web)));
    }
    Ok(Started { web, url: local_url(address)?, server })
}

#[expect(clippy::disallowed_methods, reason = "the handler inherits a few variables of this process")]
fn inherited() -> impl Iterator<Item = (String, String)> {
    INHERITED.iter().filter_map(|name| Some(((*name).to_owned(), std::env::var(name).ok()?)))
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
    // Header names of the client keep their spelling. The host's own names begin with capitals, as .NET writes them.
    let mut client = Client::builder(TokioExecutor::new());
    client.http1_preserve_header_case(true).http1_title_case_headers(true);
    client.build(connector)
}

fn local_url(address: SocketAddr) -> Result<Url, HostError> {
    let not_a_url = |error| HostError::Bind { address, source: io::Error::other(error) };
    Url::parse(&format!("http://{address}/")).map_err(not_a_url)
}

/// Prints the keys once, because functions cannot be called without them.
fn print_keys(web: &WebHost, script: &Script) {
    let Some(keys) = &web.keys else { return };
    let log = &web.setup.log;
    log.bare("");
    log.bare("Keys of this run, for the header x-functions-key:");
    log.bare("");
    log.bare(format!("\tmaster: {}", keys.master));
    log.bare(format!("\tevery function: {}", keys.host));
    for function in script.functions.iter().filter(|function| matches!(function.trigger, Trigger::Http(_))) {
        log.bare(format!("\t{}: {}", function.name, keys.function(&function.name)));
    }
}
