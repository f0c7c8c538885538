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
        BlockBlobClientCommitBlockListOptions, BlockBlobClientCommitBlockListResultHeaders,
        BlockBlobClientStageBlockOptions, BlockLookupList, StorageErrorCode,
    },
};
use bytes::{Bytes, BytesMut};
use futures_util::Stream;
use tokio::task::JoinSet;
use tracing::{Instrument, debug};
use uuid::Uuid;

use super::{
    Blob, Blobs, Metadata,
    body::{Block, Body, Checksum},
    refusal::{already_exists, has_code, not_written, refused},
};
use crate::error::{Cause, Conflict, Error};

/// Bytes of a block, and so of the largest blob that is written in one request.
pub(super) const BLOCK: usize = 4 * 1024 * 1024;

/// How many blocks are on their way while the next is being filled.
const IN_FLIGHT: usize = 3;

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
        let client = Arc::new(self.container.blob_client(&new.name).block_blob_client());
        let mut staging = Staging { client, id, staged: Vec::new(), tasks: JoinSet::new() };
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

/// The blocks of one upload. Dropping it ends the requests that are under way.
struct Staging {
    client: Arc<BlockBlobClient>,
    id: Uuid,
    staged: Vec<Vec<u8>>,
    tasks: JoinSet<azure_core::Result<Bytes>>,
}

impl Staging {
    /// Sends a block on its way, as soon as there is room for it. Returns a buffer for the next.
    async fn stage(&mut self, block: Block) -> azure_core::Result<BytesMut> {
        let id = block_id(self.id, self.staged.len());
        self.staged.push(id.clone());
        self.tasks.spawn(put_block(self.client.clone(), id, block).in_current_span());
        if self.tasks.len() < IN_FLIGHT {
            return Ok(BytesMut::with_capacity(BLOCK));
        }
        let sent = self.one().await?.unwrap_or_default();
        // The same memory again: a fresh block each time would leave the allocator with ever more of them.
        let mut buffer = sent.try_into_mut().unwrap_or_else(|_| BytesMut::with_capacity(BLOCK));
        buffer.clear();
        Ok(buffer)
    }

    /// Waits until one of the blocks has been staged; `None` if all are.
    async fn one(&mut self) -> azure_core::Result<Option<Bytes>> {
        match self.tasks.join_next().await {
            Some(Ok(staged)) => staged.map(Some),
            Some(Err(broken)) => {
                Err(azure_core::Error::with_error(azure_core::error::ErrorKind::Other, broken, "a block's task ended"))
            }
            None => Ok(None),
        }
    }

    /// Waits until all have been staged. Returns their IDs in the order of the body.
    async fn all(mut self) -> azure_core::Result<(Arc<BlockBlobClient>, Vec<Vec<u8>>)> {
        while self.one().await?.is_some() {}
        Ok((self.client, self.staged))
    }
}

/// Stages a block; once more if a token was refused, for then the next request has another, or if it arrived damaged.
async fn put_block(client: Arc<BlockBlobClient>, id: Vec<u8>, block: Block) -> azure_core::Result<Bytes> {
    match stage(&client, &id, &block).await {
        Err(error) if is_worth_another(&error) => stage(&client, &id, &block).await?,
        staged => staged?,
    }
    Ok(block.bytes)
}

fn is_worth_another(error: &azure_core::Error) -> bool {
    error.http_status().map(u16::from) == Some(401) || has_code(error, &StorageErrorCode::Md5Mismatch)
}

async fn stage(client: &BlockBlobClient, id: &[u8], block: &Block) -> azure_core::Result<()> {
    let options =
        BlockBlobClientStageBlockOptions { transactional_content_md5: Some(block.md5.to_vec()), ..Default::default() };
    let length = block.bytes.len() as u64;
    client.stage_block(id, length, block.bytes.clone().into(), Some(options)).await.map(drop)
}

/// Another for each block of each upload, so that two uploads of one name never mix. As long as those of the SDK: all
/// IDs of a blob must be of one length.
fn block_id(upload: Uuid, number: usize) -> Vec<u8> {
    let mut id = upload.into_bytes();
    id[12..].copy_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
    id.to_vec()
}
