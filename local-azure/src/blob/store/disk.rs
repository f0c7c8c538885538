//! The files of an account:
//!
//! | file | holds |
//! |---|---|
//! | `{container}/container.json` | the container's record |
//! | `{container}/blobs/{SHA-256 of the name}.json` | a blob's record |
//! | `{container}/content/{part}` | content |
//! | `{container}/blocks/…` | records of uncommitted blocks, named by the SHA-256 of blob and ID |
//! | `{container}/change.json` | a change of several records, until all of them are changed |
//!
//! Names of blobs never become paths. So no name leads out of the folder, is too long for a path, or collides with a
//! name in other letter case. Only files with the names above are ever removed, and symbolic links are not followed.
//! Nothing is synced to the disk: a killed process loses nothing, but a power failure may lose data.

use std::{
    fs,
    io::{self, Write as _},
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use super::{
    change::{ChangeRecord, RecordChange},
    container_state::ContainerState,
    part::BlobPart,
    record::{BlockRecord, block_name},
    step::step,
};
use crate::private_files;

pub(super) const CONTAINER_RECORD: &str = "container.json";
/// A change that is made, but perhaps not carried out yet.
const CHANGE_RECORD: &str = "change.json";
pub(super) const TEMPORARY: &str = "tmp";

/// Returns the folder with the content of a container's blobs.
pub(super) fn content(container: &Path) -> PathBuf {
    container.join("content")
}

/// Makes changes of records: either all of them, or none. Returns whether [`finish_change`] must still carry out some.
pub(super) fn change(container: &Path, changes: &[RecordChange]) -> io::Result<bool> {
    let record = ChangeRecord::from_changes(changes);
    if record.is_single() {
        return carry_out(container, &record).map(|()| false);
    }
    // From here on the change is made: if the process is killed before it carries out the rest, the next start does so.
    write(&container.join(CHANGE_RECORD), &record)?;
    Ok(finish(container, &record).is_err())
}

/// Carries out a change that was made and not finished, if there is one.
pub(super) fn finish_change(container: &Path) -> io::Result<()> {
    let path = container.join(CHANGE_RECORD);
    refuse_link(&path)?;
    remove(&path.with_extension(TEMPORARY))?;
    if !path.exists() {
        return Ok(());
    }
    let record: ChangeRecord = read(&path)?;
    if let Some(other) = record.names().find(|name| !is_record(name)) {
        let problem = format!("{}: {other} is not the name of a record of local-azure", path.display());
        return Err(io::Error::new(io::ErrorKind::InvalidData, problem));
    }
    [records(container), blocks(container)].iter().try_for_each(|folder| refuse_link(folder))?;
    finish(container, &record)
}

fn finish(container: &Path, record: &ChangeRecord) -> io::Result<()> {
    carry_out(container, record)?;
    remove(&container.join(CHANGE_RECORD))
}

/// Carries out the changes; it repeats those that were carried out before.
fn carry_out(container: &Path, record: &ChangeRecord) -> io::Result<()> {
    let (blobs, blocks) = (records(container), blocks(container));
    record.written.iter().try_for_each(|(name, record)| write(&blobs.join(name), record))?;
    record.removed.iter().try_for_each(|name| remove(&blobs.join(name)))?;
    record.removed_blocks.iter().try_for_each(|name| remove(&blocks.join(name)))
}

/// Removes a file, if it exists.
fn remove(path: &Path) -> io::Result<()> {
    step()?;
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        done => done,
    }
}

/// Writes the record of an uncommitted block. It replaces a record with the same ID.
pub(super) fn write_block(container: &Path, blob: &str, generation: Option<Uuid>, block: &BlobPart) -> io::Result<()> {
    private_files::create_folder(&blocks(container))?;
    let id = block.block_id.as_deref().unwrap_or_default();
    write(&blocks(container).join(block_name(blob, id)), &BlockRecord::from_part(blob, generation, block))
}

/// Removes the record of a block.
pub(super) fn remove_block(container: &Path, blob: &str, id: &str) -> io::Result<()> {
    remove(&blocks(container).join(block_name(blob, id)))
}

/// Writes the record of a container in place of the old one.
pub(super) fn write_container(container: &Path, state: &ContainerState) -> io::Result<()> {
    write(&container.join(CONTAINER_RECORD), state)
}

/// Removes a container. Its record goes first, so a killed process leaves the whole container or none.
pub(super) fn remove_container(container: &Path) -> io::Result<()> {
    step()?;
    fs::remove_file(container.join(CONTAINER_RECORD))?;
    remove_files(container);
    Ok(())
}

/// Removes the files of a container and its folders. Other files, such as the user's, stay; they have no record and are
/// ignored.
pub(super) fn remove_files(container: &Path) {
    let own = [(records(container), is_record as fn(&str) -> bool), (blocks(container), is_record)];
    for (folder, is_own) in own.into_iter().chain([(content(container), is_part as fn(&str) -> bool)]) {
        let is_link = refuse_link(&folder).is_err();
        for entry in fs::read_dir(&folder).into_iter().flatten().flatten().filter(|_| !is_link) {
            if is_own(&entry.file_name().to_string_lossy()) && step().is_ok() {
                let _ = fs::remove_file(entry.path());
            }
        }
        let _ = fs::remove_dir(folder);
    }
    let _ = fs::remove_dir(container);
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

/// Reports whether a file in `blobs/` or `blocks/` has the name of a record, finished or not.
pub(super) fn is_record(name: &str) -> bool {
    let hash = name.strip_suffix(".json").or_else(|| name.strip_suffix(".tmp"));
    hash.is_some_and(|hash| hash.len() == 64 && is_hex(hash))
}

/// Reports whether a file in `content/` has the name of a part.
pub(super) fn is_part(name: &str) -> bool {
    name.len() == 32 && is_hex(name)
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

pub(super) fn records(container: &Path) -> PathBuf {
    container.join("blobs")
}

pub(super) fn blocks(container: &Path) -> PathBuf {
    container.join("blocks")
}

fn write(path: &Path, record: &impl Serialize) -> io::Result<()> {
    let temporary = path.with_extension(TEMPORARY);
    let text = serde_json::to_vec_pretty(record)?;
    step()?;
    // A full disk may have left a temporary file behind.
    let _ = fs::remove_file(&temporary);
    let mut file = private_files::create(&temporary)?;
    step()?;
    file.write_all(&text)?;
    step()?;
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
