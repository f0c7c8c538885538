//! The data of the dashboard and its address.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError, Weak},
};

use functions_host::{FunctionsHost, LogLine};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{AppSetting, log::Log, session::Session};
use crate::{link_switch::Switches, world::World};

/// The largest number of event streams at a time. The tabs of a browser share one.
pub(super) const MOST_STREAMS: usize = 32;

/// The dashboard of one run. Clones share it.
#[derive(Clone)]
pub struct Dashboard(Arc<DashboardState>);

struct DashboardState {
    world: Arc<World>,
    address: SocketAddr,
    session: Session,
    host: Mutex<Weak<FunctionsHost>>,
    settings: Mutex<Vec<AppSetting>>,
    switches: Switches,
    lines: Log,
    streams: Arc<Semaphore>,
}

impl Dashboard {
    pub(crate) fn new(world: Arc<World>, address: SocketAddr) -> Result<Self, aws_lc_rs::error::Unspecified> {
        let session = Session::new(address.port())?;
        let streams = Arc::new(Semaphore::new(MOST_STREAMS));
        Ok(Self(Arc::new(DashboardState {
            world,
            address,
            session,
            host: Mutex::default(),
            settings: Mutex::default(),
            switches: Switches::default(),
            lines: Log::default(),
            streams,
        })))
    }

    /// The dashboard's URL, with the token that opens it. The token is in the fragment, which a browser does not send.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}/#t={}", self.0.address, self.0.session.token())
    }

    /// Shows the functions of this host, as long as it runs.
    pub fn show_host(&self, host: &Arc<FunctionsHost>) {
        *self.0.host.lock().unwrap_or_else(PoisonError::into_inner) = Arc::downgrade(host);
    }

    /// Shows the handler's environment variables.
    pub fn show_settings(&self, settings: Vec<AppSetting>) {
        *self.0.settings.lock().unwrap_or_else(PoisonError::into_inner) = settings;
    }

    pub(super) fn settings(&self) -> Vec<AppSetting> {
        self.0.settings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// The links that are broken on purpose.
    pub(super) fn switches(&self) -> &Switches {
        &self.0.switches
    }

    /// Shows a line of the host's log.
    pub fn show_line(&self, line: &LogLine) {
        self.0.lines.push(line);
    }

    pub(super) fn lines(&self) -> &Log {
        &self.0.lines
    }

    /// The Functions host, while one runs.
    pub(super) fn host(&self) -> Option<Arc<FunctionsHost>> {
        self.0.host.lock().unwrap_or_else(PoisonError::into_inner).upgrade()
    }

    pub(super) fn world(&self) -> &World {
        &self.0.world
    }

    /// Reserves a place for one more stream, until the permit is dropped.
    pub(super) fn stream_place(&self) -> Option<OwnedSemaphorePermit> {
        self.0.streams.clone().try_acquire_owned().ok()
    }

    pub(super) fn port(&self) -> u16 {
        self.0.address.port()
    }

    pub(super) fn session(&self) -> &Session {
        &self.0.session
    }
}
