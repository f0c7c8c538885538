//! A body of any length becomes a blob, or nothing does.
//!
//! What fits into one block is one request (Put Blob). More is staged block by block, some at a time, and becomes
//! visible at once, with its type, metadata, tier and condition, when the list of its blocks is committed: after the
//! body has ended well. Memory is a few blocks, whatever the length. A block that fails is tried again, from memory;
//! the SDK does that below us, with growing pauses. Storage checks each block's MD5.
//!
//! What an upload that breaks off has staged is never seen, and Storage deletes it after a week
//! (<https://learn.microsoft.com/rest/api/storageservices/put-block#remarks>).

use std::sync::Arc;

use azure_core::http::Etag;
use azure_storage_blob::{
    BlockBlobClient,
    models::{
        AccessTier, BlobClientGetPropertiesResultHeaders, BlobClientUploadOptions,
        BlockBlobClientCommitBlockListOptions, BlockBlobClientCommitBlockListResultHeaders, BlockLookupList,
        StorageErrorCode,
    },
};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tracing::debug;
use uuid::Uuid;

use super::{
    Blob, Blobs, Metadata,
    body::{Body, Checksum},
    refusal::{already_exists, has_code, not_written, refused},
    staging::Staging,
};
use crate::error::{Cause, Conflict, Error};

/// Bytes of a block, and so of the largest blob that is written in one request.
pub(super) const BLOCK: usize = 4 * 1024 * 1024;

/// Metadata in which a blob says which upload it is from.
const UPLOAD_ID: &str = "upload_id";

/// A blob to be, without its bytes.
#[derive(Clone, Debug)]
pub(crate) struct NewBlob {
    pub(crate) name: String,
    pub(crate) content_type: String,
    pub(crate) content_encoding: Option<String>,
    pub(crate) metadata: Metadata,
    /// `None` for the account's own.
    pub(crate) tier: Option<Tier>,
    pub(crate) condition: Condition,
    /// The MD5 that the whole body must have.
    pub(crate) md5: Option<Checksum>,
}

/// When a blob may be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    /// Only if there is none of its name.
    Absent,
    /// Only in place of the one with this `ETag`, or of any if it is `*`.
    Matches(String),
}

/// How quickly, and for what price, a blob can be read.
/// <https://learn.microsoft.com/azure/storage/blobs/access-tiers-overview>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tier {
    Hot,
    Cool,
    Cold,
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

impl Condition {
    fn if_match(&self) -> Option<Etag> {
        match self {
            Self::Absent => None,
            Self::Matches(etag) => Some(etag.clone().into()),
        }
    }

    fn if_none_match(&self) -> Option<Etag> {
        (*self == Self::Absent).then(|| "*".into())
    }
}

impl Blobs {
    /// Writes a blob from a body of any length; makes the container if it is missing. Where the future is dropped, or
    /// the body ends in an error, nothing is written.
    ///
    /// # Errors
    /// Those of `body`; [`Error::Conflict`] or [`Error::Precondition`] when the blob may not be written.
    pub(crate) async fn upload(
        &self,
        mut new: NewBlob,
        body: impl Stream<Item = Result<Bytes, Error>> + Unpin,
    ) -> Result<Blob, Error> {
        let id = Uuid::new_v4();
        new.metadata.insert(UPLOAD_ID.to_owned(), id.to_string());
        let mut body = Body::new(body);
        let first = body.block(BytesMut::new(), BLOCK).await?;
        if body.has_ended() {
            let (size, md5) = checked(&new, body)?;
            return self.put(new, id, first.bytes, size, md5).await;
        }
        // Before more is sent: the answer at the end would be the same.
        self.check(&new).await?;
        let mut staging = Staging::new(self.container.blob_client(&new.name).block_blob_client(), id);
        let mut spare = staging.stage(first).await.map_err(|error| not_written(error, &new.condition))?;
        while !body.has_ended() {
            let block = body.block(spare, BLOCK).await?;
            if block.bytes.is_empty() {
                break;
            }
            spare = staging.stage(block).await.map_err(|error| not_written(error, &new.condition))?;
        }
        let (size, md5) = checked(&new, body)?;
        let (client, blocks) = staging.all().await.map_err(|error| not_written(error, &new.condition))?;
        self.commit(&client, new, id, blocks, size, md5).await
    }

