//! Finds the service of a host name, for requests from outside (through the edge) and between services.
//!
//! No request leaves the machine. A host is a service of the seed or a loopback address, and any other host is refused.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, OnceLock, PoisonError, RwLock, Weak},
};

use axum::{Router, body::Body};
use http::{Request, Response};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower::ServiceExt as _;

use crate::fault::uncut;

/// The hosts that exist. Clones share them.
#[derive(Clone)]
pub struct Network {
    hosts: Arc<Hosts>,
    loopback: Client<HttpConnector, Body>,
}

/// The network for one of its own services. The network holds its services, so they must not hold the network.
#[derive(Clone)]
pub(crate) struct WeakNetwork {
    hosts: Weak<Hosts>,
    loopback: Client<HttpConnector, Body>,
}

#[derive(Default)]
struct Hosts {
    services: OnceLock<BTreeMap<String, Router>>,
    cut_off: RwLock<BTreeSet<String>>,
    unknown_host: OnceLock<UnknownHostSink>,
}

/// Gets the name of a host that a program asked for and that does not exist.
type UnknownHostSink = Box<dyn Fn(&str) + Send + Sync>;

/// Why a request was not sent or got no answer.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// The host is neither a service of the seed nor a loopback address.
    #[error("the host \"{0}\" is not in the seed and is not a loopback address; local-azure never connects to it")]
    UnknownHost(String),
    /// A test has cut the host off.
    #[error("the host \"{0}\" is cut off")]
    CutOff(String),
    /// The loopback address did not answer.
    #[error("no answer from {authority}: {source}")]
    Unreachable {
        /// Host and port.
        authority: String,
        /// The error of the HTTP client.
        source: hyper_util::client::legacy::Error,
    },
}

impl Network {
    /// Makes a network without hosts. [`Network::open`] adds them once.
    #[must_use]
    pub fn new() -> Self {
        Self { hosts: Arc::default(), loopback: Client::builder(TokioExecutor::new()).build(connector()) }
    }

    pub(crate) fn downgrade(&self) -> WeakNetwork {
        WeakNetwork { hosts: Arc::downgrade(&self.hosts), loopback: self.loopback.clone() }
    }

    /// Gives every service its host name. Later calls change nothing.
    pub fn open(&self, services: BTreeMap<String, Router>) {
        let _ = self.hosts.services.set(services);
    }

    /// Calls `sink` for each request to a host that does not exist. Later calls change nothing.
    pub fn on_unknown_host(&self, sink: impl Fn(&str) + Send + Sync + 'static) {
        let _ = self.hosts.unknown_host.set(Box::new(sink));
    }

    pub(crate) fn report_unknown(&self, host: &str) {
        if let Some(sink) = self.hosts.unknown_host.get() {
            sink(host);
        }
    }

    /// Iterates over the served host names, in order.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.hosts.services.get().into_iter().flat_map(|services| services.keys().map(String::as_str))
    }

    /// Returns the service with this host name in any letter case. Entra's service has further names.
    #[must_use]
    pub fn service(&self, host: &str) -> Option<Router> {
        self.hosts.services.get()?.get(&canonical(host)).cloned()
    }

    /// Makes a host unreachable, as a firewall or a broken network does. The edge opens no tunnel to it (502), and
    /// drops each open tunnel at its next request, without an answer. The host's journal shows nothing.
    pub fn cut_off(&self, host: &str) {
        self.hosts.cut_off.write().unwrap_or_else(PoisonError::into_inner).insert(canonical(host));
    }

    /// Undoes [`Network::cut_off`].
    pub fn reconnect(&self, host: &str) {
        self.hosts.cut_off.write().unwrap_or_else(PoisonError::into_inner).remove(&canonical(host));
    }

    /// Reports whether a host is unreachable.
    #[must_use]
    pub fn is_cut_off(&self, host: &str) -> bool {
        self.hosts.cut_off.read().unwrap_or_else(PoisonError::into_inner).contains(&canonical(host))
    }

    /// Sends a request with an absolute URL to the service or loopback address it names.
    ///
    /// # Errors
    /// [`NetworkError`] when the host is unknown or cut off, or a loopback address does not answer.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, NetworkError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        if self.is_cut_off(&host) {
            return Err(NetworkError::CutOff(host));
        }
        if let Some(service) = self.service(&host) {
            return uncut(service.oneshot(request).await).map_err(|_| NetworkError::CutOff(host));
        }
        if !matches!(host.as_str(), "127.0.0.1" | "localhost" | "[::1]") {
            self.report_unknown(&host);
            return Err(NetworkError::UnknownHost(host));
        }
        let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        match self.loopback.request(request).await {
            Ok(response) => Ok(response.map(Body::new)),
            Err(source) => Err(NetworkError::Unreachable { authority, source }),
        }
    }
}

impl WeakNetwork {
    /// Like [`Network::send`]. Once the network is gone, every host is cut off.
    pub(crate) async fn send(&self, request: Request<Body>) -> Result<Response<Body>, NetworkError> {
        let Some(hosts) = self.hosts.upgrade() else {
            return Err(NetworkError::CutOff(request.uri().host().unwrap_or_default().to_owned()));
        };
        Network { hosts, loopback: self.loopback.clone() }.send(request).await
    }
}

/// Makes connections that send each piece at once.
fn connector() -> HttpConnector {
    let mut connector = HttpConnector::new();
    connector.set_nodelay(true);
    connector
}

/// Returns the name under which a host is served. Entra's authority has aliases, and a host for each region:
/// `westeurope.login.microsoft.com`. Clients that know their region ask that host for tokens.
fn canonical(host: &str) -> String {
    const AUTHORITY: &str = "login.microsoftonline.com";
    const ALIASES: [&str; 3] = ["login.windows.net", "login.microsoft.com", "sts.windows.net"];
    let host = host.to_ascii_lowercase();
    let region = host.strip_suffix(".login.microsoft.com");
    let is_region =
        region.is_some_and(|name| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    if is_region || ALIASES.contains(&host.as_str()) { AUTHORITY.to_owned() } else { host }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}
