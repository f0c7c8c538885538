//! Why local-azure cannot start.

use std::{io, path::PathBuf};

use crate::{edge::EdgeError, gateway, issuer, own_folder::FolderError};

/// Why local-azure cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A folder or file of this run cannot be prepared.
    #[error("cannot prepare {path}: {source}", path = path.display())]
    Prepare {
        /// The folder or file.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
    /// The data folder is not local-azure's, or is in use.
    #[error(transparent)]
    Data(#[from] FolderError),
    /// The identity endpoint gets no loopback port.
    #[error("cannot listen on loopback: {0}")]
    Listen(#[source] io::Error),
    /// The dashboard gets no secrets.
    #[error("the system gives no random numbers")]
    NoRandomNumbers,
    /// The signing keys cannot be made.
    #[error(transparent)]
    Keys(#[from] issuer::KeyError),
    /// The policies cannot be enforced as written.
    #[error(transparent)]
    Policies(#[from] gateway::LoadError),
    /// The edge cannot run.
    #[error(transparent)]
    Edge(#[from] EdgeError),
}
