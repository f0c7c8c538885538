//! The blocks of one upload, on their way to Storage.

use std::sync::Arc;

use azure_core::error::ErrorKind;
use azure_storage_blob::{
    BlockBlobClient,
    models::{BlockBlobClientStageBlockOptions, StorageErrorCode},
};
use bytes::{Bytes, BytesMut};
use tokio::task::JoinSet;
use tracing::Instrument;
use uuid::Uuid;

use super::{blocks::Block, container::within, refusal::has_code};
use crate::{context::carrying, signals::innermost};

/// The size of a block in bytes, and of the largest blob that is written in one request.
pub(super) const BLOCK: usize = 4 * 1024 * 1024;

/// The number of blocks that are sent while the next is being filled.
const IN_FLIGHT: usize = 2;

/// The blocks of one upload. Dropping it ends the running requests.
pub(super) struct Staging {
    client: Arc<BlockBlobClient>,
    id: Uuid,
    staged: Vec<Vec<u8>>,
    tasks: JoinSet<azure_core::Result<Bytes>>,
}

impl Staging {
    pub(super) fn new(client: BlockBlobClient, id: Uuid) -> Self {
        Self { client: Arc::new(client), id, staged: Vec::new(), tasks: JoinSet::new() }
    }

    /// Starts to send a block as soon as there is room for it. Returns a buffer for the next block.
    pub(super) async fn stage(&mut self, block: Block) -> azure_core::Result<BytesMut> {
        let sent = if self.tasks.len() == IN_FLIGHT { self.one().await? } else { None };
        let id = block_id(self.id, self.staged.len());
        self.staged.push(id.clone());
        let sending = put_block(self.client.clone(), id, block).in_current_span();
        self.tasks.spawn(carrying(innermost(), sending));
        // The buffer is used again. A fresh buffer for each block would make the allocator hold more and more of them.
        let mut buffer = match sent.map(Bytes::try_into_mut) {
            Some(Ok(buffer)) => buffer,
            _ => BytesMut::with_capacity(BLOCK),
        };
        buffer.clear();
        Ok(buffer)
    }

    /// Waits until one block has been staged; `None` if all are.
    async fn one(&mut self) -> azure_core::Result<Option<Bytes>> {
        match self.tasks.join_next().await {
            Some(Ok(staged)) => staged.map(Some),
            Some(Err(broken)) => {
                Err(azure_core::Error::with_error(ErrorKind::Other, broken, "the task of a block has ended"))
            }
            None => Ok(None),
        }
    }

    /// Waits until all blocks have been staged. Returns their IDs in the order of the body.
    pub(super) async fn all(mut self) -> azure_core::Result<(Arc<BlockBlobClient>, Vec<Vec<u8>>)> {
        while self.one().await?.is_some() {}
        Ok((self.client, self.staged))
    }
}

/// Stages a block. It tries once more if a token was refused, because the next request has another token, or if the
/// block arrived damaged.
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
    within(client.stage_block(id, length, block.bytes.clone().into(), Some(options))).await.map(drop)
}

/// Makes a unique ID for each block of each upload, so two uploads of one name never mix. It is as long as the SDK's
/// IDs, because all IDs of a blob must have the same length.
fn block_id(upload: Uuid, number: usize) -> Vec<u8> {
    let mut id = upload.into_bytes();
    id[12..].copy_from_slice(&u32::try_from(number).unwrap_or(u32::MAX).to_be_bytes());
    id.to_vec()
}
