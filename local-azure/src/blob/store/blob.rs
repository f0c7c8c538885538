//! A blob as it was last written, and what its content is made of.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Part;
use crate::blob::{
    error::BlobError,
    lease::Lease,
    properties::{ContentProperties, Metadata},
    tags::Tags,
};

/// A blob; a write makes a new one.
#[derive(Clone, Debug)]
pub(in crate::blob) struct Blob {
    pub(in crate::blob) name: String,
    /// With its quotes.
    pub(in crate::blob) etag: String,
    pub(in crate::blob) created: Timestamp,
    pub(in crate::blob) last_modified: Timestamp,
    pub(in crate::blob) properties: ContentProperties,
    pub(in crate::blob) metadata: Metadata,
    pub(in crate::blob) tags: Tags,
    /// The access tier that a client asked for.
    pub(in crate::blob) tier: Option<Tier>,
    pub(in crate::blob) lease: Lease,
    pub(in crate::blob) copied: Option<Copied>,
    pub(in crate::blob) kind: Kind,
    pub(in crate::blob) pieces: Vec<Piece>,
}

/// The three kinds of blob, with what only one of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::blob) enum Kind {
    Block,
    Append { sealed: bool },
    Page { sequence_number: u64 },
}

/// How readily a block blob can be read. The archive, from which nothing can be read, is not served.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::blob) enum Tier {
    Hot,
    Cool,
    Cold,
}

/// The copy that made a blob.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::blob) struct Copied {
    pub(in crate::blob) id: String,
    pub(in crate::blob) source: String,
    pub(in crate::blob) completed: Timestamp,
    pub(in crate::blob) length: u64,
}

/// Bytes that follow each other: a part of a file, or zeros that no file holds.
#[derive(Clone, Debug)]
pub(in crate::blob) struct Piece {
    pub(in crate::blob) part: Option<Arc<Part>>,
    /// Where in the file they start.
    pub(in crate::blob) offset: u64,
    /// Bytes.
    pub(in crate::blob) length: u64,
}

impl Blob {
    /// A blob without content, written now.
    pub(in crate::blob) fn new(name: &str, kind: Kind) -> Self {
        let now = Timestamp::now();
        Self {
            name: name.to_owned(),
            etag: super::new_etag(),
            created: now,
            last_modified: now,
            properties: ContentProperties::default(),
            metadata: Metadata::default(),
            tags: Tags::default(),
            tier: None,
            lease: Lease::default(),
            copied: None,
            kind,
            pieces: Vec::new(),
        }
    }

    /// Bytes.
    pub(in crate::blob) fn length(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.length).sum()
    }

    /// Blocks make block blobs only.
    pub(in crate::blob) fn check_is_block(&self) -> Result<(), BlobError> {
        if self.kind == Kind::Block { Ok(()) } else { Err(BlobError::InvalidBlobType) }
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Arc<Part>> {
        self.pieces.iter().filter_map(|piece| piece.part.as_ref())
    }
}

impl Kind {
    /// The name in the API.
    pub(in crate::blob) const fn name(self) -> &'static str {
        match self {
            Self::Block => "BlockBlob",
            Self::Append { .. } => "AppendBlob",
            Self::Page { .. } => "PageBlob",
        }
    }
}

impl Tier {
    pub(in crate::blob) fn by_name(name: &str) -> Option<Self> {
        [Self::Hot, Self::Cool, Self::Cold].into_iter().find(|tier| tier.name() == name)
    }

    /// The name in the API.
    pub(in crate::blob) const fn name(self) -> &'static str {
        match self {
            Self::Hot => "Hot",
            Self::Cool => "Cool",
            Self::Cold => "Cold",
        }
    }
}

impl Piece {
    /// A whole file.
    pub(in crate::blob) fn whole(part: Arc<Part>) -> Self {
        Self { offset: 0, length: part.length, part: Some(part) }
    }

    /// Bytes that were never written.
    pub(in crate::blob) fn zeros(length: u64) -> Self {
        Self { part: None, offset: 0, length }
    }
}
