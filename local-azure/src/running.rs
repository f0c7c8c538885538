//! The runs of local-azure on this machine: each writes its address into its temporary folder, for other commands.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::{
    own_folder::{FolderUse, OwnFolder},
    private_files,
};

const FILE: &str = "run.json";

/// A run that accepts commands; see [`control`](crate::control).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Running {
    /// The proxy's URL, which accepts the commands.
    pub proxy: String,
    /// The run's identity header, which proves that the caller may read this user's files.
    pub secret: String,
    /// The folder in which it was started.
    pub folder: PathBuf,
}

impl Running {
    pub(crate) fn new(proxy: String, secret: String) -> Self {
        Self { proxy, secret, folder: std::env::current_dir().unwrap_or_default() }
    }

    pub(crate) fn write(&self, scratch: &Path) -> io::Result<()> {
        private_files::write(&scratch.join(FILE), serde_json::to_vec(self)?)
    }

    /// Returns every current run of this user, in the order of the folders in which the runs were started.
    #[must_use]
    pub fn all() -> Vec<Self> {
        let read = |folder: &PathBuf| serde_json::from_slice(&fs::read(folder.join(FILE)).ok()?).ok();
        let mut found: Vec<Self> = folders(true).iter().filter_map(read).collect();
        found.sort_by(|one, other| one.folder.cmp(&other.folder));
        found
    }
}

/// Removes the temporary folders of runs that were killed.
pub(crate) fn sweep() {
    for folder in folders(false) {
        // The folder may belong to another user, or be gone already.
        let _ = fs::remove_dir_all(folder);
    }
}

/// Returns the temporary folders of active runs, or of runs that have ended.
fn folders(in_use: bool) -> Vec<PathBuf> {
    let entries = fs::read_dir(std::env::temp_dir()).into_iter().flatten().flatten();
    let named = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(private_files::PREFIX));
    let is_wanted = |path: &PathBuf| is_private(path) && OwnFolder::is_in_use(path, FolderUse::Run) == Some(in_use);
    named.map(|entry| entry.path()).filter(is_wanted).collect()
}

/// Reports whether the folder is closed to other users: then any readable file in it is this user's.
fn is_private(folder: &Path) -> bool {
    #[cfg(unix)]
    return fs::symlink_metadata(folder)
        .is_ok_and(|found| std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 == 0);
    #[cfg(not(unix))]
    folder.is_dir()
}