    /// Writes a blob in one request.
    async fn put(&self, new: NewBlob, id: Uuid, bytes: Bytes, size: u64, md5: Checksum) -> Result<Blob, Error> {
        let options = BlobClientUploadOptions {
            blob_content_type: Some(new.content_type.clone()),
            blob_content_encoding: new.content_encoding.clone(),
            // Of a blob that comes in one request, Storage checks it.
            blob_content_md5: Some(md5.to_vec()),
            metadata: Some(new.metadata.clone()),
            tier: new.tier.map(AccessTier::from),
            if_match: new.condition.if_match(),
            if_none_match: new.condition.if_none_match(),
            ..Default::default()
        };
        match self.put_blob(&new.name, bytes, options).await? {
            Ok(etag) => Ok(self.blob(new.name, etag, Some(size))),
            Err(error) => self.unless_written(new, id, error).await,
        }
    }

    /// Whether the blob may be written as far as can be known now. Makes the container if it is missing.
    async fn check(&self, new: &NewBlob) -> Result<(), Error> {
        let found = match self.container.blob_client(&new.name).get_properties(None).await {
            Ok(properties) => Some(super::quoted(properties.etag().map_err(refused)?)),
            Err(error) if has_code(&error, &StorageErrorCode::BlobNotFound) => None,
            Err(error) if has_code(&error, &StorageErrorCode::ContainerNotFound) => {
                self.make_container().await?;
                None
            }
            // Who may write need not be allowed to read.
            Err(error) if has_code(&error, &StorageErrorCode::AuthorizationPermissionMismatch) => return Ok(()),
            Err(error) => return Err(refused(error)),
        };
        match (&new.condition, found) {
            (Condition::Absent, Some(_)) => Err(Error::Conflict(Conflict::Exists)),
            (Condition::Matches(wanted), found)
                if !found.as_ref().is_some_and(|etag| wanted == "*" || etag == wanted) =>
            {
                Err(Error::Precondition)
            }
            _ => Ok(()),
        }
    }

    /// Makes the blob of its blocks.
    async fn commit(
        &self,
        client: &BlockBlobClient,
        new: NewBlob,
        id: Uuid,
        blocks: Vec<Vec<u8>>,
        size: u64,
        md5: Checksum,
    ) -> Result<Blob, Error> {
        let list = BlockLookupList { latest: Some(blocks), ..Default::default() };
        let options = BlockBlobClientCommitBlockListOptions {
            blob_content_type: Some(new.content_type.clone()),
            blob_content_encoding: new.content_encoding.clone(),
            // Kept for readers: here nobody checks it.
            blob_content_md5: Some(md5.to_vec()),
            metadata: Some(new.metadata.clone()),
            tier: new.tier.map(AccessTier::from),
            if_match: new.condition.if_match(),
            if_none_match: new.condition.if_none_match(),
            ..Default::default()
        };
        match client.commit_block_list(list.try_into().map_err(refused)?, Some(options)).await {
            Ok(written) => Ok(self.blob(new.name, written.etag().map_err(refused)?, Some(size))),
            Err(error) => self.unless_written(new, id, error).await,
        }
    }

    /// A write whose answer was lost is sent again, and then finds its own blob in its way.
    async fn unless_written(&self, new: NewBlob, id: Uuid, error: azure_core::Error) -> Result<Blob, Error> {
        if already_exists(&error)
            && let Ok(found) = self.container.blob_client(&new.name).get_properties(None).await
            && found.metadata().is_ok_and(|metadata| metadata.get(UPLOAD_ID) == Some(&id.to_string()))
        {
            debug!("the blob had been written by an attempt whose answer was lost");
            let (etag, size) = (found.etag().map_err(refused)?, found.content_length().map_err(refused)?);
            return Ok(self.blob(new.name, etag, size));
        }
        Err(not_written(error, &new.condition))
    }
}

/// The body's size and MD5, if they are what they must be.
fn checked<S>(new: &NewBlob, body: Body<S>) -> Result<(u64, Checksum), Error>
where
    S: Stream<Item = Result<Bytes, Error>> + Unpin,
{
    let (size, md5) = body.digest();
    match new.md5 {
        Some(wanted) if wanted != md5 => {
            Err(Error::Invalid(Arc::new(Cause::Rule("the body is not what Content-MD5 says"))))
        }
        _ => Ok((size, md5)),
    }
}
