//! The blobs of one account: an index in memory over files that survive a restart.
//!
//! A blob's content is one or more *parts* (files that never change) and its record, a JSON file, names them. A record
//! is written beside the old one and renamed over it, so that a process killed at any moment leaves the old or the new blob.
//! What needs a decision and a change at once happens under one lock, and never waits for a client.

mod container;
mod disk;
mod part;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

pub(super) use self::{
    container::{Blob, Container, ContainerState},
    part::Part,
};
use super::{
    BlobName,
    conditions::Conditions,
    error::BlobError,
    properties::{ContentProperties, Metadata},
};

/// The containers of an account.
pub(super) struct Store {
    folder: PathBuf,
    containers: Mutex<BTreeMap<String, Container>>,
}

/// What a write makes of a blob, besides its content.
pub(super) struct NewBlob {
    pub(super) properties: ContentProperties,
    pub(super) metadata: Metadata,
    pub(super) conditions: Conditions,
}

/// A block named in a block list, and where to look for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BlockReference {
    Committed(String),
    Uncommitted(String),
    Latest(String),
}

impl Store {
    /// Reads the folder, removes what a killed process left half done, and adds the containers that must exist.
    pub(super) fn open(folder: &Path, containers: &[String]) -> io::Result<Self> {
        let store = Self { folder: folder.to_owned(), containers: Mutex::new(disk::load(folder)?) };
        for name in containers {
            if store.container(name).is_err() {
                store.add_container(name, Metadata::new())?;
            }
        }
        Ok(store)
    }

    /// The state of a container.
    pub(super) fn container(&self, name: &str) -> Result<ContainerState, BlobError> {
        self.read(name, |container| container.state.clone())
    }

    /// Makes a container.
    pub(super) fn create_container(&self, name: &str, metadata: Metadata) -> Result<ContainerState, BlobError> {
        self.add_container(name, metadata)?.ok_or(BlobError::ContainerAlreadyExists)
    }

    fn add_container(&self, name: &str, metadata: Metadata) -> io::Result<Option<ContainerState>> {
        let mut containers = self.lock();
        if containers.contains_key(name) {
            return Ok(None);
        }
        let state = ContainerState { etag: new_etag(), last_modified: Timestamp::now(), metadata };
        containers.insert(name.to_owned(), disk::create(&self.folder.join(name), state.clone())?);
        Ok(Some(state))
    }

    /// A blob.
    pub(super) fn blob(&self, container: &str, name: BlobName<'_>) -> Result<Arc<Blob>, BlobError> {
        self.read(container, |container| container.blobs.get(name.0).cloned())?.ok_or(BlobError::BlobNotFound)
    }

    /// Looks at the blobs of a container from a name on, in the order of their names, until `visit` says that it has enough.
    pub(super) fn visit(
        &self,
        container: &str,
        from: &str,
        mut visit: impl FnMut(&Arc<Blob>) -> bool,
    ) -> Result<(), BlobError> {
        self.read(container, |container| {
            let _ = container.blobs.range(from.to_owned()..).map(|(_, blob)| blob).all(&mut visit);
        })
    }

    /// A file for content to come; it is gone unless a blob is made of it.
    pub(super) fn new_part(&self, container: &str) -> Result<Part, BlobError> {
        self.read(container, Container::new_part)
    }

    /// Makes or replaces a blob with one part. Blocks that wait to be committed are dropped.
    pub(super) fn put(
        &self,
        container: &str,
        name: BlobName<'_>,
        new: NewBlob,
        part: Part,
    ) -> Result<Arc<Blob>, BlobError> {
        self.change(container, |container| {
            new.conditions.check_write(container.existing(name))?;
            container.replace(name, new, vec![Arc::new(part)])
        })
    }

    /// Keeps a block until it is committed. All IDs of a blob have one length.
    pub(super) fn stage(&self, container: &str, name: BlobName<'_>, part: Part) -> Result<(), BlobError> {
        self.change(container, |container| container.stage(name, part))
    }

    /// Makes or replaces a blob with the blocks of a list. The others that wait are dropped.
    pub(super) fn commit(
        &self,
        container: &str,
        name: BlobName<'_>,
        new: NewBlob,
        list: &[BlockReference],
    ) -> Result<Arc<Blob>, BlobError> {
        self.change(container, |container| {
            new.conditions.check_write(container.existing(name))?;
            let parts = container.blocks(name, list)?;
            container.replace(name, new, parts)
        })
    }

    /// Deletes a blob.
    pub(super) fn delete(&self, container: &str, name: BlobName<'_>, conditions: &Conditions) -> Result<(), BlobError> {
        self.change(container, |container| {
            let blob = container.existing(name).ok_or(BlobError::BlobNotFound)?;
            conditions.check_delete(blob)?;
            Ok(container.remove(name)?)
        })
    }

    fn read<T>(&self, name: &str, read: impl FnOnce(&Container) -> T) -> Result<T, BlobError> {
        self.lock().get(name).map(read).ok_or(BlobError::ContainerNotFound)
    }

    fn change<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Container) -> Result<T, BlobError>,
    ) -> Result<T, BlobError> {
        change(self.lock().get_mut(name).ok_or(BlobError::ContainerNotFound)?)
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Container>> {
        self.containers.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new entity tag in Azure's form, quotes included.
fn new_etag() -> String {
    let random = Uuid::new_v4().as_u64_pair().0 >> 12;
    format!("\"0x8D{random:013X}\"")
}
