//! The blobs of one account: an index in memory, over files that survive a restart.
//!
//! A blob's content is one or more *parts* (files that never change). Its record, a JSON file, names them. A new record
//! is written beside the old one and renamed over it. So a process killed at any moment leaves the old or the new blob.
//! A change of several records is first written to a file. If the process is killed, the next start finishes the
//! change. A decision and its change happen under one lock, which never waits for a client.

mod blob;
mod change;
mod container;
mod container_state;
mod disk;
mod load;
mod part;
mod record;
mod retention;
mod step;

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use jiff::Timestamp;

use self::blob::new_etag;
pub(super) use self::{
    blob::{Blob, BlobKind, Copied, Rehydrating, Tier, Which},
    container::{BlockReference, Container},
    container_state::ContainerState,
    part::{BlobPart, Piece},
    retention::{Retention, remaining_days},
};
use super::{conditions::Conditions, error::BlobError, lease::Lease, name::BlobName, properties::Metadata};

/// The containers of an account.
pub(super) struct Store {
    folder: PathBuf,
    containers: Mutex<BTreeMap<String, Container>>,
    pub(super) retention: Retention,
}

/// The parts of a blob and its snapshots that a deletion removes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Deletes {
    /// The blob; it is refused if the blob has snapshots.
    BlobAlone,
    BlobAndSnapshots,
    SnapshotsAlone,
}

/// Whether a change of a blob changes its `ETag` and time; most changes do.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum EtagChange {
    Yes,
    /// It also makes a new version, in an account that keeps versions.
    AsVersion,
    /// Leases, tags and tiers are stored beside a blob, not in it.
    No,
}

impl Store {
    /// Reads the folder, removes unfinished work of a killed process, and adds the containers that must exist.
    pub(super) fn open(folder: &Path, containers: &[String], retention: Retention) -> io::Result<Self> {
        let store = Self { folder: folder.to_owned(), containers: Mutex::new(load::load(folder)?), retention };
        for name in containers {
            if store.container(name).is_err() {
                store.add_container(name, Metadata::new())?;
            }
        }
        Ok(store)
    }

    /// Returns the state of a container.
    pub(super) fn container(&self, name: &str) -> Result<ContainerState, BlobError> {
        self.read(name, |container| container.state.clone())
    }

    /// Returns names and states of the containers, in the order of their names.
    pub(super) fn containers(&self) -> Vec<(String, ContainerState)> {
        self.lock().iter().map(|(name, container)| (name.clone(), container.state.clone())).collect()
    }

