//! The JSON records of a blob and of a block.

use std::{collections::HashMap, path::Path, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;

use super::{
    blob::{Blob, BlobKind, Copied, Rehydrating, Tier},
    part::{BlobPart, Piece},
};
use crate::blob::{
    lease::Lease,
    properties::{ContentProperties, Metadata},
    tags::Tags,
};

/// A blob's record. Members with a default were added after the first records.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlobRecord {
    name: String,
    etag: String,
    #[serde(default)]
    generation: Uuid,
    created: Timestamp,
    last_modified: Timestamp,
    properties: ContentProperties,
    metadata: Metadata,
    #[serde(default)]
    tags: Tags,
    #[serde(default)]
    tier: Option<Tier>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tier_changed: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rehydrating: Option<Rehydrating>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    snapshot: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deleted: Option<Timestamp>,
    /// Whether another state of the blob replaced this one, or it is a snapshot, or it is deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    older: bool,
    #[serde(default)]
    lease: Lease,
    #[serde(default)]
    copied: Option<Copied>,
    #[serde(default = "block")]
    kind: BlobKind,
    parts: Vec<PieceRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PieceRecord {
    /// The file; none for zeros.
    file: Option<String>,
    #[serde(default)]
    offset: u64,
    length: u64,
    block_id: Option<String>,
}

/// An uncommitted block.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlockRecord {
    blob: String,
    /// The generation of the blob when the block was written; none if there was no blob.
    generation: Option<Uuid>,
    id: String,
    file: String,
    length: u64,
}

/// The parts of a container by file name. Pieces of one file must share its part, or the file would be deleted with the
/// first of them.
pub(super) type KnownParts = HashMap<String, Arc<BlobPart>>;

impl BlobRecord {
    pub(super) fn from_blob(blob: &Blob, older: bool) -> Self {
        let parts = blob.pieces.iter().map(|piece| PieceRecord {
            file: piece.part.as_ref().map(|part| file_name(&part.path)),
            offset: piece.offset,
            length: piece.length,
            block_id: piece.part.as_ref().and_then(|part| part.block_id.clone()),
        });
        Self {
            name: blob.name.clone(),
            etag: blob.etag.clone(),
            generation: blob.generation,
            created: blob.created,
            last_modified: blob.last_modified,
            properties: blob.properties.clone(),
            metadata: blob.metadata.clone(),
            tags: blob.tags.clone(),
            tier: blob.tier,
            tier_changed: blob.tier_changed,
            rehydrating: blob.rehydrating.clone(),
            snapshot: blob.snapshot.clone(),
            version: blob.version.clone(),
            deleted: blob.deleted,
            older,
            lease: blob.lease.clone(),
            copied: blob.copied.clone(),
            kind: blob.kind,
            parts: parts.collect(),
        }
    }

    pub(super) const fn is_older(&self) -> bool {
        self.older
    }

    pub(super) fn into_blob(self, content: &Path, known: &mut KnownParts) -> Blob {
        let pieces = self.parts.into_iter().map(|record| {
            let part = record.file.map(|file| {
                let path = content.join(&file);
                let new = || Arc::new(BlobPart::new(path, record.length, record.block_id, true));
                known.entry(file).or_insert_with(new).clone()
            });
            Piece { part, offset: record.offset, length: record.length }
        });
        Blob {
            pieces: pieces.collect(),
            name: self.name,
            etag: self.etag,
            generation: self.generation,
            created: self.created,
            last_modified: self.last_modified,
            properties: self.properties,
            metadata: self.metadata,
            tags: self.tags,
            tier: self.tier,
            tier_changed: self.tier_changed,
            rehydrating: self.rehydrating,
            snapshot: self.snapshot,
            version: self.version,
            deleted: self.deleted,
            lease: self.lease,
            copied: self.copied,
            kind: self.kind,
        }
    }
}

impl BlockRecord {
    pub(super) fn from_part(blob: &str, generation: Option<Uuid>, block: &BlobPart) -> Self {
        let id = block.block_id.clone().unwrap_or_default();
        Self { blob: blob.to_owned(), generation, id, file: file_name(&block.path), length: block.length }
    }

    /// Returns the name and the generation of the blob, and the block.
    pub(super) fn into_block(self, content: &Path, known: &mut KnownParts) -> (String, Option<Uuid>, Arc<BlobPart>) {
        let path = content.join(&self.file);
        let new = || Arc::new(BlobPart::new(path, self.length, Some(self.id), true));
        (self.blob, self.generation, known.entry(self.file).or_insert_with(new).clone())
    }
}

/// Returns the name of the file with a state's record.
pub(super) fn record_name(key: &str) -> String {
    let hash: String = Sha256::digest(key).iter().map(|byte| format!("{byte:02x}")).collect();
    format!("{hash}.json")
}

/// Returns the name of the file with a block's record. Blob names have no control characters.
pub(super) fn block_name(blob: &str, id: &str) -> String {
    record_name(&format!("{blob}\0{id}"))
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

const fn block() -> BlobKind {
    BlobKind::Block
}
