//! One container: its blobs, and the blocks that wait to be committed.

use std::{
    collections::{BTreeMap, HashSet},
    path::PathBuf,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    blob::{Blob, Which},
    container_state::ContainerState,
    disk,
    part::Part,
};
use crate::blob::{error::BlobError, lease::Lease, name::BlobName};

/// Blocks of one blob that may wait to be committed (<https://learn.microsoft.com/rest/api/storageservices/put-block#remarks>).
const WAITING_LIMIT: usize = 100_000;

/// A container.
pub(in crate::blob) struct Container {
    pub(super) folder: PathBuf,
    pub(super) state: ContainerState,
    pub(super) blobs: BTreeMap<String, Arc<Blob>>,
    /// Snapshots, versions that others replaced, and what was deleted and can be brought back; by name, oldest first.
    older: BTreeMap<String, Vec<Arc<Blob>>>,
    /// Blocks by blob and ID; they live as long as the process.
    pub(super) uncommitted: BTreeMap<String, BTreeMap<String, Arc<Part>>>,
}

/// What an account keeps of what is overwritten or deleted.
#[derive(Clone, Copy, Debug, Default)]
pub(in crate::blob) struct Retention {
    /// Versions.
    pub(in crate::blob) versioning: bool,
    /// Days that deleted blobs can be brought back.
    pub(in crate::blob) delete_days: Option<u16>,
}

/// A block named in a block list, and where to look for it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::blob) enum BlockReference {
    Committed(String),
    Uncommitted(String),
    Latest(String),
}

impl Container {
    pub(super) fn new(folder: PathBuf, state: ContainerState) -> Self {
        Self { folder, state, blobs: BTreeMap::new(), older: BTreeMap::new(), uncommitted: BTreeMap::new() }
    }

    /// Takes a blob's state in that a record describes.
    pub(super) fn load(&mut self, blob: Blob, is_older: bool) {
        if is_older {
            let states = self.older.entry(blob.name.clone()).or_default();
            states.push(Arc::new(blob));
            states.sort_by(|one, other| one.age_key().cmp(&other.age_key()));
        } else {
            self.blobs.insert(blob.name.clone(), Arc::new(blob));
        }
    }

    pub(in crate::blob) fn existing(&self, name: BlobName<'_>) -> Option<&Arc<Blob>> {
        self.blobs.get(name.0)
    }

    /// The state of a blob that is asked for; what was deleted is not found.
    pub(in crate::blob) fn find(&self, name: BlobName<'_>, which: &Which) -> Option<Arc<Blob>> {
        let older = || self.older(name.0).iter().filter(|blob| blob.deleted.is_none());
        match which {
            Which::Current => self.existing(name).cloned(),
            Which::Snapshot(id) => older().find(|blob| blob.snapshot.as_ref() == Some(id)).cloned(),
            Which::Version(id) => {
                let current = self.existing(name).filter(|blob| blob.version.as_ref() == Some(id));
                let replaced = || older().find(|blob| blob.snapshot.is_none() && blob.version.as_ref() == Some(id));
                current.or_else(replaced).cloned()
            }
        }
    }

