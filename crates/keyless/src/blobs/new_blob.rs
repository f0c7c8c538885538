//! The properties of a blob to write.

use std::collections::HashMap;

use azure_core::http::Etag;
use azure_storage_blob::models::AccessTier;

/// The metadata of a blob: names and values.
pub type Metadata = HashMap<String, String>;

/// The properties of a blob to write, without its bytes.
#[derive(Clone, Debug)]
pub struct NewBlob {
    /// The name in the container.
    pub name: String,
    /// The `Content-Type`; `None` for the body's own, or `application/octet-stream` if it has none.
    pub content_type: Option<String>,
    /// The `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// The metadata.
    pub metadata: Metadata,
    /// The access tier; `None` for the account's default.
    pub tier: Option<Tier>,
    /// The condition of the write.
    pub condition: Condition,
    /// The MD5 that the whole body must have.
    pub md5: Option<[u8; 16]>,
}

impl NewBlob {
    /// Makes a blob that is written only if no blob has its name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            content_type: None,
            content_encoding: None,
            metadata: Metadata::new(),
            tier: None,
            condition: Condition::Absent,
            md5: None,
        }
    }
}

/// The condition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Write only if no blob has this name.
    Absent,
    /// Write only if this replaces the blob with this `ETag`, or any blob if it is `*`.
    Matches(String),
    /// Write always.
    Any,
}

impl Condition {
    pub(super) fn if_match(&self) -> Option<Etag> {
        match self {
            Self::Absent | Self::Any => None,
            Self::Matches(etag) => Some(etag.clone().into()),
        }
    }

    pub(super) fn if_none_match(&self) -> Option<Etag> {
        (*self == Self::Absent).then(|| "*".into())
    }
}

/// A blob's access tier: the speed and the price of reading it.
/// <https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Read often.
    Hot,
    /// Read seldom.
    Cool,
    /// Read rarely.
    Cold,
    /// Offline: a blob can be read only after hours.
    Archive,
}

impl From<Tier> for AccessTier {
    fn from(tier: Tier) -> Self {
        match tier {
            Tier::Hot => Self::Hot,
            Tier::Cool => Self::Cool,
            Tier::Cold => Self::Cold,
            Tier::Archive => Self::Archive,
        }
    }
}
