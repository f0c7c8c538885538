//! Reads a blob's properties, its bytes or a range of them.

use std::{num::NonZero, ops::Range};

use azure_core::{
    http::{AsyncResponseBody, Etag},
    time::OffsetDateTime,
};
use azure_storage_blob::models::{
    BlobClientDownloadOptions, BlobClientGetPropertiesResultHeaders, HttpRange, StorageErrorCode,
};
use futures_util::TryStreamExt as _;
use jiff::Timestamp;

use super::{
    blob::{Blob, Content},
    container::{Container, within},
    refusal::{has_code, refused},
};
use crate::{
    body::Body,
    error::{Error, Service},
    failure::failure,
};

/// The size and the number of the parts that the SDK reads in parallel. It holds up to twice as many until their turn
/// comes: 8 MiB in all. Its default would take 64 MiB or more.
const PART: NonZero<usize> = NonZero::new(2 * 1024 * 1024).unwrap();
const PARTS_AT_ONCE: NonZero<usize> = NonZero::new(2).unwrap();

impl Container {
    /// Finds a blob that must exist.
    pub(super) async fn describe(&self, name: String) -> Result<Blob, Error> {
        self.find(name).await?.ok_or(Error::NotFound("blob"))
    }

    /// Finds the blob of this name, or returns `None`.
    ///
    /// # Errors
    /// When Storage refuses or does not answer.
    pub async fn find(&self, name: impl Into<String>) -> Result<Option<Blob>, Error> {
        let name = name.into();
        let properties = match within(self.client.blob_client(&name).get_properties(None)).await {
            Ok(properties) => properties,
            Err(error) if has_code(&error, &StorageErrorCode::BlobNotFound) => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        let (etag, size) = (properties.etag().map_err(refused)?, properties.content_length().map_err(refused)?);
        let content = Content {
            kind: properties.content_type().map_err(refused)?,
            modified: properties.last_modified().map_err(refused)?.and_then(timestamp),
        };
        Ok(Some(Blob { content, ..self.blob(name, etag, size) }))
    }

    /// Reads exactly this version of a blob, or `range` of its bytes. The range must be within the blob and not empty.
    ///
    /// # Errors
    /// [`Error::NotFound`] when the blob was replaced or deleted since. Find it again to get the new version.
    pub async fn read(&self, blob: &Blob, range: Option<Range<u64>>) -> Result<Body, Error> {
        let options = BlobClientDownloadOptions {
            if_match: Some(Etag::from(blob.etag.clone())),
            range: range.map(HttpRange::from),
            partition_size: Some(PART),
            parallel: Some(PARTS_AT_ONCE),
            ..Default::default()
        };
        match within(self.client.blob_client(&blob.name).download(Some(options))).await {
            Ok(download) => Ok(as_body(download.body, blob.content.kind.clone())),
            Err(error)
                if has_code(&error, &StorageErrorCode::BlobNotFound)
                    || has_code(&error, &StorageErrorCode::ConditionNotMet) =>
            {
                Err(Error::NotFound("blob"))
            }
            Err(error) => Err(refused(error)),
        }
    }
}

fn as_body(body: AsyncResponseBody, kind: Option<String>) -> Body {
    let pieces = body.map_err(|error| failure(Service::Storage, error));
    let body = Body::from_stream(pieces);
    match kind {
        Some(kind) => body.with_content_type(kind),
        None => body,
    }
}

pub(super) fn timestamp(time: OffsetDateTime) -> Option<Timestamp> {
    Timestamp::from_second(time.unix_timestamp()).ok()
}