    /// Every state of a blob but the current one, oldest first.
    pub(in crate::blob) fn older(&self, name: &str) -> &[Arc<Blob>] {
        self.older.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Names of which there are older states, in order.
    pub(super) fn older_names(&self, range: std::ops::RangeFrom<String>) -> impl Iterator<Item = &str> {
        self.older.range(range).filter(|(_, states)| !states.is_empty()).map(|(name, _)| name.as_str())
    }

    /// The blobs that are there, in order of their names.
    pub(in crate::blob) fn current(&self) -> impl Iterator<Item = (&str, &Arc<Blob>)> {
        self.blobs.iter().map(|(name, blob)| (name.as_str(), blob))
    }

    pub(in crate::blob) fn new_part(&self) -> Part {
        Part::new(disk::content(&self.folder).join(Uuid::new_v4().simple().to_string()), 0, None, false)
    }

    /// Writes the record of a blob and gives up what the old one had alone.
    pub(super) fn save(&mut self, blob: Blob) -> Result<Arc<Blob>, BlobError> {
        let blob = Arc::new(blob);
        disk::write_blob(&self.folder, &blob, true)?;
        let old = self.blobs.insert(blob.name.clone(), blob.clone());
        blob.parts().for_each(|part| part.keep(true));
        old.iter().for_each(|old| self.give_up(old));
        Ok(blob)
    }

    /// Makes a blob, or puts it in place of another, which the account may keep.
    pub(super) fn replace(&mut self, mut blob: Blob, retention: Retention) -> Result<Arc<Blob>, BlobError> {
        if let Some(old) = self.blobs.get(&blob.name).cloned() {
            self.keep_replaced(&old, retention)?;
        }
        if retention.versioning {
            blob.version = Some(self.new_id(&blob.name));
        }
        self.save(blob)
    }

    /// Keeps what is overwritten: as a version, or as a snapshot that is deleted already.
    fn keep_replaced(&mut self, old: &Blob, retention: Retention) -> Result<(), BlobError> {
        let id = self.new_id(&old.name);
        let kept = Blob { lease: Lease::None, ..old.clone() };
        if retention.versioning {
            self.keep(Blob { version: Some(kept.version.clone().unwrap_or(id)), ..kept })
        } else if retention.delete_days.is_some() {
            self.keep(Blob { snapshot: Some(id), deleted: Some(Timestamp::now()), ..kept })
        } else {
            Ok(())
        }
    }

    /// Keeps a state of a blob that is not the current one.
    pub(super) fn keep(&mut self, blob: Blob) -> Result<(), BlobError> {
        disk::write_blob(&self.folder, &blob, false)?;
        blob.parts().for_each(|part| part.keep(true));
        self.load(blob, true);
        Ok(())
    }

    /// Drops a state of a blob that is not the current one, or keeps it as deleted.
    pub(super) fn drop_older(&mut self, old: &Arc<Blob>, retention: Retention) -> Result<(), BlobError> {
        if let Some(states) = self.older.get_mut(&old.name) {
            states.retain(|state| !Arc::ptr_eq(state, old));
        }
        if retention.delete_days.is_some() && old.deleted.is_none() {
            self.keep(Blob { deleted: Some(Timestamp::now()), ..Blob::clone(old) })?;
        } else {
            disk::remove_blob(&self.folder, old, false)?;
        }
        self.give_up(old);
        Ok(())
    }

    /// Brings back what was deleted: snapshots, versions, and the blob itself where there is none. Whether there was any.
    pub(super) fn restore(&mut self, name: BlobName<'_>) -> Result<bool, BlobError> {
        let deleted: Vec<_> = self.older(name.0).iter().filter(|blob| blob.deleted.is_some()).cloned().collect();
        // Of a blob that was deleted more than once, the last one comes back.
        for old in deleted.iter().rev() {
            let is_blob = old.snapshot.is_none() && old.version.is_none();
            if is_blob && self.blobs.contains_key(name.0) {
                continue;
            }
            if let Some(states) = self.older.get_mut(name.0) {
                states.retain(|state| !Arc::ptr_eq(state, old));
            }
            let restored = Blob { deleted: None, ..Blob::clone(old) };
            if is_blob {
                self.save(restored)?;
                disk::remove_blob(&self.folder, old, false)?;
            } else {
                // Its record has the same name.
                self.keep(restored)?;
            }
            self.give_up(old);
        }
        Ok(!deleted.is_empty() || self.blobs.contains_key(name.0))
    }

    /// Lets the files go that no state of a blob names any more.
    fn give_up(&self, old: &Blob) {
        let states = || self.older(&old.name).iter().chain(self.blobs.get(&old.name));
        for part in old.parts() {
            part.keep(states().any(|state| state.parts().any(|one| Arc::ptr_eq(one, part))));
        }
    }

    /// A time that is the ID of no version or snapshot of a blob yet.
    pub(super) fn new_id(&self, name: &str) -> String {
        let states = || self.older(name).iter().chain(self.blobs.get(name));
        let is_taken =
            |id: &String| states().any(|blob| blob.snapshot.as_ref() == Some(id) || blob.version.as_ref() == Some(id));
        let mut time = Timestamp::now();
        loop {
            let id = format!("{time:.7}");
            if !is_taken(&id) {
                return id;
            }
            time = time.saturating_add(SignedDuration::from_nanos(100)).unwrap_or(time);
        }
    }

    /// Drops the uncommitted blocks of a blob; `false` when there were none.
    pub(super) fn forget_blocks(&mut self, name: BlobName<'_>) -> bool {
        self.uncommitted.remove(name.0).is_some()
    }

    /// Removes the current state of a blob, or keeps it as the account says.
    pub(super) fn remove(&mut self, name: BlobName<'_>, retention: Retention) -> Result<(), BlobError> {
        self.forget_blocks(name);
        let Some(old) = self.blobs.get(name.0).cloned() else { return Ok(()) };
        let kept = Blob { lease: Lease::None, ..Blob::clone(&old) };
        if retention.versioning {
            let id = self.new_id(name.0);
            self.keep(Blob { version: Some(kept.version.clone().unwrap_or(id)), ..kept })?;
        } else if retention.delete_days.is_some() {
            self.keep(Blob { deleted: Some(Timestamp::now()), ..kept })?;
        }
        disk::remove_blob(&self.folder, &old, true)?;
        self.blobs.remove(name.0);
        self.give_up(&old);
        Ok(())
    }

    /// Drops what was deleted longer ago than the account keeps it.
    pub(super) fn forget_expired(&mut self, retention: Retention, now: Timestamp) -> Result<(), BlobError> {
        let Some(days) = retention.delete_days else { return Ok(()) };
        let is_over = |blob: &Arc<Blob>| blob.deleted.is_some_and(|at| remaining_days(at, days, now).is_none());
        let over: Vec<_> = self.older.values().flatten().filter(|blob| is_over(blob)).cloned().collect();
        over.iter().try_for_each(|blob| self.drop_older(blob, retention))
    }

    /// Keeps a block until it is committed. All that wait for one blob have IDs of one length.
    pub(super) fn stage(&mut self, name: BlobName<'_>, part: Part) -> Result<(), BlobError> {
        let id = part.block_id.clone().ok_or(BlobError::InvalidBlobOrBlock)?;
        let blocks = self.uncommitted.entry(name.0.to_owned()).or_default();
        if blocks.keys().next().is_some_and(|known| known.len() != id.len()) {
            return Err(BlobError::InvalidBlobOrBlock);
        }
        if blocks.len() >= WAITING_LIMIT && !blocks.contains_key(&id) {
            return Err(BlobError::BlockCountExceedsLimit);
        }
        blocks.insert(id, Arc::new(part));
        Ok(())
    }

    /// The parts that a block list names.
    pub(in crate::blob) fn blocks(
        &self,
        name: BlobName<'_>,
        list: &[BlockReference],
    ) -> Result<Vec<Arc<Part>>, BlobError> {
        let waiting = self.uncommitted.get(name.0);
        let committed = self.blobs.get(name.0).map(|blob| by_id(blob)).unwrap_or_default();
        let uncommitted = |id: &String| waiting.and_then(|blocks| blocks.get(id));
        let committed = |id: &String| committed.get(id.as_str()).copied();
        let found = list.iter().map(|reference| match reference {
            BlockReference::Committed(id) => committed(id),
            BlockReference::Uncommitted(id) => uncommitted(id),
            BlockReference::Latest(id) => uncommitted(id).or_else(|| committed(id)),
        });
        found.map(|part| part.cloned().ok_or(BlobError::InvalidBlockList)).collect()
    }

    /// Names of the files that records refer to.
    pub(super) fn files(&self) -> HashSet<PathBuf> {
        let states = self.blobs.values().chain(self.older.values().flatten());
        states.flat_map(|blob| blob.parts()).map(|part| part.path.clone()).collect()
    }
}

/// Whole days that a blob deleted at a time can still be brought back; none when that is over.
pub(in crate::blob) fn remaining_days(deleted: Timestamp, days: u16, now: Timestamp) -> Option<u64> {
    let left = i64::from(days) * 86_400 - (now.as_second() - deleted.as_second());
    u64::try_from(left).ok().filter(|left| *left > 0).map(|left| left / 86_400)
}

fn by_id(blob: &Blob) -> BTreeMap<&str, &Arc<Part>> {
    blob.parts().filter_map(|part| Some((part.block_id.as_deref()?, part))).collect()
}
