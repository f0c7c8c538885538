//! The last written state of a blob, and the parts of its content.

use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::part::{BlobPart, Piece};
use crate::blob::{
    error::BlobError,
    lease::Lease,
    properties::{ContentProperties, Metadata},
    tags::Tags,
};

/// A state of a blob; each write makes a new one.
#[derive(Clone, Debug)]
pub(in crate::blob) struct Blob {
    pub(in crate::blob) name: String,
    /// The entity tag with its quotes.
    pub(in crate::blob) etag: String,
    /// Changes when the whole blob is written, which drops its uncommitted blocks.
    pub(in crate::blob) generation: Uuid,
    pub(in crate::blob) created: Timestamp,
    pub(in crate::blob) last_modified: Timestamp,
    pub(in crate::blob) properties: ContentProperties,
    pub(in crate::blob) metadata: Metadata,
    pub(in crate::blob) tags: Tags,
    /// The access tier that a client asked for.
    pub(in crate::blob) tier: Option<Tier>,
    /// The time of this request.
    pub(in crate::blob) tier_changed: Option<Timestamp>,
    /// The target tier of a blob that leaves the archive.
    pub(in crate::blob) rehydrating: Option<Rehydrating>,
    /// The time of the snapshot; only snapshots have it.
    pub(in crate::blob) snapshot: Option<String>,
    /// The ID of this version, in an account with versioning.
    pub(in crate::blob) version: Option<String>,
    /// The time of the deletion; the state can be restored.
    pub(in crate::blob) deleted: Option<Timestamp>,
    pub(in crate::blob) lease: Lease,
    pub(in crate::blob) copied: Option<Copied>,
    pub(in crate::blob) kind: BlobKind,
    pub(in crate::blob) pieces: Vec<Piece>,
}

/// The three kinds of blob, with the members that only one kind has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(in crate::blob) enum BlobKind {
    Block,
    Append { sealed: bool },
    Page { sequence_number: u64 },
}

/// The access tier of a blob. A blob in the archive cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::blob) enum Tier {
    Hot,
    Cool,
    Cold,
    Archive,
}

/// A blob's pending move out of the archive. It never completes here; in Azure it takes hours.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::blob) struct Rehydrating {
    pub(in crate::blob) to: Tier,
    /// `Standard` or `High`.
    pub(in crate::blob) priority: String,
}

/// One of a blob's states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::blob) enum Which {
    Current,
    Snapshot(String),
    Version(String),
}

/// The copy that made a blob.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(in crate::blob) struct Copied {
    pub(in crate::blob) id: String,
    pub(in crate::blob) source: String,
    pub(in crate::blob) completed: Timestamp,
    pub(in crate::blob) length: u64,
}

impl Blob {
    /// Returns a blob without content, written now.
    pub(in crate::blob) fn new(name: &str, kind: BlobKind) -> Self {
        let now = Timestamp::now();
        Self {
            name: name.to_owned(),
            etag: new_etag(),
            generation: Uuid::new_v4(),
            created: now,
            last_modified: now,
            properties: ContentProperties::default(),
            metadata: Metadata::default(),
            tags: Tags::default(),
            tier: None,
            tier_changed: None,
            rehydrating: None,
            snapshot: None,
            version: None,
            deleted: None,
            lease: Lease::default(),
            copied: None,
            kind,
            pieces: Vec::new(),
        }
    }

    /// Returns the number of bytes.
    pub(in crate::blob) fn length(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.length).sum()
    }

    /// Checks that the blob is not in the archive, where it can be neither read nor changed.
    pub(in crate::blob) fn check_online(&self) -> Result<(), BlobError> {
        match (self.tier, &self.rehydrating) {
            (Some(Tier::Archive), Some(_)) => Err(BlobError::BlobBeingRehydrated),
            (Some(Tier::Archive), None) => Err(BlobError::BlobArchived),
            (None | Some(Tier::Hot | Tier::Cool | Tier::Cold), _) => Ok(()),
        }
    }

    /// Reports whether this is neither a snapshot nor deleted. Callers exclude replaced versions themselves.
    fn is_current(&self) -> bool {
        self.snapshot.is_none() && self.deleted.is_none()
    }

    /// Returns the key of the state's record: the name, and for states other than the current one also the fields that
    /// distinguish them.
    pub(super) fn key(&self, is_current: bool) -> String {
        if is_current && self.is_current() {
            return self.name.clone();
        }
        let state = [&self.snapshot, &self.version].map(|part| part.as_deref().unwrap_or_default());
        // Blob names have no control characters.
        format!("{}\0{}\0{}\0{}", self.name, state[0], state[1], self.etag)
    }

    /// Returns a key that sorts older states before newer ones.
    pub(super) fn age_key(&self) -> (Timestamp, Option<&str>) {
        (self.last_modified, self.snapshot.as_deref().or(self.version.as_deref()))
    }

    /// Checks that this is a block blob: blocks make no other kind.
    pub(in crate::blob) fn check_is_block(&self) -> Result<(), BlobError> {
        if self.kind == BlobKind::Block { Ok(()) } else { Err(BlobError::InvalidBlobType) }
    }

    pub(super) fn parts(&self) -> impl Iterator<Item = &Arc<BlobPart>> {
        self.pieces.iter().filter_map(|piece| piece.part.as_ref())
    }
}

impl BlobKind {
    /// Returns the name in the API.
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
        [Self::Hot, Self::Cool, Self::Cold, Self::Archive].into_iter().find(|tier| tier.name() == name)
    }

    /// Returns the name in the API.
    pub(in crate::blob) const fn name(self) -> &'static str {
        match self {
            Self::Hot => "Hot",
            Self::Cool => "Cool",
            Self::Cold => "Cold",
            Self::Archive => "Archive",
        }
    }
}

impl Rehydrating {
    /// Returns the value of `x-ms-archive-status`.
    pub(in crate::blob) fn status(&self) -> String {
        format!("rehydrate-pending-to-{}", self.to.name().to_ascii_lowercase())
    }
}

/// Returns a new entity tag in Azure's form, quotes included.
pub(super) fn new_etag() -> String {
    let random = Uuid::new_v4().as_u64_pair().0 >> 12;
    format!("\"0x8D{random:013X}\"")
}
