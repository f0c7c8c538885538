//! Reads containers from the disk at start, and creates new ones.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    container::Container,
    container_state::ContainerState,
    disk::{
        CONTAINER_RECORD, TEMPORARY, blocks, content, file_name, finish_change, is_part, is_record, read, records,
        refuse_link, remove_files, write_container,
    },
    record::{BlobRecord, BlockRecord, KnownParts},
    step::step,
};
use crate::private_files;

/// Loads every container in the folder, and makes the folder if it does not exist. A container without a record was
/// never finished, or deleted.
pub(super) fn load(folder: &Path) -> io::Result<BTreeMap<String, Container>> {
    refuse_link(folder)?;
    private_files::create_folder(folder)?;
    let mut containers = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        refuse_link(&path)?;
        if path.join(CONTAINER_RECORD).is_file() {
            containers.insert(name, load_container(path)?);
        } else if records(&path).is_dir() && content(&path).is_dir() {
            remove_files(&path);
        }
    }
    Ok(containers)
}

/// Creates the folder of a container.
pub(super) fn create(folder: &Path, state: ContainerState) -> io::Result<Container> {
    step()?;
    private_files::create_folder(&records(folder))?;
    step()?;
    private_files::create_folder(&content(folder))?;
    write_container(folder, &state)?;
    Ok(Container::new(folder.to_owned(), state))
}

fn load_container(folder: PathBuf) -> io::Result<Container> {
    finish_change(&folder)?;
    let mut container = Container::new(folder.clone(), read(&folder.join(CONTAINER_RECORD))?);
    let mut parts = KnownParts::new();
    for path in finished_records(&records(&folder))? {
        let record = read::<BlobRecord>(&path)?;
        let is_older = record.is_older();
        container.load(record.into_blob(&content(&folder), &mut parts), is_older);
    }
    if blocks(&folder).is_dir() {
        for path in finished_records(&blocks(&folder))? {
            let (blob, generation, block) = read::<BlockRecord>(&path)?.into_block(&content(&folder), &mut parts);
            if !container.load_block(blob, generation, block) {
                fs::remove_file(path)?;
            }
        }
    }
    remove_unnamed(&container)?;
    Ok(container)
}

/// Returns the records in a folder. Records that a killed process left incomplete are removed.
fn finished_records(folder: &Path) -> io::Result<Vec<PathBuf>> {
    refuse_link(folder)?;
    let mut finished = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        refuse_link(&path)?;
        if path.extension().is_some_and(|extension| extension == TEMPORARY) && is_record(file_name(&path)) {
            fs::remove_file(path)?;
        } else {
            finished.push(path);
        }
    }
    Ok(finished)
}

/// Removes content that no record uses: unfinished uploads.
fn remove_unnamed(container: &Container) -> io::Result<()> {
    let named = container.files();
    refuse_link(&content(&container.folder))?;
    for entry in fs::read_dir(content(&container.folder))? {
        let path = entry?.path();
        refuse_link(&path)?;
        if !named.contains(&path) && is_part(file_name(&path)) {
            fs::remove_file(path)?;
        }
    }
    Ok(())
}
