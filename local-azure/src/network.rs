//! Which service answers to which host name, for requests from outside (through the edge) and between services.
//!
//! Nothing leaves the machine: a host is a service of the seed, or a loopback address, or it is refused.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use axum::{Router, body::Body};
use http::{Request, Response};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tower::ServiceExt as _;

/// The hosts that exist. Clones share them.
#[derive(Clone)]
pub struct Network {
    services: Arc<OnceLock<BTreeMap<String, Router>>>,
    loopback: Client<HttpConnector, Body>,
}

/// Why a request went nowhere.
#[derive(Debug, thiserror::Error)]
pub enum NetworkError {
    /// Neither a service of the seed nor a loopback address.
    #[error("the host \"{0}\" is not in the seed and is not a loopback address; local-azure never connects to it")]
    UnknownHost(String),
    /// The loopback address did not answer.
    #[error("no answer from {authority}: {source}")]
    Unreachable {
        /// Host and port.
        authority: String,
        /// What went wrong.
        source: hyper_util::client::legacy::Error,
    },
}

impl Network {
    /// A network without hosts; they are added once with [`Network::open`].
    #[must_use]
    pub fn new() -> Self {
        Self { services: Arc::default(), loopback: Client::builder(TokioExecutor::new()).build_http() }
    }

    /// Gives every service its host name. Later calls change nothing.
    pub fn open(&self, services: BTreeMap<String, Router>) {
        let _ = self.services.set(services);
    }

    /// Host names that are served, in order.
    pub fn hosts(&self) -> impl Iterator<Item = &str> {
        self.services.get().into_iter().flat_map(|services| services.keys().map(String::as_str))
    }

    /// The service with this host name (any letter case).
    #[must_use]
    pub fn service(&self, host: &str) -> Option<Router> {
        self.services.get()?.get(&host.to_ascii_lowercase()).cloned()
    }

    /// Sends a request with an absolute URL to the service or loopback address it names.
    ///
    /// # Errors
    /// [`NetworkError`] when the host is unknown or a loopback address does not answer.
    pub async fn send(&self, request: Request<Body>) -> Result<Response<Body>, NetworkError> {
        let host = request.uri().host().unwrap_or_default().to_owned();
        if let Some(service) = self.service(&host) {
            return match service.oneshot(request).await {
                Ok(response) => Ok(response),
                Err(never) => match never {},
            };
        }
        if !matches!(host.as_str(), "127.0.0.1" | "localhost" | "[::1]") {
            return Err(NetworkError::UnknownHost(host));
        }
        let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        match self.loopback.request(request).await {
            Ok(response) => Ok(response.map(Body::new)),
            Err(source) => Err(NetworkError::Unreachable { authority, source }),
        }
    }
}

impl Default for Network {
    fn default() -> Self {
        Self::new()
    }
}
