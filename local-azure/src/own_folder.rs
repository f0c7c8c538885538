//! The folders that local-azure writes into: folders that it made, or that were empty.
//!
//! The file `.local-azure` marks such a folder. It names the folder's purpose, lists the files that may be replaced or
//! removed, and is locked while the folder is in use. A non-empty folder without this file is refused.

use std::{
    collections::BTreeSet,
    fs::{self, File},
    io::{self, Read as _, Seek as _, Write as _},
    path::{Component, Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::private_files;

/// The name of the file that marks a folder.
pub const MARKER: &str = ".local-azure";

const NOTE: &str = "local-azure made this folder, and replaces or removes the files listed here";

/// The use of a folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FolderUse {
    /// The folder that the Functions host runs; its files are listed one by one.
    ScriptRoot,
    /// Blobs and the state of timers.
    Data,
    /// Temporary files of one run: certificates, tokens, and the address that accepts its commands.
    Run,
}

/// The marker's content.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Marker {
    note: String,
    #[serde(rename = "for")]
    purpose: FolderUse,
    /// Relative paths with `/`.
    files: BTreeSet<String>,
}

/// A folder that this process may write into, locked until the value is dropped.
#[derive(Debug)]
pub struct OwnFolder {
    marker: File,
    purpose: FolderUse,
    files: BTreeSet<String>,
}

/// Why a folder cannot be used. Nothing in it has changed.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The folder holds files, and no marker.
    #[error("{} is not empty and local-azure did not make it: name a new folder or an empty one", .0.display())]
    NotOwn(PathBuf),
    /// The marker names another use.
    #[error("{} was made for another purpose by local-azure: name another folder", .0.display())]
    OtherUse(PathBuf),
    /// The path is a symbolic link, which could lead anywhere.
    #[error("{} is a symbolic link, which local-azure does not follow: name the folder itself", .0.display())]
    Link(PathBuf),
    /// The path is a file.
    #[error("{} is not a folder", .0.display())]
    NotFolder(PathBuf),
    /// Another process holds the lock.
    #[error("{} is in use by another local-azure: stop that one first, or name another folder", .0.display())]
    InUse(PathBuf),
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file or folder of the failed operation.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// Whether to wait for the lock.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wait {
    /// A data folder is in use for a whole run.
    No,
    /// A script root is in use only while files are copied.
    Yes,
}

impl OwnFolder {
    /// Locks the folder, and makes it if it does not exist. Nothing is written before this process holds the lock,
    /// except the marker of a new or empty folder.
    ///
    /// # Errors
    /// [`FolderError`] if the folder is not local-azure's, or if another process holds the lock of a
    /// [`FolderUse::Data`].
    pub fn claim(path: &Path, purpose: FolderUse) -> Result<Self, FolderError> {
        let io = |source| FolderError::Io { path: path.to_owned(), source };
        let is_new = !exists(path)?;
        if is_new {
            match purpose {
                FolderUse::ScriptRoot => fs::create_dir_all(path).map_err(io)?,
                FolderUse::Data | FolderUse::Run => private_files::create_folder(path).map_err(io)?,
            }
        }
        let marker = open_marker(path)?;
        let wait = if purpose == FolderUse::ScriptRoot { Wait::Yes } else { Wait::No };
        lock(&marker, wait, path)?;
        let mut folder = Self { marker, purpose, files: BTreeSet::new() };
        match folder.read().map_err(io)? {
            Content::New if only_marker(path).map_err(io)? => folder.list(BTreeSet::new()).map_err(io)?,
            Content::New | Content::Foreign => return Err(FolderError::NotOwn(path.to_owned())),
            Content::Marker(marker) if marker.purpose != purpose => return Err(FolderError::OtherUse(path.to_owned())),
            Content::Marker(marker) => folder.files = marker.files,
        }
        if purpose != FolderUse::ScriptRoot {
            private_files::restrict_folder(path).map_err(io)?;
        }
        Ok(folder)
    }

    /// Reports whether a process holds the lock of the folder. `None` if the path is not a folder of this use.
    pub(crate) fn is_in_use(path: &Path, purpose: FolderUse) -> Option<bool> {
        let marker = path.join(MARKER);
        let is_own = fs::symlink_metadata(path).ok()?.is_dir() && fs::symlink_metadata(&marker).ok()?.is_file();
        let file = is_own.then(|| File::options().read(true).write(true).open(marker).ok())??;
        let in_use = fs4::FileExt::try_lock(&file).is_err();
        let text = fs::read(path.join(MARKER)).ok()?;
        let marker: Marker = serde_json::from_slice(&text).ok()?;
        (marker.purpose == purpose).then_some(in_use)
    }

    /// Returns the files that the marker lists: relative paths with `/`.
    #[must_use]
    pub fn files(&self) -> &BTreeSet<String> {
        &self.files
    }

    /// Replaces the list of files.
    ///
    /// # Errors
    /// When the marker cannot be written.
    pub fn list(&mut self, files: BTreeSet<String>) -> io::Result<()> {
        let marker = Marker { note: NOTE.to_owned(), purpose: self.purpose, files };
        let text = serde_json::to_vec_pretty(&marker)?;
        self.marker.rewind()?;
        self.marker.set_len(0)?;
        self.marker.write_all(&text)?;
        self.files = marker.files;
        Ok(())
    }

    fn read(&mut self) -> io::Result<Content> {
        let mut text = Vec::new();
        self.marker.read_to_end(&mut text)?;
        if text.is_empty() {
            return Ok(Content::New);
        }
        let marker = serde_json::from_slice(&text).ok().filter(|marker: &Marker| marker.files.iter().all(is_inside));
        Ok(marker.map_or(Content::Foreign, Content::Marker))
    }
}

