//! Writes a body of any length as a blob, whole or not at all.
//!
//! A body that fits into one block is one request (Put Blob). A longer body is staged block by block, a few at a time.
//! When the body has ended without an error, one request commits the list of blocks with type, metadata, tier and
//! condition, and the whole blob becomes visible. An upload of any length takes the memory of a few blocks. The SDK
//! retries a failed block from memory, with growing pauses. Storage checks each block's MD5.
//!
//! The blocks of an upload that breaks off are never visible, and Storage deletes them after a week
//! (<https://learn.microsoft.com/rest/api/storageservices/put-block#remarks>).

use std::{num::NonZeroUsize, sync::Arc};

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
use tracing::debug;
use uuid::Uuid;

use super::{
    blob::{Blob, Creation},
    blocks::{Blocks, Checksum},
    container::{Container, quoted, within},
    new_blob::{Condition, NewBlob},
    refusal::{already_exists, has_code, not_written, refused},
    staging::{BLOCK, Staging},
};
use crate::{
    body::Body,
    error::{Cause, Conflict, Error},
};

/// The metadata name under which a blob holds the ID of its upload.
const UPLOAD_ID: &str = "upload_id";

impl Container {
    /// Writes a blob unless a blob of this name exists (`If-None-Match: *`). A repeated write therefore changes
    /// nothing.
    ///
    /// The body may have any length. Its content type becomes that of the blob.
    ///
    /// # Errors
    /// Errors of the body and of Storage. In either case nothing is written.
    pub async fn create(&self, name: impl Into<String>, body: impl Into<Body>) -> Result<Creation, Error> {
        let new = NewBlob::new(name);
        let name = new.name.clone();
        match self.upload(new, body).await {
            Ok(blob) => Ok(Creation::Written(blob)),
            Err(Error::Conflict(Conflict::Exists)) => Ok(Creation::Existed(self.describe(name).await?)),
            Err(error) => Err(error),
        }
    }

    /// Writes a blob from a body of any length, and creates a missing container. If the future is dropped or the body
    /// ends with an error, nothing is written.
    ///
    /// # Errors
    /// Errors of `body` and of Storage. [`Error::Conflict`] or [`Error::Precondition`] when the blob may not be
    /// written.
    pub async fn upload(&self, mut new: NewBlob, body: impl Into<Body>) -> Result<Blob, Error> {
        let body = body.into();
        let id = Uuid::new_v4();
        new.metadata.insert(UPLOAD_ID.to_owned(), id.to_string());
        let kind = new.content_type.take().or_else(|| body.content_type().map(str::to_owned));
        new.content_type = Some(kind.unwrap_or_else(|| "application/octet-stream".to_owned()));
        let mut body = Blocks::new(body);
        let first = body.next(BytesMut::new(), BLOCK).await?;
        if body.has_ended() {
            let (size, md5) = checked(&new, body)?;
            return self.put(new, id, first.bytes, size, md5).await;
        }
        // This is checked before more is sent, because Storage would give the same answer at the end.
        self.can_write(&new).await?;
        let mut staging = Staging::new(self.client.blob_client(&new.name).block_blob_client(), id);
        let mut spare = staging.stage(first).await.map_err(|error| not_written(error, &new.condition))?;
        while !body.has_ended() {
            let block = body.next(spare, BLOCK).await?;
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
            blob_content_type: new.content_type.clone(),
            blob_content_encoding: new.content_encoding.clone(),
            // Storage checks the MD5 if the blob comes in one request.
            blob_content_md5: Some(md5.to_vec()),
            metadata: Some(new.metadata.clone()),
            tier: new.tier.map(AccessTier::from),
            if_match: new.condition.if_match(),
            if_none_match: new.condition.if_none_match(),
            // The upload is one request. Without this number, the SDK reads the files of the control group for each
            // upload.
            parallel: Some(NonZeroUsize::MIN),
            ..Default::default()
        };
        match self.put_blob(&new.name, bytes, options).await? {
            Ok(etag) => Ok(self.blob(new.name, etag, Some(size))),
            Err(error) => self.unless_written(new, id, error).await,
        }
    }

    /// Writes a blob in one request. If the container was missing, it creates the container and writes again. The inner
    /// error is Storage's answer to the write.
    async fn put_blob(
        &self,
        name: &str,
        bytes: Bytes,
        options: BlobClientUploadOptions<'_>,
    ) -> Result<azure_core::Result<Option<Etag>>, Error> {
        let client = self.client.blob_client(name);
        let written = match within(client.upload(bytes.clone().into(), Some(options.clone()))).await {
            Err(error) if has_code(&error, &StorageErrorCode::ContainerNotFound) => {
                self.make().await?;
                within(client.upload(bytes.into(), Some(options))).await
            }
            written => written,
        };
        Ok(written.map(|written| written.etag))
    }

    /// Reports whether the blob may be written, as far as this is known now. It creates a missing container.
    async fn can_write(&self, new: &NewBlob) -> Result<(), Error> {
        let found = match within(self.client.blob_client(&new.name).get_properties(None)).await {
            Ok(properties) => Some(quoted(properties.etag().map_err(refused)?)),
            Err(error) if has_code(&error, &StorageErrorCode::BlobNotFound) => None,
            Err(error) if has_code(&error, &StorageErrorCode::ContainerNotFound) => {
                self.make().await?;
                None
            }
            // An identity that may write is not always allowed to read.
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

    /// Makes the blob from its blocks.
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
            blob_content_type: new.content_type.clone(),
            blob_content_encoding: new.content_encoding.clone(),
            // The MD5 is kept for readers. Storage does not check it here.
            blob_content_md5: Some(md5.to_vec()),
            metadata: Some(new.metadata.clone()),
            tier: new.tier.map(AccessTier::from),
            if_match: new.condition.if_match(),
            if_none_match: new.condition.if_none_match(),
            ..Default::default()
        };
        match within(client.commit_block_list(list.try_into().map_err(refused)?, Some(options))).await {
            Ok(written) => Ok(self.blob(new.name, written.etag().map_err(refused)?, Some(size))),
            Err(error) => self.unless_written(new, id, error).await,
        }
    }

    /// Checks whether an earlier attempt wrote the blob. A write whose answer was lost is sent again, and then finds
    /// its own blob.
    async fn unless_written(&self, new: NewBlob, id: Uuid, error: azure_core::Error) -> Result<Blob, Error> {
        if already_exists(&error)
            && let Ok(found) = within(self.client.blob_client(&new.name).get_properties(None)).await
            && found.metadata().is_ok_and(|metadata| metadata.get(UPLOAD_ID) == Some(&id.to_string()))
        {
            debug!("the blob had been written by an attempt whose answer was lost");
            let (etag, size) = (found.etag().map_err(refused)?, found.content_length().map_err(refused)?);
            return Ok(self.blob(new.name, etag, size));
        }
        Err(not_written(error, &new.condition))
    }
}

/// Returns the body's size and MD5. Fails if `new` states another MD5.
fn checked(new: &NewBlob, body: Blocks) -> Result<(u64, Checksum), Error> {
    let (size, md5) = body.digest();
    match new.md5 {
        Some(wanted) if wanted != md5 => {
            Err(Error::Invalid(Arc::new(Cause::Rule("the body is not what Content-MD5 says"))))
        }
        _ => Ok((size, md5)),
    }
}
