//! The properties of an existing blob.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

/// An existing blob.
#[derive(Clone, Debug, Serialize)]
pub struct Blob {
    /// Its name in the container.
    #[serde(skip)]
    pub name: String,
    /// Its URL.
    pub url: Url,
    /// As in an `ETag` header, with its quotes.
    pub etag: String,
    /// In bytes.
    pub size: u64,
    /// Its type and date, if the call asked for them; empty for a blob that was just written.
    #[serde(skip)]
    pub content: Content,
}

/// A blob's content type, and when it was last written.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Its `Content-Type`.
    pub kind: Option<String>,
    /// When it was last written.
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
    /// The blob that exists now.
    #[must_use]
    pub fn into_blob(self) -> Blob {
        match self {
            Self::Written(blob) | Self::Existed(blob) => blob,
        }
    }
}
