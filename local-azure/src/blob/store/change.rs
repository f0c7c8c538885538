//! Changes of a container's records as one transaction: all of them, or none.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{
    blob::Blob,
    record::{BlobRecord, block_name, record_name},
};

/// What happens to one record, or to those of all blocks of a blob.
pub(super) enum RecordChange {
    /// The blob is as this says.
    Save(Arc<Blob>),
    /// There is no blob any more.
    Remove(Arc<Blob>),
    /// A state that is not the current one is kept.
    Keep(Arc<Blob>),
    /// A state that is not the current one becomes another, under the same record.
    Amend { old: Arc<Blob>, new: Arc<Blob> },
    /// A state that is not the current one goes.
    Drop(Arc<Blob>),
    /// The blocks of a blob wait no more: all of them.
    DropBlocks { blob: String, ids: Vec<String> },
}

/// Changes as they are written down, by the names of the records' files.
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

    /// Whether the disk makes it at once, or not at all.
    pub(super) fn is_single(&self) -> bool {
        self.names().count() < 2
    }

    /// The files that it writes and removes.
    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        let written = self.written.iter().map(|(name, _)| name);
        written.chain(&self.removed).chain(&self.removed_blocks).map(String::as_str)
    }
}
