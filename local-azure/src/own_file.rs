//! Files that local-azure writes to a given path: new files, and files that it wrote before, which carry a mark.

use std::{
    fs::{self, File},
    io::{self, Read as _, Seek as _, SeekFrom, Write as _},
    path::{Path, PathBuf},
};

/// The first line of a file of variables: the mark of such a file.
pub const VARIABLES_HEADER: &str =
    "# Written by `local-azure start --env-file`, which replaces it. It holds a credential of that run.\n";

/// The comment at the end of a zip: the mark of such a zip.
pub const ZIP_COMMENT: &str = "packaged by local-azure";

/// Reports whether the file's content has the mark.
pub type IsOwn = fn(&mut File) -> io::Result<bool>;

/// Why a file is not written. The old file is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum OwnFileError {
    /// Another program or a user wrote the file.
    #[error("{} exists and local-azure did not write it: name a new file", .0.display())]
    NotOwn(PathBuf),
    /// The path is a symbolic link, which could lead anywhere.
    #[error("{} is a symbolic link, which local-azure does not follow: name the file itself", .0.display())]
    Link(PathBuf),
    /// The folder of the file does not exist.
    #[error("{} cannot be written: the folder {} is not there", .0.display(), parent(.0).display())]
    NoFolder(PathBuf),
    /// The operating system refused.
    #[error("{}: {source}", path.display())]
    Io {
        /// The file of the failed operation.
        path: PathBuf,
        /// The operating system's error.
        source: io::Error,
    },
}

/// Reports whether the file holds variables that `start` wrote.
///
/// # Errors
/// The file cannot be read.
pub fn is_variables(file: &mut File) -> io::Result<bool> {
    let mut start = Vec::new();
    file.take(VARIABLES_HEADER.len() as u64).read_to_end(&mut start)?;
    Ok(start == VARIABLES_HEADER.as_bytes())
}

/// Reports whether the file is a zip that `package` wrote.
///
/// # Errors
/// The file cannot be read.
pub fn is_package(file: &mut File) -> io::Result<bool> {
    let mut end = Vec::new();
    let start = file.metadata()?.len().saturating_sub(ZIP_COMMENT.len() as u64);
    file.seek(SeekFrom::Start(start))?;
    file.read_to_end(&mut end)?;
    Ok(end == ZIP_COMMENT.as_bytes())
}

/// Reports whether local-azure wrote the file at this path. A file that cannot be read counts as not written by
/// local-azure.
pub(crate) fn is_written(path: &Path) -> bool {
    let file = File::open(path);
    file.and_then(|mut file| Ok(is_variables(&mut file)? || is_package(&mut file)?)).unwrap_or(false)
}

/// The users that may read the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Readers {
    /// This user: mode 0600, even if an older file had another mode.
    Owner,
    /// Everyone: mode 0644.
    Everyone,
}

/// Checks whether [`write()`] would refuse the file, before work that takes long.
///
/// # Errors
/// [`OwnFileError`] as [`write()`].
pub fn check(path: &Path, is_own: IsOwn) -> Result<(), OwnFileError> {
    let io = |source| OwnFileError::Io { path: path.to_owned(), source };
    let found = match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        found => found.map_err(io)?,
    };
    if found.is_symlink() {
        return Err(OwnFileError::Link(path.to_owned()));
    }
    if found.is_file() && File::open(path).and_then(|mut file| is_own(&mut file)).map_err(io)? {
        return Ok(());
    }
    Err(OwnFileError::NotOwn(path.to_owned()))
}

/// Checks whether the folder for [`write()`] exists, before work that takes long.
///
/// # Errors
/// [`OwnFileError::NoFolder`].
pub fn check_folder(path: &Path) -> Result<(), OwnFileError> {
    if parent(path).is_dir() { Ok(()) } else { Err(OwnFileError::NoFolder(path.to_owned())) }
}

fn parent(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a new file, or replaces one that has the mark. The file is written as a whole or not at all.
///
/// # Errors
/// [`OwnFileError`] if local-azure did not write the old file, or if the system refuses.
pub fn write(path: &Path, content: &[u8], is_own: IsOwn, readers: Readers) -> Result<(), OwnFileError> {
    let io = |source| OwnFileError::Io { path: path.to_owned(), source };
    check(path, is_own)?;
    check_folder(path)?;
    let mut file = tempfile::Builder::new();
    #[cfg(unix)]
    file.permissions(std::os::unix::fs::PermissionsExt::from_mode(match readers {
        Readers::Owner => 0o600,
        Readers::Everyone => 0o644,
    }));
    #[cfg(not(unix))]
    let _ = readers;
    // The error leaves out the name of the temporary file, which means nothing to the user.
    let mut file = file.tempfile_in(parent(path)).map_err(|error| io(error.kind().into()))?;
    file.write_all(content).map_err(io)?;
    let written = if path.exists() { file.persist(path) } else { file.persist_noclobber(path) };
    written.map(drop).map_err(|error| io(error.error))
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn is_own(file: &mut File) -> io::Result<bool> {
        let mut text = String::new();
        file.read_to_string(&mut text)?;
        Ok(text.starts_with("own"))
    }

    #[test]
    fn a_new_file_and_an_own_one_are_written_and_any_other_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write(&path, b"own 1", is_own, Readers::Owner).unwrap();
        write(&path, b"own 2", is_own, Readers::Owner).unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"own 2");
        for text in ["mine", ""] {
            fs::write(&path, text).unwrap();
            let refusal = write(&path, b"own 3", is_own, Readers::Owner).unwrap_err().to_string();
            assert!(refusal.contains("exists and local-azure did not write it"), "{refusal}");
            assert_eq!(fs::read_to_string(&path).unwrap(), text);
        }
        assert!(write(folder.path(), b"own", is_own, Readers::Owner).is_err());
        let nowhere = write(&folder.path().join("no/file"), b"own", is_own, Readers::Owner).unwrap_err().to_string();
        assert!(nowhere.ends_with("/no is not there"), "{nowhere}");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[cfg(unix)]
    #[test]
    fn an_own_file_that_everyone_could_read_becomes_private_and_a_link_is_not_followed() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&path, "own").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        write(&path, b"own", is_own, Readers::Owner).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        for target in ["file", "absent"] {
            std::os::unix::fs::symlink(target, &link).unwrap();
            assert!(write(&link, b"own", is_own, Readers::Owner).unwrap_err().to_string().contains("symbolic link"));
            fs::remove_file(&link).unwrap();
        }
        assert!(!folder.path().join("absent").exists());
    }
}