    /// Creates a container.
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
        containers.insert(name.to_owned(), load::create(&self.folder.join(name), state.clone())?);
        Ok(Some(state))
    }

    /// Changes the state of a container.
    pub(super) fn change_container(
        &self,
        name: &str,
        shows: EtagChange,
        change: impl FnOnce(&mut ContainerState) -> Result<(), BlobError>,
    ) -> Result<ContainerState, BlobError> {
        self.change(name, |container| {
            let mut state = container.state.clone();
            change(&mut state)?;
            if shows != EtagChange::No {
                (state.etag, state.last_modified) = (new_etag(), Timestamp::now());
            }
            disk::write_container(&container.folder, &state)?;
            container.state = state.clone();
            Ok(state)
        })
    }

    /// Deletes a container with all its blobs, if `check` agrees.
    pub(super) fn delete_container(
        &self,
        name: &str,
        check: impl FnOnce(&ContainerState) -> Result<(), BlobError>,
    ) -> Result<(), BlobError> {
        let mut containers = self.lock();
        let container = containers.get_mut(name).ok_or(BlobError::ContainerNotFound)?;
        check(&container.state)?;
        // The rest of a change would otherwise be made in a later container of this name.
        container.finish_change()?;
        disk::remove_container(&self.folder.join(name))?;
        containers.remove(name);
        Ok(())
    }

    /// Returns a blob if the conditions let the caller read it.
    pub(super) fn readable(
        &self,
        container: &str,
        name: BlobName<'_>,
        which: &Which,
        conditions: &Conditions,
    ) -> Result<Arc<Blob>, BlobError> {
        let blob = self.read(container, |container| container.find(name, which))?;
        let blob = blob.ok_or_else(|| conditions.of_missing_read())?;
        conditions.check_read(&blob)?;
        Ok(blob)
    }

    /// Returns a state of a blob.
    pub(super) fn blob(&self, container: &str, name: BlobName<'_>, which: &Which) -> Result<Arc<Blob>, BlobError> {
        self.read(container, |container| container.find(name, which))?.ok_or(BlobError::BlobNotFound)
    }

    /// Calls `look` with each container in order of their names, until it returns `false`.
    pub(super) fn each(&self, mut look: impl FnMut(&str, &Container) -> bool) {
        let containers = self.lock();
        let _ = containers.iter().all(|(name, container)| look(name, container));
    }

    /// Makes or replaces a blob with the result of `make`. Uncommitted blocks are dropped.
    ///
    /// The replacement keeps the creation time and the lease.
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
                old.check_online()?;
                blob.created = old.created;
                blob.lease = old.lease.after_write(blob.last_modified);
            }
            let saved = container.replace(blob, self.retention)?;
            container.forget_blocks(name);
            Ok(saved)
        })
    }

    /// Changes an existing blob. `change` decides which conditions count.
    pub(super) fn update<T>(
        &self,
        container: &str,
        name: BlobName<'_>,
        conditions: &Conditions,
        shows: EtagChange,
        change: impl FnOnce(&mut Blob, &Conditions) -> Result<T, BlobError>,
    ) -> Result<(Arc<Blob>, T), BlobError> {
        self.change(container, |container| {
            let mut blob = Blob::clone(container.existing(name).ok_or_else(|| conditions.of_missing())?);
            let result = change(&mut blob, conditions)?;
            if shows != EtagChange::No {
                (blob.etag, blob.last_modified) = (new_etag(), Timestamp::now());
                blob.lease = blob.lease.after_write(blob.last_modified);
            }
            let saved = match shows {
                EtagChange::AsVersion if self.retention.versioning => container.replace(blob, self.retention)?,
                EtagChange::Yes | EtagChange::AsVersion | EtagChange::No => container.save(blob)?,
            };
            Ok((saved, result))
        })
    }

    /// Deletes one state of a blob; for the current state, `deletes` decides about its snapshots.
    pub(super) fn delete(
        &self,
        container: &str,
        name: BlobName<'_>,
        which: &Which,
        deletes: Deletes,
        conditions: &Conditions,
    ) -> Result<(), BlobError> {
        self.change(container, |container| {
            let Some(blob) = container.find(name, which) else {
                // Uncommitted blocks are deleted too:
                // <https://learn.microsoft.com/rest/api/storageservices/delete-blob#remarks>.
                return match conditions.of_missing() {
                    BlobError::BlobNotFound if *which == Which::Current && container.delete_blocks(name)? => Ok(()),
                    refusal => Err(refusal),
                };
            };
            conditions.check_update(&blob)?;
            if *which != Which::Current {
                if container.existing(name).is_some_and(|current| Arc::ptr_eq(current, &blob)) {
                    return Err(BlobError::OperationNotAllowedOnRootBlob);
                }
                return Ok(container.make(vec![self.retention.dropping(&blob)])?);
            }
            let is_snapshot = |blob: &&Arc<Blob>| blob.snapshot.is_some() && blob.deleted.is_none();
            let snapshots: Vec<_> = container.older(name.0).iter().filter(is_snapshot).cloned().collect();
            if deletes == Deletes::BlobAlone && !snapshots.is_empty() {
                return Err(BlobError::SnapshotsPresent);
            }
            let changes = snapshots.iter().map(|snapshot| self.retention.dropping(snapshot)).collect();
            Ok(match deletes {
                Deletes::SnapshotsAlone => container.make(changes),
                Deletes::BlobAlone | Deletes::BlobAndSnapshots => container.remove(name, self.retention, changes),
            }?)
        })
    }

    /// Takes a snapshot of a blob. It gets `metadata` instead of the blob's, if there is any.
    pub(super) fn snapshot(
        &self,
        container: &str,
        name: BlobName<'_>,
        conditions: &Conditions,
        metadata: Metadata,
    ) -> Result<Blob, BlobError> {
        self.change(container, |container| {
            let current = container.existing(name).cloned().ok_or_else(|| conditions.of_missing())?;
            conditions.check_blob(&current)?;
            conditions.check_named_lease(&current)?;
            current.check_online()?;
            let mut snapshot =
                Blob { snapshot: Some(container.new_id(name.0, None)), lease: Lease::None, ..Blob::clone(&current) };
            if !metadata.is_empty() {
                (snapshot.etag, snapshot.last_modified) = (new_etag(), Timestamp::now());
                snapshot.metadata = metadata;
            }
            container.keep(snapshot.clone())?;
            Ok(snapshot)
        })
    }

    /// Restores the deleted states of a blob.
    pub(super) fn undelete(&self, container: &str, name: BlobName<'_>) -> Result<(), BlobError> {
        self.change(container, |container| {
            container.forget_expired(self.retention, Timestamp::now())?;
            if container.restore(name)? { Ok(()) } else { Err(BlobError::BlobNotFound) }
        })
    }

    /// Returns a file for new content; the file is deleted unless a blob uses it.
    pub(super) fn new_part(&self, container: &str) -> Result<BlobPart, BlobError> {
        self.read(container, Container::new_part)
    }

    /// Keeps a block until it is committed.
    pub(super) fn stage(
        &self,
        container: &str,
        name: BlobName<'_>,
        conditions: &Conditions,
        part: BlobPart,
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

    /// Reads a container's blobs and uncommitted blocks under the lock.
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
    /// Returns names of blobs from a name on, in order. `waiting` adds names that have only uncommitted blocks, and
    /// `older` adds names that have only older states.
    pub(super) fn names(&self, from: &str, waiting: bool, older: bool) -> impl Iterator<Item = &str> {
        let range = from.to_owned()..;
        let mut current = self.blobs.range(range.clone()).map(|(name, _)| name.as_str()).peekable();
        let waiting = waiting.then(|| self.uncommitted.range(range.clone()).map(|(name, _)| name.as_str()));
        let mut waiting = waiting.into_iter().flatten().peekable();
        let older = older.then(|| self.older_names(range));
        let mut older = older.into_iter().flatten().peekable();
        std::iter::from_fn(move || {
            let next = [current.peek(), waiting.peek(), older.peek()].into_iter().flatten().min().copied()?;
            current.next_if_eq(&next);
            waiting.next_if_eq(&next);
            older.next_if_eq(&next);
            Some(next)
        })
    }

    /// Returns the uncommitted blocks of a blob, if there are any.
    pub(super) fn waiting(&self, name: BlobName<'_>) -> Option<&BTreeMap<String, Arc<BlobPart>>> {
        self.uncommitted.get(name.0)
    }
}
