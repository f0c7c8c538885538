//! The options of a host.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use super::{invocation::InvocationSink, log::LogSink};

/// The options of a host: its script root, its address and its environment.
pub struct HostOptions {
    /// The folder with `host.json` and one folder for each function.
    pub script_root: PathBuf,
    /// The address on which the host listens. It must be a loopback address; port 0 takes any free port.
    pub address: SocketAddr,
    /// The handler's environment, besides `PATH`, the home and temporary folders, and the five variables of the
    /// protocol.
    pub environment: Vec<(String, String)>,
    /// App settings: `%NAME%` in bindings, `AzureFunctionsJobHost__…`, `AzureWebJobs.<name>.Disabled`,
    /// `AzureWebJobsDisableHomepage`, `WEBSITE_TIME_ZONE`, `TZ`.
    pub settings: BTreeMap<String, String>,
    /// The sink of each invocation that has ended.
    pub journal: InvocationSink,
    /// The sink of the host's log.
    pub log: LogSink,
    /// Whether timers fire on their schedule. They can be invoked either way.
    pub fire_timers: bool,
    /// Whether functions and the admin API require keys, as in Azure and under `func start --enableAuth`. The keys are
    /// new at each start and printed once.
    pub enforce_keys: bool,
    /// The folder for data that outlives the host: the status of each timer. Without a folder, the status ends with the
    /// host. Azure keeps it in the storage account of `AzureWebJobsStorage`, in the container `azure-webjobs-hosts`.
    pub state: Option<PathBuf>,
    /// Web pages that may call the functions from a browser.
    pub cors: Option<Cors>,
    /// Whether the host restarts when `host.json` or a `function.json` changes, as in Azure. Turn it off
    /// where [`FunctionsHost::replace`](crate::FunctionsHost::replace) follows changes.
    pub restart_on_change: bool,
    /// Whether unknown members of `host.json` and `function.json` are ignored with a warning. Azure ignores them
    /// without a warning. Otherwise the host refuses them by name.
    pub lenient: bool,
}

impl HostOptions {
    /// Makes options with defaults: any free port, no settings, every level open, no stored state, log and journal
    /// discarded.
    #[must_use]
    pub fn new(script_root: PathBuf) -> Self {
        Self {
            script_root,
            address: (Ipv4Addr::LOCALHOST, 0).into(),
            environment: Vec::new(),
            settings: BTreeMap::new(),
            journal: Arc::new(|_| {}),
            log: Arc::new(|_| {}),
            fire_timers: false,
            enforce_keys: false,
            state: None,
            cors: None,
            restart_on_change: true,
            lenient: false,
        }
    }
}

/// The allowed cross-origin requests, as in `Host.CORS` and `Host.CORSCredentials` of `local.settings.json`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// Origins such as `http://localhost:3000`; `*` for any.
    pub origins: Vec<String>,
    /// Whether the browser may send credentials such as cookies.
    pub credentials: bool,
}
