//! One container: its blobs and uncommitted blocks.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use super::{
    blob::{Blob, Which},
    change::RecordChange,
    container_state::ContainerState,
    disk,
    part::BlobPart,
    retention::{Retention, remaining_days},
};
use crate::blob::{error::BlobError, name::BlobName};

/// The most uncommitted blocks of one blob
/// (<https://learn.microsoft.com/rest/api/storageservices/put-block#remarks>).
const WAITING_LIMIT: usize = 100_000;

/// A container.
pub(in crate::blob) struct Container {
    pub(super) folder: PathBuf,
    pub(super) state: ContainerState,
    pub(super) blobs: BTreeMap<String, Arc<Blob>>,
    /// Snapshots, replaced versions, and deleted states that can be restored; by name, oldest first.
    older: BTreeMap<String, Vec<Arc<Blob>>>,
    /// Uncommitted blocks by blob and ID.
    pub(super) uncommitted: BTreeMap<String, BTreeMap<String, Arc<BlobPart>>>,
    /// Whether a change was made that the disk has not carried out.
    is_unfinished: bool,
}

/// A block named in a block list, and the place to look for it.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::blob) enum BlockReference {
    Committed(String),
    Uncommitted(String),
    Latest(String),
}

impl Container {
    pub(super) fn new(folder: PathBuf, state: ContainerState) -> Self {
        Self {
            folder,
            state,
            blobs: BTreeMap::new(),
            older: BTreeMap::new(),
            uncommitted: BTreeMap::new(),
            is_unfinished: false,
        }
    }

    /// Adds the blob state that a record describes.
    pub(super) fn load(&mut self, blob: Blob, is_older: bool) {
        if is_older {
            self.insert_older(Arc::new(blob));
        } else {
            self.blobs.insert(blob.name.clone(), Arc::new(blob));
        }
    }

    fn insert_older(&mut self, blob: Arc<Blob>) {
        let states = self.older.entry(blob.name.clone()).or_default();
        states.push(blob);
        states.sort_by(|one, other| one.age_key().cmp(&other.age_key()));
    }

    fn remove_older(&mut self, old: &Arc<Blob>) {
        if let Some(states) = self.older.get_mut(&old.name) {
            states.retain(|state| !Arc::ptr_eq(state, old));
        }
    }

    pub(in crate::blob) fn existing(&self, name: BlobName<'_>) -> Option<&Arc<Blob>> {
        self.blobs.get(name.0)
    }

    /// Returns the requested state of a blob, unless it is deleted.
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

