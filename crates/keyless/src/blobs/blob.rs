//! The properties of an existing blob.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

/// An existing blob.
#[derive(Clone, Debug, Serialize)]
pub struct Blob {
    /// The name in the container.
    #[serde(skip)]
    pub name: String,
    /// The blob's URL.
    pub url: Url,
    /// The `ETag`, with its quotes, as in the header.
    pub etag: String,
    /// The size in bytes.
    pub size: u64,
    /// The type and date, if the call asked for them. They are empty for a blob that was just written.
    #[serde(skip)]
    pub content: Content,
}

/// A blob's content type, and the time of its last write.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// The `Content-Type`.
    pub kind: Option<String>,
    /// The time of the last write.
    pub modified: Option<Timestamp>,
}

/// The outcome of a write that never replaces a blob.
#[derive(Clone, Debug)]
pub enum Creation {
    /// The blob was written.
    Written(Blob),
    /// A blob of this name exists and did not change.
    Existed(Blob),
}

impl Creation {
    /// Returns the blob that exists now.
    #[must_use]
    pub fn into_blob(self) -> Blob {
        match self {
            Self::Written(blob) | Self::Existed(blob) => blob,
        }
    }
}
