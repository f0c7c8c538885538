//! What a request asks for, read strictly: a parameter or header that changes its meaning and is not known here is refused.

use http::{HeaderMap, HeaderName, Method, Uri, request::Parts};

use super::{conditions, copy, error::BlobError, properties, query::Query};
use crate::rbac::Operation as Right;

/// Headers that mean the same everywhere, and nothing for what is done.
const COMMON_HEADERS: &[&str] =
    &["x-ms-version", "x-ms-date", "x-ms-client-request-id", "x-ms-return-client-request-id"];
const CHECKSUMS: &[&str] = &["content-md5", "x-ms-content-crc64"];
const RANGES: &[&str] = &["range", "x-ms-range"];
const METADATA: &[&str] = &[properties::METADATA_PREFIX];
const LEASE_ID: &[&str] = &["x-ms-lease-id"];
const CONDITIONS: &[&str] = conditions::HEADERS;
const PROPERTIES: &[&str] = properties::HEADERS;
const SOURCE: &[&str] = copy::SOURCE_HEADERS;
/// What a new blob gets beside content and properties.
const OF_NEW: &[&str] = &["x-ms-tags", "x-ms-access-tier", properties::METADATA_PREFIX];
const LEASING: &[&str] =
    &["x-ms-lease-action", "x-ms-lease-duration", "x-ms-proposed-lease-id", "x-ms-lease-break-period"];
const LISTING: &[&str] = &["restype", "comp", "prefix", "delimiter", "marker", "maxresults", "include"];

type Groups = &'static [&'static [&'static str]];

/// What a path names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Account,
    Container,
    Blob,
}

/// An operation of the Blob service that is served here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    ListContainers,
    GetUserDelegationKey,
    Batch,
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
    DeleteBlob,
}

use Operation as Op;

impl Operation {
    pub(super) const SET_TIER: &'static str = "tier";

    /// The operation of a request.
    pub(super) fn of(parts: &Parts, query: &Query, place: Place) -> Result<Self, BlobError> {
        let method = if parts.method == Method::HEAD { "GET" } else { parts.method.as_str() };
        let (restype, comp) = (query.get("restype"), query.get("comp"));
        let found = match place {
            Place::Account => of_account(method, restype, comp),
            Place::Container => of_container(method, restype, comp),
            Place::Blob if restype.is_none() => of_blob(method, comp, &parts.headers)?,
            Place::Blob => None,
        };
        // HEAD asks for what headers can say.
        let found = match found {
            Some(Op::GetBlob) if parts.method == Method::HEAD => Some(Op::GetBlobProperties),
            Some(operation) if parts.method == Method::HEAD && !operation.is_said_in_headers() => None,
            other => other,
        };
        let operation = found.ok_or_else(|| unsupported(&parts.method, &parts.uri, restype, comp))?;
        query.check(operation.parameters())?;
        operation.check_headers(&parts.headers)?;
        Ok(operation)
    }

    /// The right it needs: <https://learn.microsoft.com/rest/api/storageservices/authorize-with-azure-active-directory>.
    /// None needs a token alone.
    pub(super) const fn needs(self) -> Option<Right> {
        Some(match self {
            Op::Batch => return None,
            Op::GetUserDelegationKey => Right::GetUserDelegationKey,
            Op::ListContainers | Op::GetContainerProperties | Op::GetContainerMetadata => Right::ReadContainer,
            Op::CreateContainer | Op::SetContainerMetadata | Op::LeaseContainer => Right::WriteContainer,
            Op::DeleteContainer => Right::DeleteContainer,
            Op::ListBlobs
            | Op::GetBlob
            | Op::GetBlobProperties
            | Op::GetBlobMetadata
            | Op::GetBlockList
            | Op::GetPageRanges => Right::ReadBlob,
            Op::GetBlobTags => Right::ReadBlobTags,
            Op::SetBlobTags => Right::WriteBlobTags,
            Op::DeleteBlob => Right::DeleteBlob,
            _ => Right::WriteBlob,
        })
    }

    const fn is_said_in_headers(self) -> bool {
        matches!(
            self,
            Op::GetContainerProperties | Op::GetContainerMetadata | Op::GetBlobProperties | Op::GetBlobMetadata
        )
    }

