//! The operations of the Blob service that local-azure serves.

/// The kind of resource that a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum BlobPlace {
    Account,
    Container,
    Blob,
}

/// An operation of the Blob service that local-azure serves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    ListContainers,
    GetUserDelegationKey,
    GetServiceProperties,
    GetAccountInformation,
    FindBlobs,
    FindBlobsInContainer,
    BatchOfAccount,
    BatchOfContainer,
    CreateContainer,
    GetContainerProperties,
    GetContainerMetadata,
    SetContainerMetadata,
    DeleteContainer,
    LeaseContainer,
    ListBlobs,
    PutBlockBlob,
    PutAppendBlob,
    PutPageBlob,
    PutBlobFromUrl,
    CopyBlob,
    CopyBlobFromUrl,
    AbortCopy,
    PutBlock,
    PutBlockFromUrl,
    PutBlockList,
    GetBlockList,
    AppendBlock,
    AppendBlockFromUrl,
    SealAppendBlob,
    PutPage,
    ClearPages,
    PutPageFromUrl,
    GetPageRanges,
    GetBlob,
    GetBlobProperties,
    GetBlobMetadata,
    SetBlobMetadata,
    SetBlobProperties,
    SetBlobTier,
    GetBlobTags,
    SetBlobTags,
    LeaseBlob,
    SnapshotBlob,
    DeleteBlob,
    UndeleteBlob,
}

impl Operation {
    pub(super) const SET_TIER: &'static str = "tier";
}
