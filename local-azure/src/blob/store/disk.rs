//! Where an account's blobs lie: `{container}/container.json`, `{container}/blobs/{SHA-256 of the name}.json` and `{container}/content/{part}`.
//!
//! Names of blobs become no paths, so none can lead out of the folder, be too long or differ in letter case only.
//! Only files named as above are ever removed, and no symbolic link is followed.
//! Nothing is forced to the disk itself: a killed process loses nothing, a machine without power may.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use sha2::{Digest as _, Sha256};

use super::{blob::Blob, container_state::ContainerState, record::BlobRecord};
use crate::private_files;

pub(super) const CONTAINER_RECORD: &str = "container.json";
pub(super) const TEMPORARY: &str = "tmp";

/// Where the content of a container's blobs is.
pub(super) fn content(container: &Path) -> PathBuf {
    container.join("content")
}

/// Writes the record of a blob's state in place of an older one.
pub(super) fn write_blob(container: &Path, blob: &Blob, is_current: bool) -> io::Result<()> {
    write(&record_path(container, &blob.key(is_current)), &BlobRecord::of(blob, !is_current))
}

/// Writes what a container says about itself in place of what it said before.
pub(super) fn write_container(container: &Path, state: &ContainerState) -> io::Result<()> {
    write(&container.join(CONTAINER_RECORD), state)
}

/// Removes a container: its record first, so that a killed process leaves the whole container or none.
pub(super) fn remove_container(container: &Path) -> io::Result<()> {
    fs::remove_file(container.join(CONTAINER_RECORD))?;
    remove_files(container);
    Ok(())
}

/// Removes the files of a container and its folders. What stays, such as a file of the user's, has no record and counts
/// for nothing.
pub(super) fn remove_files(container: &Path) {
    for (folder, is_own) in [(records(container), is_record as fn(&str) -> bool), (content(container), is_part)] {
        let is_link = refuse_link(&folder).is_err();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten().filter(|_| !is_link) {
            if is_own(&entry.file_name().to_string_lossy()) {
                let _ = fs::remove_file(entry.path());
            }
        }
        let _ = fs::remove_dir(folder);
    }
    let _ = fs::remove_dir(container);
}

/// Removes the record of a blob's state.
pub(super) fn remove_blob(container: &Path, blob: &Blob, is_current: bool) -> io::Result<()> {
    fs::remove_file(record_path(container, &blob.key(is_current)))
}

pub(super) fn refuse_link(path: &Path) -> io::Result<()> {
    if fs::symlink_metadata(path).is_ok_and(|found| found.is_symlink()) {
        let problem = format!("{} is a symbolic link, which local-azure does not follow", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    Ok(())
}

pub(super) fn file_name(path: &Path) -> &str {
    path.file_name().and_then(|name| name.to_str()).unwrap_or_default()
}

/// Whether a file in `blobs/` has the name of a record, finished or not.
pub(super) fn is_record(name: &str) -> bool {
    let hash = name.strip_suffix(".json").or_else(|| name.strip_suffix(".tmp"));
    hash.is_some_and(|hash| hash.len() == 64 && is_hex(hash))
}

/// Whether a file in `content/` has the name of a part.
pub(super) fn is_part(name: &str) -> bool {
    name.len() == 32 && is_hex(name)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn records(container: &Path) -> PathBuf {
    container.join("blobs")
}

fn record_path(container: &Path, name: &str) -> PathBuf {
    let hash: String = Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect();
    records(container).join(hash).with_extension("json")
}

fn write(path: &Path, record: &impl Serialize) -> io::Result<()> {
    let temporary = path.with_extension(TEMPORARY);
    let text = serde_json::to_vec_pretty(record)?;
    // One that a full disk left behind.
    let _ = fs::remove_file(&temporary);
    private_files::write(&temporary, text)?;
    fs::rename(temporary, path)
}

pub(super) fn read<T: DeserializeOwned>(path: &Path) -> io::Result<T> {
    serde_json::from_slice(&fs::read(path)?).map_err(|error| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            format!("{} is not a record of local-azure: {error}", path.display()),
        )
    })
}