    const fn parameters(self) -> &'static [&'static str] {
        match self {
            Op::ListContainers => &["comp", "prefix", "marker", "maxresults", "include"],
            Op::ListBlobs => LISTING,
            Op::PutBlock | Op::PutBlockFromUrl => &["comp", "blockid"],
            Op::GetBlockList => &["comp", "blocklisttype"],
            Op::AbortCopy => &["comp", "copyid"],
            _ => &["restype", "comp"],
        }
    }

    /// Groups of headers that it understands; a name that ends with a hyphen stands for all that start so.
    const fn headers(self) -> Groups {
        match self {
            Op::ListContainers | Op::GetUserDelegationKey | Op::ListBlobs => &[],
            Op::Batch => &[&["content-md5"]],
            Op::CreateContainer => &[METADATA],
            Op::GetContainerProperties | Op::GetContainerMetadata => &[LEASE_ID],
            Op::SetContainerMetadata => &[METADATA, LEASE_ID, &["if-modified-since"]],
            Op::DeleteContainer => &[LEASE_ID, &["if-modified-since", "if-unmodified-since"]],
            Op::LeaseContainer => &[LEASING, LEASE_ID, &["if-modified-since", "if-unmodified-since"]],
            _ => self.headers_for_content(),
        }
    }

    /// Of the operations that give a blob content.
    const fn headers_for_content(self) -> Groups {
        match self {
            Op::PutBlockBlob => &[CONDITIONS, PROPERTIES, OF_NEW, CHECKSUMS, &["x-ms-blob-type"]],
            Op::PutAppendBlob => &[CONDITIONS, PROPERTIES, OF_NEW, &["x-ms-blob-type"]],
            Op::PutPageBlob => &[
                CONDITIONS,
                PROPERTIES,
                OF_NEW,
                &["x-ms-blob-type", "x-ms-blob-content-length", "x-ms-blob-sequence-number"],
            ],
            Op::PutBlobFromUrl => &[
                CONDITIONS,
                PROPERTIES,
                OF_NEW,
                SOURCE,
                &["x-ms-blob-type", "x-ms-copy-source-authorization", "x-ms-copy-source-blob-properties"],
            ],
            Op::CopyBlob => &[CONDITIONS, OF_NEW, SOURCE, &["x-ms-source-lease-id"]],
            Op::CopyBlobFromUrl => &[
                CONDITIONS,
                OF_NEW,
                SOURCE,
                &["x-ms-requires-sync", "x-ms-copy-source-authorization", "x-ms-copy-source-tag-option"],
            ],
            Op::AbortCopy => &[LEASE_ID, &["x-ms-copy-action"]],
            // Clients send a blob's metadata with each of its blocks; only what commits them counts.
            Op::PutBlock => &[CHECKSUMS, LEASE_ID, METADATA],
            Op::PutBlockFromUrl => &[LEASE_ID, SOURCE, &["x-ms-copy-source-authorization", "x-ms-source-range"]],
            Op::PutBlockList => &[CONDITIONS, PROPERTIES, OF_NEW, CHECKSUMS],
            Op::AppendBlock => {
                &[CONDITIONS, CHECKSUMS, &["x-ms-blob-condition-appendpos", "x-ms-blob-condition-maxsize"]]
            }
            Op::AppendBlockFromUrl => &[
                CONDITIONS,
                SOURCE,
                &["x-ms-copy-source-authorization", "x-ms-source-range"],
                &["x-ms-blob-condition-appendpos", "x-ms-blob-condition-maxsize"],
            ],
            Op::SealAppendBlob => &[CONDITIONS, &["x-ms-blob-condition-appendpos"]],
            Op::PutPage => &[
                CONDITIONS,
                CHECKSUMS,
                RANGES,
                &["x-ms-page-write"],
                &["x-ms-if-sequence-number-le", "x-ms-if-sequence-number-lt", "x-ms-if-sequence-number-eq"],
            ],
            _ => self.headers_beside_content(),
        }
    }

    /// Of the operations that read a blob, or change what is said about it. None for one that is forgotten here.
    const fn headers_beside_content(self) -> Groups {
        match self {
            Op::GetPageRanges => &[CONDITIONS, RANGES],
            Op::GetBlob => &[CONDITIONS, RANGES, &["x-ms-range-get-content-md5", "x-ms-range-get-content-crc64"]],
            Op::GetBlobProperties | Op::GetBlobMetadata => &[CONDITIONS],
            Op::SetBlobMetadata => &[CONDITIONS, METADATA],
            Op::SetBlobProperties => &[
                CONDITIONS,
                PROPERTIES,
                &["x-ms-blob-content-length", "x-ms-blob-sequence-number", "x-ms-sequence-number-action"],
            ],
            Op::SetBlobTier => &[LEASE_ID, &["x-ms-access-tier"]],
            Op::GetBlockList | Op::GetBlobTags => &[LEASE_ID],
            Op::SetBlobTags => &[LEASE_ID, CHECKSUMS],
            Op::LeaseBlob => &[CONDITIONS, LEASING],
            Op::DeleteBlob => &[CONDITIONS, &["x-ms-delete-snapshots"]],
            _ => &[],
        }
    }

    fn check_headers(self, headers: &HeaderMap) -> Result<(), BlobError> {
        match headers.keys().find(|name| changes_meaning(name) && !self.understands(name.as_str())) {
            Some(name) => Err(BlobError::UnsupportedHeader(name.to_string())),
            None => Ok(()),
        }
    }

    fn understands(self, header: &str) -> bool {
        let covers = |known: &&str| *known == header || known.ends_with('-') && header.starts_with(known);
        COMMON_HEADERS.contains(&header) || self.headers().iter().any(|group| group.iter().any(covers))
    }
}

