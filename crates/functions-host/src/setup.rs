//! The setup of the host, from which it makes each job host.

use std::{path::PathBuf, sync::Arc};

use super::{
    HostError,
    invocation::InvocationSink,
    log::Log,
    process::HttpClient,
    script::{Script, Settings},
    timers::Statuses,
};

/// The setup. It stays the same over restarts.
pub(super) struct HostSetup {
    pub(super) root: PathBuf,
    pub(super) environment: Vec<(String, String)>,
    pub(super) settings: Settings,
    pub(super) journal: InvocationSink,
    pub(super) log: Log,
    pub(super) fire_timers: bool,
    pub(super) lenient: bool,
    pub(super) statuses: Arc<Statuses>,
    pub(super) client: HttpClient,
    pub(super) base_url: String,
}

impl HostSetup {
    /// Reads the script root.
    pub(super) fn load(&self) -> Result<Script, HostError> {
        Ok(Script::load(&self.root, &Settings::new(self.environment.iter().cloned()), &self.settings, self.lenient)?)
    }
}
