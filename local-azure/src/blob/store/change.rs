//! Changes of a container's records as one transaction: either all of them are made, or none.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    blob::Blob,
    record::{BlobRecord, block_name, record_name},
};

/// A change of one record, or of the records of all blocks of a blob.
pub(super) enum RecordChange {
    /// Writes the blob's current state.
    Save(Arc<Blob>),
    /// Removes the blob's current state.
    Remove(Arc<Blob>),
    /// Keeps a state that is not the current one.
    Keep(Arc<Blob>),
    /// Replaces a state that is not the current one, under the same record.
    Amend { old: Arc<Blob>, new: Arc<Blob> },
    /// Removes a state that is not the current one.
    Drop(Arc<Blob>),
    /// Removes all uncommitted blocks of a blob.
    DropBlocks { blob: String, ids: Vec<String> },
}

/// Changes in the form that is written to the disk, by the names of the records' files.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChangeRecord {
    pub(super) written: Vec<(String, BlobRecord)>,
    pub(super) removed: Vec<String>,
    pub(super) removed_blocks: Vec<String>,
}

impl ChangeRecord {
    pub(super) fn from_changes(changes: &[RecordChange]) -> Self {
        let mut record = Self::default();
        for change in changes {
            match change {
                RecordChange::Save(blob) => record.write(blob, true),
                RecordChange::Keep(blob) | RecordChange::Amend { new: blob, .. } => record.write(blob, false),
                RecordChange::Remove(blob) => record.removed.push(record_name(&blob.key(true))),
                RecordChange::Drop(blob) => record.removed.push(record_name(&blob.key(false))),
                RecordChange::DropBlocks { blob, ids } => {
                    record.removed_blocks.extend(ids.iter().map(|id| block_name(blob, id)));
                }
            }
        }
        record
    }

    fn write(&mut self, blob: &Blob, is_current: bool) {
        self.written.push((record_name(&blob.key(is_current)), BlobRecord::from_blob(blob, !is_current)));
    }

    /// Reports whether the change touches at most one file: the disk makes such a change completely or not at all.
    pub(super) fn is_single(&self) -> bool {
        self.names().count() < 2
    }

    /// Returns the files that the change writes and removes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let written = self.written.iter().map(|(name, _)| name);
        written.chain(&self.removed).chain(&self.removed_blocks).map(String::as_str)
    }
}