    /// Returns every state of a blob but the current one, oldest first.
    pub(in crate::blob) fn older(&self, name: &str) -> &[Arc<Blob>] {
        self.older.get(name).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the names of blobs with older states, in order.
    pub(super) fn older_names(&self, range: std::ops::RangeFrom<String>) -> impl Iterator<Item = &str> {
        self.older.range(range).filter(|(_, states)| !states.is_empty()).map(|(name, _)| name.as_str())
    }

    /// Returns the current blobs, in order of their names.
    pub(in crate::blob) fn current(&self) -> impl Iterator<Item = (&str, &Arc<Blob>)> {
        self.blobs.iter().map(|(name, blob)| (name.as_str(), blob))
    }

    pub(in crate::blob) fn new_part(&self) -> BlobPart {
        BlobPart::new(disk::content(&self.folder).join(Uuid::new_v4().simple().to_string()), 0, None, false)
    }

    /// Makes changes of records: either all of them, or none.
    pub(super) fn make(&mut self, changes: Vec<RecordChange>) -> io::Result<()> {
        self.finish_change()?;
        self.is_unfinished = disk::change(&self.folder, &changes)?;
        changes.into_iter().for_each(|change| self.take(change));
        Ok(())
    }

    /// Carries out the rest of a change. Otherwise the next start would do so, and undo a later change.
    pub(super) fn finish_change(&mut self) -> io::Result<()> {
        if self.is_unfinished {
            disk::finish_change(&self.folder)?;
            self.is_unfinished = false;
        }
        Ok(())
    }

    /// Applies a change to the index in memory. Files that no remaining state uses are given up.
    fn take(&mut self, change: RecordChange) {
        let keep = |blob: &Blob| blob.parts().for_each(|part| part.keep(true));
        match change {
            RecordChange::Save(blob) => {
                keep(&blob);
                let old = self.blobs.insert(blob.name.clone(), blob);
                old.iter().for_each(|old| self.give_up(old));
            }
            RecordChange::Remove(old) => {
                self.blobs.remove(&old.name);
                self.give_up(&old);
            }
            RecordChange::Keep(blob) => {
                keep(&blob);
                self.insert_older(blob);
            }
            RecordChange::Amend { old, new } => {
                self.remove_older(&old);
                keep(&new);
                self.insert_older(new);
                self.give_up(&old);
            }
            RecordChange::Drop(old) => {
                self.remove_older(&old);
                self.give_up(&old);
            }
            RecordChange::DropBlocks { blob, .. } => {
                let blocks = self.uncommitted.remove(&blob).unwrap_or_default();
                self.give_up_parts(&blob, blocks.values());
            }
        }
    }

    /// Writes a blob in place of the existing one.
    pub(super) fn save(&mut self, blob: Blob) -> io::Result<Arc<Blob>> {
        let blob = Arc::new(blob);
        self.make(vec![RecordChange::Save(blob.clone())])?;
        Ok(blob)
    }

    /// Makes a blob, or replaces an existing blob, which the account may keep.
    pub(super) fn replace(&mut self, mut blob: Blob, retention: Retention) -> io::Result<Arc<Blob>> {
        let old = self.blobs.get(&blob.name);
        let kept = old.and_then(|old| retention.of_replaced(old, self.new_id(&blob.name, None))).map(Arc::new);
        if retention.versioning {
            let taken = kept.as_ref().and_then(|kept| kept.version.as_deref());
            blob.version = Some(self.new_id(&blob.name, taken));
        }
        let blob = Arc::new(blob);
        let save = RecordChange::Save(blob.clone());
        self.make(kept.map(RecordChange::Keep).into_iter().chain([save]).collect())?;
        Ok(blob)
    }

    /// Keeps a state of a blob that is not the current one.
    pub(super) fn keep(&mut self, blob: Blob) -> io::Result<()> {
        self.make(vec![RecordChange::Keep(Arc::new(blob))])
    }

    /// Restores deleted snapshots and versions, and the blob itself if it does not exist. Reports whether the blob
    /// exists or anything was restored.
    pub(super) fn restore(&mut self, name: BlobName<'_>) -> io::Result<bool> {
        let deleted: Vec<_> = self.older(name.0).iter().filter(|blob| blob.deleted.is_some()).cloned().collect();
        let mut is_there = self.blobs.contains_key(name.0);
        let mut changes = Vec::new();
        // If a blob was deleted more than once, its last deleted state comes back.
        for old in deleted.iter().rev() {
            let is_blob = old.snapshot.is_none() && old.version.is_none();
            if is_blob && is_there {
                continue;
            }
            let restored = Arc::new(Blob { deleted: None, ..Blob::clone(old) });
            if is_blob {
                is_there = true;
                changes.extend([RecordChange::Save(restored), RecordChange::Drop(old.clone())]);
            } else {
                changes.push(RecordChange::Amend { old: old.clone(), new: restored });
            }
        }
        self.make(changes)?;
        Ok(!deleted.is_empty() || is_there)
    }

    /// Gives up the files that no state of a blob uses any more.
    fn give_up(&self, old: &Blob) {
        self.give_up_parts(&old.name, old.parts());
    }

    fn give_up_parts<'p>(&self, name: &str, parts: impl Iterator<Item = &'p Arc<BlobPart>>) {
        let states = self.older(name).iter().chain(self.blobs.get(name)).flat_map(|state| state.parts());
        let waiting = self.uncommitted.get(name).into_iter().flat_map(BTreeMap::values);
        let named: HashSet<_> = states.chain(waiting).map(Arc::as_ptr).collect();
        parts.for_each(|part| part.keep(named.contains(&Arc::as_ptr(part))));
    }

    /// Returns a time that is not yet the ID of a version or snapshot of the blob, and is not `taken`.
    pub(super) fn new_id(&self, name: &str, taken: Option<&str>) -> String {
        let states = || self.older(name).iter().chain(self.blobs.get(name));
        let is_of = |id: &String, blob: &Blob| blob.snapshot.as_ref() == Some(id) || blob.version.as_ref() == Some(id);
        let is_taken = |id: &String| taken == Some(id.as_str()) || states().any(|blob| is_of(id, blob));
        let mut time = Timestamp::now();
        loop {
            let id = format!("{time:.7}");
            if !is_taken(&id) {
                return id;
            }
            time = time.saturating_add(SignedDuration::from_nanos(100)).unwrap_or(time);
        }
    }