enum Content {
    /// Empty: another process has just made the marker, or was killed before it wrote the content.
    New,
    /// A user's file with the marker's name.
    Foreign,
    Marker(Marker),
}

/// Reports whether a folder is at this path. A link or a file is an error.
fn exists(path: &Path) -> Result<bool, FolderError> {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_symlink() => Err(FolderError::Link(path.to_owned())),
        Ok(found) if !found.is_dir() => Err(FolderError::NotFolder(path.to_owned())),
        Ok(_) => Ok(true),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(source) => Err(FolderError::Io { path: path.to_owned(), source }),
    }
}

/// Opens the marker. In an empty folder, it makes the marker first.
fn open_marker(folder: &Path) -> Result<File, FolderError> {
    let path = folder.join(MARKER);
    let opened = match fs::symlink_metadata(&path) {
        Ok(found) if !found.is_file() => return Err(FolderError::NotOwn(folder.to_owned())),
        Ok(_) => File::options().read(true).write(true).open(&path),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let mut entries = fs::read_dir(folder).map_err(|source| FolderError::Io { path: path.clone(), source })?;
            // A marker that has appeared meanwhile was made by another process.
            if entries.any(|entry| entry.is_ok_and(|entry| entry.file_name() != MARKER)) {
                return Err(FolderError::NotOwn(folder.to_owned()));
            }
            File::options().read(true).write(true).create(true).truncate(false).open(&path)
        }
        Err(error) => Err(error),
    };
    opened.map_err(|source| FolderError::Io { path, source })
}

fn only_marker(folder: &Path) -> io::Result<bool> {
    Ok(fs::read_dir(folder)?.all(|entry| entry.is_ok_and(|entry| entry.file_name() == MARKER)))
}

/// Locks the marker. The methods are called by the trait's name, because the standard library has methods of the same
/// names from Rust 1.89 on.
fn lock(marker: &File, wait: Wait, folder: &Path) -> Result<(), FolderError> {
    let io = |source| FolderError::Io { path: folder.to_owned(), source };
    if wait == Wait::Yes {
        return fs4::FileExt::lock(marker).map_err(io);
    }
    fs4::FileExt::try_lock(marker).map_err(|error| match error {
        fs4::TryLockError::WouldBlock => FolderError::InUse(folder.to_owned()),
        fs4::TryLockError::Error(source) => io(source),
    })
}

/// Reports whether a listed path stays inside the folder.
fn is_inside(file: &String) -> bool {
    !file.is_empty() && Path::new(file).components().all(|part| matches!(part, Component::Normal(_)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(path: &Path, purpose: FolderUse) -> String {
        OwnFolder::claim(path, purpose).unwrap_err().to_string()
    }

    #[test]
    fn a_new_folder_and_an_empty_one_are_claimed_and_claimed_again() {
        let parent = tempfile::tempdir().unwrap();
        for path in [parent.path().join("new/folder"), parent.path().to_owned()] {
            let purpose = FolderUse::Data;
            if path == parent.path() {
                fs::remove_dir_all(parent.path().join("new")).unwrap();
            }
            drop(OwnFolder::claim(&path, purpose).unwrap());
            fs::write(path.join("file"), "made since").unwrap();
            drop(OwnFolder::claim(&path, purpose).unwrap());
            fs::remove_file(path.join("file")).unwrap();
        }
    }

    #[test]
    fn a_folder_that_holds_a_file_is_refused_and_gets_no_marker() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("mine"), "").unwrap();
        assert!(refusal(folder.path(), FolderUse::Data).contains("is not empty and local-azure did not make it"));
        assert!(!folder.path().join(MARKER).exists());
    }

    #[test]
    fn a_folder_made_for_another_use_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        drop(OwnFolder::claim(folder.path(), FolderUse::ScriptRoot).unwrap());
        assert!(refusal(folder.path(), FolderUse::Data).contains("was made for another purpose"));
    }

    #[test]
    fn a_folder_of_data_has_one_user_at_a_time() {
        let folder = tempfile::tempdir().unwrap();
        let first = OwnFolder::claim(folder.path(), FolderUse::Data).unwrap();
        assert!(refusal(folder.path(), FolderUse::Data).contains("is in use by another local-azure"));
        drop(first);
        OwnFolder::claim(folder.path(), FolderUse::Data).unwrap();
    }

    #[test]
    fn a_marker_that_lists_files_outside_or_is_none_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            r#"{"note":"","for":"script-root","files":["../host.json"]}"#,
            r#"{"note":"","for":"script-root","files":["/etc/hosts"]}"#,
            "my notes",
        ] {
            fs::write(folder.path().join(MARKER), text).unwrap();
            assert!(refusal(folder.path(), FolderUse::ScriptRoot).contains("did not make it"), "{text}");
            assert_eq!(fs::read_to_string(folder.path().join(MARKER)).unwrap(), text);
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_symbolic_link_is_not_followed_and_data_is_private() {
        use std::os::unix::fs::PermissionsExt as _;
        let parent = tempfile::tempdir().unwrap();
        let (real, link) = (parent.path().join("real"), parent.path().join("link"));
        fs::create_dir(&real).unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        assert!(refusal(&link, FolderUse::Data).contains("is a symbolic link"));
        assert!(fs::read_dir(&real).unwrap().next().is_none());
        let _claimed = OwnFolder::claim(&real, FolderUse::Data).unwrap();
        assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o700);
    }
}
