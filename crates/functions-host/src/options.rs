//! The options of a host.

use std::{
    collections::BTreeMap,
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    sync::Arc,
};

use super::{invocation::InvocationSink, log::LogSink};

/// What a host runs, where, and with what.
pub struct HostOptions {
    /// Folder with `host.json` and one folder for each function.
    pub script_root: PathBuf,
    /// Where the host listens: a loopback address; port 0 takes any.
    pub address: SocketAddr,
    /// The handler's environment, besides `PATH`, the home and temporary folders, and the five variables of the protocol.
    pub environment: Vec<(String, String)>,
    /// App settings: `%NAME%` in bindings, `AzureFunctionsJobHost__…`, `AzureWebJobs.<name>.Disabled`,
    /// `AzureWebJobsDisableHomepage`, `WEBSITE_TIME_ZONE`, `TZ`.
    pub settings: BTreeMap<String, String>,
    /// Gets each invocation when it has ended.
    pub journal: InvocationSink,
    /// Gets the host's log.
    pub log: LogSink,
    /// Whether timers fire on their schedule. They can be invoked either way.
    pub fire_timers: bool,
    /// Whether functions and the admin API ask for keys, as in Azure and under `func start --enableAuth`. The keys are
    /// new at each start and printed once.
    pub enforce_keys: bool,
    /// Folder for what outlives the host: the status of each timer. Azure keeps it in the storage account of
    /// `AzureWebJobsStorage`, in the container `azure-webjobs-hosts`. Without a folder it ends with the host.
    pub state: Option<PathBuf>,
    /// Web pages that may call the functions from a browser.
    pub cors: Option<Cors>,
    /// Whether the host restarts when `host.json` or a `function.json` changes, as in Azure. Turn it off
    /// where [`FunctionsHost::replace`](crate::FunctionsHost::replace) follows changes.
    pub restart_on_change: bool,
    /// Whether members of `host.json` and `function.json` that are unknown are ignored, with a warning, as Azure ignores
    /// them without one. They are refused by name otherwise.
    pub lenient: bool,
}

impl HostOptions {
    /// Any free port, no settings, every level open, nothing kept, log and journal discarded.
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

/// Cross-origin requests that are allowed, as `Host.CORS` and `Host.CORSCredentials` of `local.settings.json` say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    /// Origins such as `http://localhost:3000`; `*` for any.
    pub origins: Vec<String>,
    /// Whether the browser may send cookies and the like.
    pub credentials: bool,
}
