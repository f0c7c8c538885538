//! What the functions of one process share.

use std::time::{Duration, Instant};

use reqwest::Certificate;
use tokio::sync::OnceCell;

use crate::{
    azure::{self, Clients},
    config::{Config, HostJson, RelayPaths, Source},
    error::{Error, Missing},
    start::StartError,
};

/// The settings, and the clients made from them. Knows no route.
#[derive(Debug)]
pub struct App {
    started: Instant,
    config: Config,
    extra_roots: Vec<Certificate>,
    clients: OnceCell<Clients>,
}

impl App {
    /// Reads the file of certificate authorities, if there is one; calls no service.
    ///
    /// # Errors
    /// When that file holds no certificates.
    pub fn new(config: Config) -> Result<Self, StartError> {
        let extra_roots = match &config.extra_ca_certs {
            Some(path) => azure::read_certificates(path).map_err(StartError::ExtraCaCerts)?,
            None => Vec::new(),
        };
        Ok(Self { started: Instant::now(), config, extra_roots, clients: OnceCell::new() })
    }

    pub(crate) fn uptime(&self) -> Duration {
        self.started.elapsed()
    }

    /// The clients, made on first use: loading the system's certificate authorities must not delay the first answer to
    /// the host, which waits for the handler while a caller waits for the host.
    pub(crate) async fn clients(&self) -> Result<&Clients, Error> {
        self.clients.get_or_try_init(async || Clients::new(&self.config, self.extra_roots.clone())).await
    }

    pub(crate) fn host_json(&self) -> &HostJson {
        &self.config.host_json
    }

    pub(crate) fn max_concurrent(&self) -> usize {
        self.config.max_concurrent.get()
    }

    pub(crate) fn sources(&self) -> &[Source] {
        &self.config.sources
    }

    pub(crate) fn relay_paths(&self) -> &RelayPaths {
        &self.config.relay_paths
    }

    /// Settings have at least one.
    pub(crate) fn first_source(&self) -> &Source {
        &self.config.sources[0]
    }

    pub(crate) fn source(&self, name: &str) -> Result<&Source, Error> {
        let found = self.config.sources.iter().find(|source| source.name.as_str() == name);
        found.ok_or(Error::NotFound(Missing::Source))
    }
}
