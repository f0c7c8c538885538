//! The world of one measurement: local-azure in this process with its journal, and a handler that uses it.

use std::{
    collections::BTreeMap,
    error::Error,
    io,
    path::{Path, PathBuf},
};

use local_azure::{LocalAzure, journal::Entry, seed::Seed};

use crate::process::{Process, Start};

/// local-azure, and the handler to start in it.
pub(crate) struct World {
    azure: LocalAzure,
    handler: PathBuf,
    log: PathBuf,
    environment: BTreeMap<String, String>,
}

impl World {
    /// Starts local-azure. `settings` replace those of the seed.
    pub(crate) async fn start(
        handler: &Path,
        seed: Seed,
        settings: &[(&str, String)],
        log: PathBuf,
    ) -> Result<Self, Box<dyn Error>> {
        let azure = LocalAzure::start(seed).await?;
        let mut environment = azure.world().seed().function_app.settings.clone();
        environment.extend(azure.app_environment());
        // The run's authority is in EXTRA_CA_CERTS. The handler reads the system's authorities as in Azure.
        environment.remove("SSL_CERT_FILE");
        environment.extend(settings.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        Ok(Self { azure, handler: handler.to_owned(), log, environment })
    }

    pub(crate) fn handler(&self) -> io::Result<Process> {
        let Self { handler, log, environment, .. } = self;
        Process::start(&Start { program: handler, arguments: &[], environment, log })
    }

    /// Returns the latest journal entries of the handler's requests.
    pub(crate) fn asked(&self) -> impl Iterator<Item = Entry> {
        self.azure.journal().entries().into_iter().filter(|entry| entry.from.is_none())
    }
}
