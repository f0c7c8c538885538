//! Containers as they are read from the disk at the start, and made anew.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use super::{
    container::Container,
    container_state::ContainerState,
    disk::{
        CONTAINER_RECORD, TEMPORARY, content, file_name, is_part, is_record, read, records, refuse_link, remove_files,
        write_container,
    },
    record::{BlobRecord, KnownParts},
};
use crate::private_files;

/// Every container in the folder, which is made if it does not exist. A container without a record was never finished, or deleted.
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

/// Makes the folder of a container.
pub(super) fn create(folder: &Path, state: ContainerState) -> io::Result<Container> {
    private_files::create_folder(&records(folder))?;
    private_files::create_folder(&content(folder))?;
    write_container(folder, &state)?;
    Ok(Container::new(folder.to_owned(), state))
}

fn load_container(folder: PathBuf) -> io::Result<Container> {
    let mut container = Container::new(folder.clone(), read(&folder.join(CONTAINER_RECORD))?);
    let mut parts = KnownParts::new();
    refuse_link(&records(&folder))?;
    for entry in fs::read_dir(records(&folder))? {
        let path = entry?.path();
        refuse_link(&path)?;
        if path.extension().is_some_and(|extension| extension == TEMPORARY) && is_record(file_name(&path)) {
            fs::remove_file(path)?;
            continue;
        }
        let record = read::<BlobRecord>(&path)?;
        let is_older = record.is_older();
        container.load(record.into_blob(&content(&folder), &mut parts), is_older);
    }
    remove_unnamed(&container)?;
    Ok(container)
}

/// Removes content that no record names: uploads that were never finished or blocks never committed.
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
