//! The blobs of one account: an index in memory over files that survive a restart.
//!
//! A blob's content is one or more *parts* (files that never change) and its record, a JSON file, names them. A record
//! is written beside the old one and renamed over it, so that a process killed at any moment leaves the old or the new blob.
//! What needs a decision and a change at once happens under one lock, and never waits for a client.

mod blob;
mod container;
mod disk;
mod part;
mod record;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;
use uuid::Uuid;

pub(super) use self::{
    blob::{Blob, Copied, Kind, Piece, Tier},
    container::{Container, ContainerState},
    part::Part,
};
use super::{BlobName, conditions::Conditions, error::BlobError, lease::Lease, properties::Metadata};

/// The containers of an account.
pub(super) struct Store {
    folder: PathBuf,
    containers: Mutex<BTreeMap<String, Container>>,
}

/// A block named in a block list, and where to look for it.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BlockReference {
    Committed(String),
    Uncommitted(String),
    Latest(String),
}

/// Whether a change of a blob shows in its `ETag` and time, as most do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shows {
    Yes,
    /// Leases, tags and tiers are kept beside a blob rather than in it.
    No,
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

    /// Names and states of the containers, in the order of their names.
    pub(super) fn containers(&self) -> Vec<(String, ContainerState)> {
        self.lock().iter().map(|(name, container)| (name.clone(), container.state.clone())).collect()
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
        let state =
            ContainerState { etag: new_etag(), last_modified: Timestamp::now(), metadata, lease: Lease::default() };
        containers.insert(name.to_owned(), disk::create(&self.folder.join(name), state.clone())?);
        Ok(Some(state))
    }

    /// Changes what a container says about itself.
    pub(super) fn change_container(
        &self,
        name: &str,
        shows: Shows,
        change: impl FnOnce(&mut ContainerState) -> Result<(), BlobError>,
    ) -> Result<ContainerState, BlobError> {
        self.change(name, |container| {
            let mut state = container.state.clone();
            change(&mut state)?;
            if shows == Shows::Yes {
                (state.etag, state.last_modified) = (new_etag(), Timestamp::now());
            }
            disk::write_container(&container.folder, &state)?;
            container.state = state.clone();
            Ok(state)
        })
    }

    /// Deletes a container with all that is in it, if `check` agrees.
    pub(super) fn delete_container(
        &self,
        name: &str,
        check: impl FnOnce(&ContainerState) -> Result<(), BlobError>,
    ) -> Result<(), BlobError> {
        let mut containers = self.lock();
        check(&containers.get(name).ok_or(BlobError::ContainerNotFound)?.state)?;
        disk::remove_container(&self.folder.join(name))?;
        containers.remove(name);
        Ok(())
    }

    /// A blob that conditions let the caller read.
    pub(super) fn readable(
        &self,
        container: &str,
        name: BlobName<'_>,
        conditions: &Conditions,
    ) -> Result<Arc<Blob>, BlobError> {
        let blob = self.read(container, |container| container.existing(name).cloned())?;
        let blob = blob.ok_or_else(|| conditions.of_missing_read())?;
        conditions.check_read(&blob)?;
        Ok(blob)
    }

    /// A blob.
    pub(super) fn blob(&self, container: &str, name: BlobName<'_>) -> Result<Arc<Blob>, BlobError> {
        self.read(container, |container| container.existing(name).cloned())?.ok_or(BlobError::BlobNotFound)
    }

    /// Makes or replaces a blob with what `make` gives. Blocks that wait to be committed are dropped.
    ///
    /// The creation time and a lease outlive the replacement.
    pub(super) fn put(
        &self,
        container: &str,
        name: BlobName<'_>,
        conditions: &Conditions,
        make: impl FnOnce(&Container) -> Result<Blob, BlobError>,
    ) -> Result<Arc<Blob>, BlobError> {
        self.change(container, |container| {
            let old = container.existing(name).cloned();
            conditions.check_put(old.as_deref())?;
            let mut blob = make(container)?;
            if let Some(old) = old {
                blob.created = old.created;
                blob.lease = old.lease.after_write(blob.last_modified);
            }
            let saved = container.save(blob)?;
            container.forget_blocks(name);
            Ok(saved)
        })
    }

    /// Changes a blob that exists. `change` decides which of the conditions count.
    pub(super) fn update<T>(
        &self,
        container: &str,
        name: BlobName<'_>,
        conditions: &Conditions,
        shows: Shows,
        change: impl FnOnce(&mut Blob, &Conditions) -> Result<T, BlobError>,
    ) -> Result<(Arc<Blob>, T), BlobError> {
        self.change(container, |container| {
            let mut blob = Blob::clone(container.existing(name).ok_or_else(|| conditions.of_missing())?);
            let result = change(&mut blob, conditions)?;
            if shows == Shows::Yes {
                (blob.etag, blob.last_modified) = (new_etag(), Timestamp::now());
                blob.lease = blob.lease.after_write(blob.last_modified);
            }
            Ok((container.save(blob)?, result))
        })
    }

    /// Deletes a blob.
    pub(super) fn delete(&self, container: &str, name: BlobName<'_>, conditions: &Conditions) -> Result<(), BlobError> {
        self.change(container, |container| {
            let Some(blob) = container.existing(name) else {
                // <https://learn.microsoft.com/rest/api/storageservices/delete-blob#remarks>: so are waiting blocks deleted.
                return match conditions.of_missing() {
                    BlobError::BlobNotFound if container.forget_blocks(name) => Ok(()),
                    refusal => Err(refusal),
                };
            };
            conditions.check_update(blob)?;
            Ok(container.remove(name)?)
        })
    }

    /// A file for content to come; it is gone unless a blob is made of it.
    pub(super) fn new_part(&self, container: &str) -> Result<Part, BlobError> {
        self.read(container, Container::new_part)
    }

    /// Keeps a block until it is committed.
    pub(super) fn stage(
        &self,
        container: &str,
        name: BlobName<'_>,
        conditions: &Conditions,
        part: Part,
    ) -> Result<(), BlobError> {
        self.change(container, |container| {
            match container.existing(name) {
                Some(blob) => {
                    conditions.check_lease(blob)?;
                    blob.check_is_block()?;
                }
                None => conditions.check_put(None)?,
            }
            container.stage(name, part)
        })
    }

    /// Looks at a container's blobs and waiting blocks under the lock.
    pub(super) fn read<T>(&self, name: &str, read: impl FnOnce(&Container) -> T) -> Result<T, BlobError> {
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

impl Container {
    /// Names of blobs from a name on, in order; with those of which there are waiting blocks only, where `waiting`.
    pub(super) fn names(&self, from: &str, waiting: bool) -> impl Iterator<Item = (&str, Option<&Arc<Blob>>)> {
        let from = from.to_owned();
        let mut blobs = self.blobs.range(from.clone()..).peekable();
        let waiting = waiting.then(|| self.uncommitted.keys().filter(move |name| **name >= from));
        let mut waiting = waiting.into_iter().flatten().filter(|name| !self.blobs.contains_key(*name)).peekable();
        std::iter::from_fn(move || match (blobs.peek(), waiting.peek()) {
            (Some((blob, _)), Some(name)) if *name < *blob => waiting.next().map(|name| (name.as_str(), None)),
            (None, Some(_)) => waiting.next().map(|name| (name.as_str(), None)),
            _ => blobs.next().map(|(name, blob)| (name.as_str(), Some(blob))),
        })
    }

    /// The blocks of a blob that wait to be committed, if there is such a blob or block.
    pub(super) fn waiting(&self, name: BlobName<'_>) -> Option<&BTreeMap<String, Arc<Part>>> {
        self.uncommitted.get(name.0)
    }
}

/// A new entity tag in Azure's form, quotes included.
fn new_etag() -> String {
    let random = Uuid::new_v4().as_u64_pair().0 >> 12;
    format!("\"0x8D{random:013X}\"")
}
