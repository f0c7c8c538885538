//! Why local-azure does not start.

use std::{io, path::PathBuf};

use crate::{edge::EdgeError, gateway, issuer, own_folder::FolderError};

/// Why local-azure does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A folder or file of this run.
    #[error("cannot prepare {path}: {source}", path = path.display())]
    Prepare {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The data folder is not local-azure's, or is in use.
    #[error(transparent)]
    Data(#[from] FolderError),
    /// No loopback port for the identity endpoint.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[source] io::Error),
    /// No secrets for the dashboard.
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
    /// No signing keys.
    #[error(transparent)]
    Keys(#[from] issuer::KeyError),
    /// Policies that cannot be enforced as written.
    #[error(transparent)]
    Policies(#[from] gateway::LoadError),
    /// No edge.
    #[error(transparent)]
    Edge(#[from] EdgeError),
}
