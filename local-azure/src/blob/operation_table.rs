//! One row for each operation: its parameters, headers and rights.

use super::{
    conditions,
    operation::{Operation, Operation as Op},
    properties,
};
use crate::rbac::Operation as Right;

const CHECKSUMS: &[&str] = &["content-md5", "x-ms-content-crc64"];
const STRUCTURED: &[&str] = &["x-ms-structured-body", "x-ms-structured-content-length"];
const RANGES: &[&str] = &["range", "x-ms-range"];
const METADATA: &[&str] = &[properties::METADATA_PREFIX];
const LEASE_ID: &[&str] = &["x-ms-lease-id"];
const IF_TAGS: &[&str] = &["x-ms-if-tags"];
const CONDITIONS: &[&str] = conditions::HEADERS;
const TIMES: &[&str] = &["if-modified-since", "if-unmodified-since"];
const PROPERTIES: &[&str] = properties::HEADERS;
/// Headers about a copy's source.
const SOURCE: &[&str] = &[
    "x-ms-copy-source",
    "x-ms-source-if-match",
    "x-ms-source-if-none-match",
    "x-ms-source-if-modified-since",
    "x-ms-source-if-unmodified-since",
    "x-ms-source-if-tags",
];
const SOURCE_TOKEN: &[&str] = &["x-ms-copy-source-authorization"];
const SOURCE_SUMS: &[&str] = &["x-ms-source-content-md5", "x-ms-source-content-crc64"];
/// Headers for a new blob, besides content and properties.
const OF_NEW: &[&str] = &["x-ms-tags", "x-ms-access-tier", properties::METADATA_PREFIX];
const LEASING: &[&str] =
    &["x-ms-lease-action", "x-ms-lease-duration", "x-ms-proposed-lease-id", "x-ms-lease-break-period"];
const APPENDING: &[&str] = &["x-ms-blob-condition-appendpos", "x-ms-blob-condition-maxsize"];
const SEQUENCE: &[&str] = &["x-ms-if-sequence-number-le", "x-ms-if-sequence-number-lt", "x-ms-if-sequence-number-eq"];
/// Clients send a blob's metadata and kind with each of its parts. Only the request that makes the blob uses them
/// (Azure/azure-sdk-for-python#14194, Azure/azure-sdk-for-go#14395).
const IGNORED: &[&str] = &[properties::METADATA_PREFIX, "x-ms-blob-type"];
/// Parameters that select one state of a blob.
const STATE: [&str; 2] = ["snapshot", "versionid"];

/// The letters of a signature that allow an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Letters {
    /// No signature allows the operation.
    None,
    /// Every signature allows it.
    Any,
    /// One of these letters allows it.
    AnyOf(&'static str),
    /// `w` allows it, and `c` if the blob is new.
    CreateOrWrite,
    /// `d` allows it, and `x` for a version.
    Delete,
}

/// The parameters, headers and rights of an operation.
pub(super) struct Shape {
    /// The right that a role must give. With none, a token suffices, or only the parts of the request need rights.
    pub(super) right: Option<Right>,
    /// The letters of a signature that allow the operation.
    pub(super) letters: Letters,
    /// Query parameters.
    pub(super) parameters: &'static [&'static str],
    /// Groups of headers that the operation understands. A name that ends with a hyphen stands for all names with this
    /// prefix.
    pub(super) headers: &'static [&'static [&'static str]],
    /// The operation is a PUT or POST, so the request must announce a length.
    pub(super) writes: bool,
    /// The answer is in headers, so HEAD works as well.
    pub(super) said_in_headers: bool,
}

