//! One container: its blobs, and the blocks that wait to be committed.

use std::{
    collections::{BTreeMap, HashSet},
    io,
    path::PathBuf,
    sync::Arc,
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::{Blob, BlockReference, Part, disk};
use crate::blob::{BlobName, error::BlobError, lease::Lease, properties::Metadata};

/// Blocks of one blob that may wait to be committed (<https://learn.microsoft.com/rest/api/storageservices/put-block#remarks>).
const WAITING_LIMIT: usize = 100_000;

/// A container.
pub(in crate::blob) struct Container {
    pub(super) folder: PathBuf,
    pub(super) state: ContainerState,
    pub(super) blobs: BTreeMap<String, Arc<Blob>>,
    /// Blocks by blob and ID; they live as long as the process.
    pub(super) uncommitted: BTreeMap<String, BTreeMap<String, Arc<Part>>>,
}

/// What a container says about itself.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::blob) struct ContainerState {
    pub(in crate::blob) etag: String,
    pub(in crate::blob) last_modified: Timestamp,
    pub(in crate::blob) metadata: Metadata,
    #[serde(default)]
    pub(in crate::blob) lease: Lease,
}

impl Container {
    pub(in crate::blob) fn existing(&self, name: BlobName<'_>) -> Option<&Arc<Blob>> {
        self.blobs.get(name.0)
    }

    pub(in crate::blob) fn new_part(&self) -> Part {
        Part::new(disk::content(&self.folder).join(Uuid::new_v4().simple().to_string()), 0, None, false)
    }

    /// Writes the record of a blob and gives up what the old one had alone.
    pub(super) fn save(&mut self, blob: Blob) -> Result<Arc<Blob>, BlobError> {
        let blob = Arc::new(blob);
        disk::write_blob(&self.folder, &blob)?;
        if let Some(old) = self.blobs.insert(blob.name.clone(), blob.clone()) {
            old.parts().for_each(|part| part.keep(false));
        }
        blob.parts().for_each(|part| part.keep(true));
        Ok(blob)
    }

    /// Drops the blocks of a blob that nobody committed; `false` when there were none.
    pub(super) fn forget_blocks(&mut self, name: BlobName<'_>) -> bool {
        self.uncommitted.remove(name.0).is_some()
    }

    pub(super) fn remove(&mut self, name: BlobName<'_>) -> io::Result<()> {
        disk::remove_blob(&self.folder, name.0)?;
        self.forget_blocks(name);
        if let Some(old) = self.blobs.remove(name.0) {
            old.parts().for_each(|part| part.keep(false));
        }
        Ok(())
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
        self.blobs.values().flat_map(|blob| blob.parts()).map(|part| part.path.clone()).collect()
    }
}

fn by_id(blob: &Blob) -> BTreeMap<&str, &Arc<Part>> {
    blob.parts().filter_map(|part| Some((part.block_id.as_deref()?, part))).collect()
}
