//! The JSON record of a blob.

use std::{collections::HashMap, path::Path, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    blob::{Blob, Copied, Kind, Rehydrating, Tier},
    part::{Part, Piece},
};
use crate::blob::{
    lease::Lease,
    properties::{ContentProperties, Metadata},
    tags::Tags,
};

/// Members with a default came later than the first records.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BlobRecord {
    name: String,
    etag: String,
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
    /// Another state of the blob took its place, or it is a snapshot, or deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    older: bool,
    #[serde(default)]
    lease: Lease,
    #[serde(default)]
    copied: Option<Copied>,
    #[serde(default = "block")]
    kind: Kind,
    parts: Vec<PieceRecord>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PieceRecord {
    /// None stands for zeros.
    file: Option<String>,
    #[serde(default)]
    offset: u64,
    length: u64,
    block_id: Option<String>,
}

/// The parts of a container by file name: two pieces of one file must share it, or it would go with the first of them.
pub(super) type KnownParts = HashMap<String, Arc<Part>>;

impl BlobRecord {
    pub(super) fn of(blob: &Blob, older: bool) -> Self {
        let file_name = |path: &Path| path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let parts = blob.pieces.iter().map(|piece| PieceRecord {
            file: piece.part.as_ref().map(|part| file_name(&part.path)),
            offset: piece.offset,
            length: piece.length,
            block_id: piece.part.as_ref().and_then(|part| part.block_id.clone()),
        });
        Self {
            name: blob.name.clone(),
            etag: blob.etag.clone(),
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
                let new = || Arc::new(Part::new(path, record.length, record.block_id, true));
                known.entry(file).or_insert_with(new).clone()
            });
            Piece { part, offset: record.offset, length: record.length }
        });
        Blob {
            pieces: pieces.collect(),
            name: self.name,
            etag: self.etag,
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

const fn block() -> Kind {
    Kind::Block
}
