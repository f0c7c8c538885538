//! Why the process ended without serving.

use std::io;

use crate::{config::ConfigError, server::RouteError};

/// Ends the process with a message and a status that is not zero: the host restarts it, and gives up after three times.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// Settings are missing or wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The file of further certificate authorities cannot be used.
    #[error("EXTRA_CA_CERTS is wrong: {0}")]
    ExtraCaCerts(#[source] io::Error),
    /// The host's routes and this handler's would not agree.
    #[error(transparent)]
    Route(#[from] RouteError),
    /// Another process has the port that the host gave us.
    #[error("cannot listen on port {port} of 127.0.0.1: {source}")]
    Listen {
        /// The port.
        port: u16,
        /// Why not.
        source: io::Error,
    },
    /// The runtime or the listener broke.
    #[error("cannot serve: {0}")]
    Serve(#[from] io::Error),
}