type Parameters = &'static [&'static str];
type Groups = &'static [&'static [&'static str]];

const fn read(right: Right, letters: Letters, parameters: Parameters, headers: Groups) -> Shape {
    Shape { right: Some(right), letters, parameters, headers, writes: false, said_in_headers: false }
}

const fn in_headers(shape: Shape) -> Shape {
    Shape { said_in_headers: true, ..shape }
}

const fn write(right: Right, letters: Letters, parameters: Parameters, headers: Groups) -> Shape {
    Shape { writes: true, ..read(right, letters, parameters, headers) }
}

impl Operation {
    /// Returns the operation's parameters, headers and rights.
    pub(super) const fn shape(self) -> Shape {
        shape(self)
    }

    /// Returns the right that the operation needs:
    /// <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory>.
    /// With none, a token suffices.
    pub(super) const fn needs(self) -> Option<Right> {
        self.shape().right
    }
}

/// Returns the row of an operation.
#[expect(clippy::too_many_lines, reason = "a table")]
const fn shape(operation: Op) -> Shape {
    const NONE: Letters = Letters::None;
    const R: Letters = Letters::AnyOf("r");
    const W: Letters = Letters::AnyOf("w");
    match operation {
        Op::ListContainers => {
            read(Right::ReadContainer, NONE, &["comp", "prefix", "marker", "maxresults", "include"], &[])
        }
        Op::GetUserDelegationKey => write(Right::GetUserDelegationKey, NONE, &["restype", "comp"], &[]),
        Op::GetServiceProperties => read(Right::ReadBlobService, NONE, &["restype", "comp"], &[]),
        Op::GetAccountInformation => {
            in_headers(read(Right::GetAccountInformation, Letters::Any, &["restype", "comp"], &[]))
        }
        Op::FindBlobs => read(Right::FilterBlobs, NONE, &["comp", "where", "marker", "maxresults"], &[]),
        Op::FindBlobsInContainer => {
            read(Right::FilterBlobs, Letters::AnyOf("f"), &["restype", "comp", "where", "marker", "maxresults"], &[])
        }
        Op::BatchOfAccount => {
            Shape { right: None, ..write(Right::WriteContainer, NONE, &["comp"], &[&["content-md5"]]) }
        }
        Op::BatchOfContainer => Shape {
            right: None,
            ..write(Right::WriteContainer, Letters::Any, &["restype", "comp"], &[&["content-md5"]])
        },
        Op::CreateContainer => write(Right::WriteContainer, NONE, &["restype"], &[METADATA]),
        Op::GetContainerProperties => in_headers(read(Right::ReadContainer, NONE, &["restype"], &[LEASE_ID])),
        Op::GetContainerMetadata => in_headers(read(Right::ReadContainer, NONE, &["restype", "comp"], &[LEASE_ID])),
        Op::SetContainerMetadata => {
            write(Right::WriteContainer, NONE, &["restype", "comp"], &[METADATA, LEASE_ID, &["if-modified-since"]])
        }
        Op::DeleteContainer => read(Right::DeleteContainer, NONE, &["restype"], &[LEASE_ID, TIMES]),
        Op::LeaseContainer => write(Right::WriteContainer, NONE, &["restype", "comp"], &[LEASING, LEASE_ID, TIMES]),
        Op::ListBlobs => read(
            Right::ReadBlob,
            Letters::AnyOf("l"),
            &["restype", "comp", "prefix", "delimiter", "marker", "maxresults", "include", "startFrom"],
            &[],
        ),
        Op::PutBlockBlob => write(
            Right::WriteBlob,
            Letters::CreateOrWrite,
            &[],
            &[CONDITIONS, PROPERTIES, OF_NEW, CHECKSUMS, STRUCTURED, &["x-ms-blob-type"]],
        ),
        Op::PutAppendBlob => {
            write(Right::WriteBlob, Letters::CreateOrWrite, &[], &[CONDITIONS, PROPERTIES, OF_NEW, &["x-ms-blob-type"]])
        }
        Op::PutPageBlob => write(
            Right::WriteBlob,
            Letters::CreateOrWrite,
            &[],
            &[
                CONDITIONS,
                PROPERTIES,
                OF_NEW,
                &["x-ms-blob-type", "x-ms-blob-content-length", "x-ms-blob-sequence-number"],
            ],
        ),
        Op::PutBlobFromUrl => write(
            Right::WriteBlob,
            Letters::CreateOrWrite,
            &[],
            &[
                CONDITIONS,
                PROPERTIES,
                OF_NEW,
                SOURCE,
                SOURCE_TOKEN,
                SOURCE_SUMS,
                &["x-ms-blob-type", "x-ms-copy-source-blob-properties", "x-ms-copy-source-tag-option"],
            ],
        ),
        Op::CopyBlob => write(
            Right::WriteBlob,
            Letters::CreateOrWrite,
            &[],
            &[
                CONDITIONS,
                OF_NEW,
                SOURCE,
                &["x-ms-source-lease-id", "x-ms-rehydrate-priority", "x-ms-seal-blob", "x-ms-requires-sync"],
            ],
        ),
        Op::CopyBlobFromUrl => write(
            Right::WriteBlob,
            Letters::CreateOrWrite,
            &[],
            &[
                CONDITIONS,
                OF_NEW,
                SOURCE,
                SOURCE_TOKEN,
                SOURCE_SUMS,
                &["x-ms-requires-sync", "x-ms-copy-source-tag-option"],
            ],
        ),
        Op::AbortCopy => write(Right::WriteBlob, W, &["comp", "copyid"], &[LEASE_ID, &["x-ms-copy-action"]]),
        Op::PutBlock => write(Right::WriteBlob, W, &["comp", "blockid"], &[CHECKSUMS, STRUCTURED, LEASE_ID, IGNORED]),
        Op::PutBlockFromUrl => write(
            Right::WriteBlob,
            W,
            &["comp", "blockid"],
            &[LEASE_ID, SOURCE, SOURCE_TOKEN, SOURCE_SUMS, &["x-ms-source-range"], IGNORED],
        ),
        Op::PutBlockList => write(Right::WriteBlob, W, &["comp"], &[CONDITIONS, PROPERTIES, OF_NEW, CHECKSUMS]),
        Op::GetBlockList => {
            read(Right::ReadBlob, R, &["comp", "blocklisttype", STATE[0], STATE[1]], &[LEASE_ID, IF_TAGS])
        }
        Op::AppendBlock => write(
            Right::WriteBlob,
            Letters::AnyOf("aw"),
            &["comp"],
            &[CONDITIONS, CHECKSUMS, STRUCTURED, APPENDING, IGNORED],
        ),
        Op::AppendBlockFromUrl => write(
            Right::WriteBlob,
            Letters::AnyOf("aw"),
            &["comp"],
            &[CONDITIONS, SOURCE, SOURCE_TOKEN, SOURCE_SUMS, &["x-ms-source-range"], APPENDING, IGNORED],
        ),
        Op::SealAppendBlob => {
            write(Right::WriteBlob, Letters::AnyOf("aw"), &["comp"], &[CONDITIONS, &["x-ms-blob-condition-appendpos"]])
        }
        Op::PutPage => write(
            Right::WriteBlob,
            W,
            &["comp"],
            &[CONDITIONS, CHECKSUMS, STRUCTURED, RANGES, SEQUENCE, &["x-ms-page-write"], IGNORED],
        ),
        Op::ClearPages => {
            write(Right::WriteBlob, W, &["comp"], &[CONDITIONS, RANGES, SEQUENCE, &["x-ms-page-write"], IGNORED])
        }
        Op::PutPageFromUrl => write(
            Right::WriteBlob,
            W,
            &["comp"],
            &[
                CONDITIONS,
                RANGES,
                SEQUENCE,
                SOURCE,
                SOURCE_TOKEN,
                SOURCE_SUMS,
                &["x-ms-source-range", "x-ms-page-write"],
                IGNORED,
            ],
        ),
        Op::GetPageRanges => read(
            Right::ReadBlob,
            R,
            &["comp", "marker", "maxresults", "prevsnapshot", STATE[0], STATE[1]],
            &[CONDITIONS, RANGES],
        ),
        Op::GetBlob => read(
            Right::ReadBlob,
            R,
            &STATE,
            &[
                CONDITIONS,
                RANGES,
                &["x-ms-range-get-content-md5", "x-ms-range-get-content-crc64", "x-ms-structured-body"],
            ],
        ),
        Op::GetBlobProperties => in_headers(read(Right::ReadBlob, R, &STATE, &[CONDITIONS])),
        Op::GetBlobMetadata => in_headers(read(Right::ReadBlob, R, &["comp", STATE[0], STATE[1]], &[CONDITIONS])),
        Op::SetBlobMetadata => write(Right::WriteBlob, W, &["comp"], &[CONDITIONS, METADATA]),
        Op::SetBlobProperties => write(
            Right::WriteBlob,
            W,
            &["comp"],
            &[
                CONDITIONS,
                PROPERTIES,
                &["x-ms-blob-content-length", "x-ms-blob-sequence-number", "x-ms-sequence-number-action"],
            ],
        ),
        Op::SetBlobTier => write(
            Right::WriteBlob,
            W,
            &["comp"],
            &[LEASE_ID, IF_TAGS, &["x-ms-access-tier", "x-ms-rehydrate-priority"]],
        ),
        Op::GetBlobTags => read(Right::ReadBlobTags, Letters::AnyOf("t"), &["comp", STATE[0], STATE[1]], &[CONDITIONS]),
        Op::SetBlobTags => write(Right::WriteBlobTags, Letters::AnyOf("t"), &["comp"], &[CONDITIONS, CHECKSUMS]),
        Op::LeaseBlob => write(Right::WriteBlob, W, &["comp"], &[CONDITIONS, LEASING]),
        Op::SnapshotBlob => write(Right::WriteBlob, Letters::AnyOf("cw"), &["comp"], &[CONDITIONS, METADATA]),
        Op::DeleteBlob => read(Right::DeleteBlob, Letters::Delete, &STATE, &[CONDITIONS, &["x-ms-delete-snapshots"]]),
        Op::UndeleteBlob => write(Right::WriteContainer, W, &["comp"], &[]),
    }
}