fn of_account(method: &str, restype: Option<&str>, comp: Option<&str>) -> Option<Op> {
    Some(match (method, restype, comp) {
        ("GET", None, Some("list")) => Op::ListContainers,
        ("POST", Some("service"), Some("userdelegationkey")) => Op::GetUserDelegationKey,
        ("POST", None, Some("batch")) => Op::Batch,
        _ => return None,
    })
}

fn of_container(method: &str, restype: Option<&str>, comp: Option<&str>) -> Option<Op> {
    Some(match (method, restype?, comp) {
        ("PUT", "container", None) => Op::CreateContainer,
        ("GET", "container", None) => Op::GetContainerProperties,
        ("DELETE", "container", None) => Op::DeleteContainer,
        ("GET", "container", Some("metadata")) => Op::GetContainerMetadata,
        ("PUT", "container", Some("metadata")) => Op::SetContainerMetadata,
        ("PUT", "container", Some("lease")) => Op::LeaseContainer,
        ("GET", "container", Some("list")) => Op::ListBlobs,
        ("POST", "container", Some("batch")) => Op::Batch,
        _ => return None,
    })
}

fn of_blob(method: &str, comp: Option<&str>, headers: &HeaderMap) -> Result<Option<Op>, BlobError> {
    let from_url = headers.contains_key("x-ms-copy-source");
    Ok(Some(match (method, comp) {
        ("PUT", None) => of_put_blob(headers, from_url)?,
        ("PUT", Some("block")) if from_url => Op::PutBlockFromUrl,
        ("PUT", Some("block")) => Op::PutBlock,
        ("PUT", Some("blocklist")) => Op::PutBlockList,
        ("GET", Some("blocklist")) => Op::GetBlockList,
        ("PUT", Some("appendblock")) if from_url => Op::AppendBlockFromUrl,
        ("PUT", Some("appendblock")) => Op::AppendBlock,
        ("PUT", Some("seal")) => Op::SealAppendBlob,
        ("PUT", Some("page")) => Op::PutPage,
        ("GET", Some("pagelist")) => Op::GetPageRanges,
        ("GET", None) => Op::GetBlob,
        ("GET", Some("metadata")) => Op::GetBlobMetadata,
        ("PUT", Some("metadata")) => Op::SetBlobMetadata,
        ("PUT", Some("properties")) => Op::SetBlobProperties,
        ("PUT", Some(Op::SET_TIER)) => Op::SetBlobTier,
        ("GET", Some("tags")) => Op::GetBlobTags,
        ("PUT", Some("tags")) => Op::SetBlobTags,
        ("PUT", Some("lease")) => Op::LeaseBlob,
        ("PUT", Some("copy")) => Op::AbortCopy,
        ("DELETE", None) => Op::DeleteBlob,
        _ => return Ok(None),
    }))
}

fn of_put_blob(headers: &HeaderMap, from_url: bool) -> Result<Op, BlobError> {
    let kind = super::answer::text(headers, "x-ms-blob-type")?;
    match (kind, from_url) {
        (Some("BlockBlob"), true) => Ok(Op::PutBlobFromUrl),
        (Some("BlockBlob"), false) => Ok(Op::PutBlockBlob),
        (Some("AppendBlob"), false) => Ok(Op::PutAppendBlob),
        (Some("PageBlob"), false) => Ok(Op::PutPageBlob),
        (None, true) if says_true(headers, "x-ms-requires-sync") => Ok(Op::CopyBlobFromUrl),
        (None, true) => Ok(Op::CopyBlob),
        (None, false) => Ok(Op::PutBlockBlob),
        (Some(other), _) => {
            Err(BlobError::InvalidHeaderValue { name: "x-ms-blob-type".to_owned(), value: other.to_owned() })
        }
    }
}

/// Python's client writes a capital letter.
fn says_true(headers: &HeaderMap, name: &str) -> bool {
    headers.get(name).is_some_and(|value| value.as_bytes().eq_ignore_ascii_case(b"true"))
}

/// Headers that tell the service to do something else, as opposed to those of HTTP's own machinery.
fn changes_meaning(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-ms-") || name.starts_with("if-") || matches!(name, "range" | "content-md5")
}

fn unsupported(method: &Method, uri: &Uri, restype: Option<&str>, comp: Option<&str>) -> BlobError {
    let parameter = |name: &str, value: &str| BlobError::InvalidQueryParameterValue {
        name: name.to_owned(),
        value: value.to_owned(),
    };
    match (comp, restype) {
        (Some(comp), _) => parameter("comp", comp),
        (None, Some(restype)) if restype != "container" => parameter("restype", restype),
        _ => BlobError::UnsupportedHttpVerb(format!("{method} {}", uri.path())),
    }
}
