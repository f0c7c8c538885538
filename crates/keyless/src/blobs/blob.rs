//! What is known about a blob.

use jiff::Timestamp;
use serde::Serialize;
use url::Url;

/// What is known about a blob.
#[derive(Clone, Debug, Serialize)]
pub struct Blob {
    /// Its name in the container.
    #[serde(skip)]
    pub name: String,
    /// Where it is.
    pub url: Url,
    /// As in an `ETag` header, with its quotes.
    pub etag: String,
    /// In bytes.
    pub size: u64,
    /// As far as it was asked for: a blob that was just written does not say.
    #[serde(skip)]
    pub content: Content,
}

/// How a blob's bytes are to be understood, and since when.
#[derive(Clone, Debug, Default)]
pub struct Content {
    /// Its `Content-Type`.
    pub kind: Option<String>,
    /// When it was last written.
    pub modified: Option<Timestamp>,
}

/// How a write ended that leaves existing blobs alone.
#[derive(Clone, Debug)]
pub enum Creation {
    /// The blob was written.
    Written(Blob),
    /// A blob of this name exists, and was left as it is.
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
