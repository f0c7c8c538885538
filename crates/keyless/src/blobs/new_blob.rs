//! A blob to be, without its bytes.

use std::collections::HashMap;

use azure_core::http::Etag;
use azure_storage_blob::models::AccessTier;

/// Names and values that are kept with a blob.
pub type Metadata = HashMap<String, String>;

/// A blob to be, without its bytes.
#[derive(Clone, Debug)]
pub struct NewBlob {
    /// Its name in the container.
    pub name: String,
    /// Its `Content-Type`; `None` for that of the body, else `application/octet-stream`.
    pub content_type: Option<String>,
    /// Its `Content-Encoding`.
    pub content_encoding: Option<String>,
    /// Names and values that are kept with it.
    pub metadata: Metadata,
    /// `None` for the account's own.
    pub tier: Option<Tier>,
    /// When it may be written.
    pub condition: Condition,
    /// The MD5 that the whole body must have.
    pub md5: Option<[u8; 16]>,
}

impl NewBlob {
    /// A blob that is written only if no blob has its name.
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

/// When a blob may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Only if no blob has its name.
    Absent,
    /// Only in place of the one with this `ETag`, or of any if it is `*`.
    Matches(String),
    /// Always.
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

/// How quickly, and for what price, a blob can be read.
/// <https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Read often.
    Hot,
    /// Read seldom.
    Cool,
    /// Read rarely.
    Cold,
    /// Offline: hours until it can be read.
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