    /// Deletes the uncommitted blocks of a blob that does not exist yet; `false` if it has no such blocks.
    pub(super) fn delete_blocks(&mut self, name: BlobName<'_>) -> io::Result<bool> {
        let Some(waiting) = self.uncommitted.get(name.0) else { return Ok(false) };
        let ids = waiting.keys().cloned().collect();
        self.make(vec![RecordChange::DropBlocks { blob: name.0.to_owned(), ids }])?;
        Ok(true)
    }

    /// Drops the uncommitted blocks of a blob that has been written or deleted; `false` if there were none. Their
    /// records no longer count, and the next start removes those that remain.
    pub(super) fn forget_blocks(&mut self, name: BlobName<'_>) -> bool {
        let Some(blocks) = self.uncommitted.remove(name.0) else { return false };
        for id in blocks.keys() {
            let _ = disk::remove_block(&self.folder, name.0, id);
        }
        self.give_up_parts(name.0, blocks.values());
        true
    }

    /// Adds a block that was uncommitted when the process ended. Returns `false` for a block that no longer counts,
    /// because its blob has been written or deleted since.
    pub(super) fn load_block(&mut self, blob: String, generation: Option<Uuid>, block: Arc<BlobPart>) -> bool {
        if self.generation(&blob) != generation {
            return false;
        }
        let id = block.block_id.clone().unwrap_or_default();
        self.uncommitted.entry(blob).or_default().insert(id, block);
        true
    }

    /// Returns the generation of a blob's current state.
    fn generation(&self, name: &str) -> Option<Uuid> {
        self.blobs.get(name).map(|blob| blob.generation)
    }

    /// Removes the current state of a blob, or keeps it according to the account's retention. The other `changes` are
    /// part of the same transaction.
    pub(super) fn remove(
        &mut self,
        name: BlobName<'_>,
        retention: Retention,
        mut changes: Vec<RecordChange>,
    ) -> io::Result<()> {
        let Some(old) = self.blobs.get(name.0).cloned() else { return Ok(()) };
        let kept = retention.of_deleted(&old, self.new_id(name.0, None));
        changes.extend(kept.map(|kept| RecordChange::Keep(Arc::new(kept))));
        changes.push(RecordChange::Remove(old));
        self.make(changes)?;
        self.forget_blocks(name);
        Ok(())
    }

    /// Drops deleted states whose retention time is over.
    pub(super) fn forget_expired(&mut self, retention: Retention, now: Timestamp) -> io::Result<()> {
        let Some(days) = retention.delete_days else { return Ok(()) };
        let is_over = |blob: &Arc<Blob>| blob.deleted.is_some_and(|at| remaining_days(at, days, now).is_none());
        let over = self.older.values().flatten().filter(|blob| is_over(blob));
        let changes: Vec<_> = over.map(|blob| retention.dropping(blob)).collect();
        self.make(changes)
    }

    /// Keeps a block until it is committed. All uncommitted blocks of a blob have IDs of the same length.
    pub(super) fn stage(&mut self, name: BlobName<'_>, part: BlobPart) -> Result<(), BlobError> {
        let id = part.block_id.clone().ok_or(BlobError::InvalidBlobOrBlock)?;
        self.finish_change()?;
        let generation = self.generation(name.0);
        let blocks = self.uncommitted.entry(name.0.to_owned()).or_default();
        if blocks.keys().next().is_some_and(|known| known.len() != id.len()) {
            return Err(BlobError::InvalidBlobOrBlock);
        }
        if blocks.len() >= WAITING_LIMIT && !blocks.contains_key(&id) {
            return Err(BlobError::BlockCountExceedsLimit);
        }
        disk::write_block(&self.folder, name.0, generation, &part)?;
        part.keep(true);
        if let Some(old) = blocks.insert(id, Arc::new(part)) {
            self.give_up_parts(name.0, std::iter::once(&old));
        }
        Ok(())
    }

    /// Returns the parts that a block list names.
    pub(in crate::blob) fn blocks(
        &self,
        name: BlobName<'_>,
        list: &[BlockReference],
    ) -> Result<Vec<Arc<BlobPart>>, BlobError> {
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

    /// Returns the names of the files that records refer to.
    pub(super) fn files(&self) -> HashSet<PathBuf> {
        let states = self.blobs.values().chain(self.older.values().flatten());
        let waiting = self.uncommitted.values().flat_map(BTreeMap::values);
        states.flat_map(|blob| blob.parts()).chain(waiting).map(|part| part.path.clone()).collect()
    }
}

fn by_id(blob: &Blob) -> BTreeMap<&str, &Arc<BlobPart>> {
    blob.parts().filter_map(|part| Some((part.block_id.as_deref()?, part))).collect()
}
