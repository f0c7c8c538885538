//! What the functions of one process share.

use std::time::{Duration, Instant};

use http::StatusCode;
use reqwest::Certificate;
use tokio::sync::{OnceCell, Semaphore, SemaphorePermit};

use crate::{
    azure::{self, Clients},
    config::{Config, HostJson, RelayPaths, Source, Uploads},
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
    uploads: Semaphore,
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
        let uploads = Semaphore::new(config.uploads.at_once.get());
        Ok(Self { started: Instant::now(), config, extra_roots, clients: OnceCell::new(), uploads })
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

    /// The limits of uploads.
    pub(crate) fn uploads(&self) -> &Uploads {
        &self.config.uploads
    }

    /// Secrets that end within so many days are reported.
    pub(crate) fn expiry_days(&self) -> u16 {
        self.config.expiry_days
    }

    /// An upload's share of the memory. Uploads do not queue, as invocations do not.
    pub(crate) fn place_for_upload(&self) -> Result<SemaphorePermit<'_>, Error> {
        self.uploads.try_acquire().map_err(|_| Error::Busy(StatusCode::TOO_MANY_REQUESTS))
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
