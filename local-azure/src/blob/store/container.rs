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

use super::{BlockReference, NewBlob, Part, disk, new_etag};
use crate::blob::{
    BlobName,
    error::BlobError,
    properties::{ContentProperties, Metadata},
};

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
}

/// A blob as it was last written; a write makes a new one.
#[derive(Debug)]
pub(in crate::blob) struct Blob {
    pub(in crate::blob) name: String,
    /// With its quotes.
    pub(in crate::blob) etag: String,
    pub(in crate::blob) created: Timestamp,
    pub(in crate::blob) last_modified: Timestamp,
    pub(in crate::blob) properties: ContentProperties,
    pub(in crate::blob) metadata: Metadata,
    pub(in crate::blob) parts: Vec<Arc<Part>>,
}

impl Blob {
    /// Bytes.
    pub(in crate::blob) fn length(&self) -> u64 {
        self.parts.iter().map(|part| part.length).sum()
    }
}

impl Container {
    pub(super) fn existing(&self, name: BlobName<'_>) -> Option<&Blob> {
        self.blobs.get(name.0).map(Arc::as_ref)
    }

    pub(super) fn new_part(&self) -> Part {
        Part::new(disk::content(&self.folder).join(Uuid::new_v4().simple().to_string()), 0, None, false)
    }

    /// Writes the record of a blob and gives up what the old one had alone.
    pub(super) fn replace(
        &mut self,
        name: BlobName<'_>,
        new: NewBlob,
        parts: Vec<Arc<Part>>,
    ) -> Result<Arc<Blob>, BlobError> {
        let now = Timestamp::now();
        let old = self.blobs.get(name.0);
        let blob = Arc::new(Blob {
            name: name.0.to_owned(),
            etag: new_etag(),
            created: old.map_or(now, |old| old.created),
            last_modified: now,
            properties: new.properties,
            metadata: new.metadata,
            parts,
        });
        disk::write_blob(&self.folder, &blob)?;
        if let Some(old) = old {
            old.parts.iter().for_each(|part| part.keep(false));
        }
        blob.parts.iter().for_each(|part| part.keep(true));
        self.uncommitted.remove(name.0);
        self.blobs.insert(name.0.to_owned(), blob.clone());
        Ok(blob)
    }

    pub(super) fn remove(&mut self, name: BlobName<'_>) -> io::Result<()> {
        disk::remove_blob(&self.folder, name.0)?;
        self.uncommitted.remove(name.0);
        if let Some(old) = self.blobs.remove(name.0) {
            old.parts.iter().for_each(|part| part.keep(false));
        }
        Ok(())
    }

    pub(super) fn stage(&mut self, name: BlobName<'_>, part: Part) -> Result<(), BlobError> {
        let id = part.block_id.clone().ok_or(BlobError::InvalidBlobOrBlock)?;
        let blocks = self.uncommitted.entry(name.0.to_owned()).or_default();
        if blocks.keys().next().is_some_and(|known| known.len() != id.len()) {
            return Err(BlobError::InvalidBlobOrBlock);
        }
        blocks.insert(id, Arc::new(part));
        Ok(())
    }

    /// The parts that a block list names.
    pub(super) fn blocks(&self, name: BlobName<'_>, list: &[BlockReference]) -> Result<Vec<Arc<Part>>, BlobError> {
        let waiting = self.uncommitted.get(name.0);
        let committed = self.blobs.get(name.0).map(|blob| by_id(&blob.parts)).unwrap_or_default();
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
        self.blobs.values().flat_map(|blob| &blob.parts).map(|part| part.path.clone()).collect()
    }
}

fn by_id(parts: &[Arc<Part>]) -> BTreeMap<&str, &Arc<Part>> {
    parts.iter().filter_map(|part| Some((part.block_id.as_deref()?, part))).collect()
}
