//! Finds the operation of a request, strictly: it refuses an unknown parameter or header that changes the request's
//! meaning.

use http::{HeaderMap, HeaderName, Method, Uri, request::Parts};

use super::{
    error::BlobError,
    operation::{BlobPlace, Operation, Operation as Op},
    operation_table::Shape,
    query::Query,
    request_headers::{says_true, text},
};

/// Headers that have the same meaning in every request, and do not change the operation.
const COMMON_HEADERS: &[&str] =
    &["x-ms-version", "x-ms-date", "x-ms-client-request-id", "x-ms-return-client-request-id"];

impl Operation {
    /// Finds the operation of a request.
    pub(super) fn from_request(parts: &Parts, query: &Query, place: BlobPlace) -> Result<Self, BlobError> {
        let is_head = parts.method == Method::HEAD;
        let method = if is_head { "GET" } else { parts.method.as_str() };
        let (restype, comp) = (query.get("restype"), query.get("comp"));
        let found = match (restype, comp) {
            (Some("account"), Some("properties")) if method == "GET" => Some(Op::GetAccountInformation),
            _ => match place {
                BlobPlace::Account => of_account(method, restype, comp),
                BlobPlace::Container => of_container(method, restype, comp),
                BlobPlace::Blob if restype.is_none() => of_blob(method, comp, &parts.headers)?,
                BlobPlace::Blob => None,
            },
        };
        let operation = found.ok_or_else(|| unsupported(&parts.method, &parts.uri, restype, comp))?;
        let operation = if is_head && operation == Op::GetBlob { Op::GetBlobProperties } else { operation };
        let shape = operation.shape();
        if is_head && !shape.said_in_headers {
            return Err(unsupported(&parts.method, &parts.uri, None, None));
        }
        query.check(shape.parameters)?;
        check_headers(&shape, &parts.headers)?;
        if shape.writes {
            check_length(&parts.headers)?;
        }
        Ok(operation)
    }
}

/// Checks that a PUT or POST announces a length, even without a body: Azure/azure-rest-api-specs#39255.
fn check_length(headers: &HeaderMap) -> Result<(), BlobError> {
    if headers.contains_key(http::header::CONTENT_LENGTH) {
        return Ok(());
    }
    Err(if headers.contains_key(http::header::TRANSFER_ENCODING) {
        BlobError::MissingContentLengthHeader
    } else {
        BlobError::LengthRequired
    })
}

fn check_headers(shape: &Shape, headers: &HeaderMap) -> Result<(), BlobError> {
    let understands = |header: &str| {
        let covers = |known: &&str| *known == header || known.ends_with('-') && header.starts_with(known);
        COMMON_HEADERS.contains(&header) || shape.headers.iter().any(|group| group.iter().any(covers))
    };
    match headers.keys().find(|name| changes_meaning(name) && !understands(name.as_str())) {
        Some(name) => Err(BlobError::UnsupportedHeader(name.to_string())),
        None => Ok(()),
    }
}

fn of_account(method: &str, restype: Option<&str>, comp: Option<&str>) -> Option<Op> {
    Some(match (method, restype, comp) {
        ("GET", None, Some("list")) => Op::ListContainers,
        ("GET", None, Some("blobs")) => Op::FindBlobs,
        ("GET", Some("service"), Some("properties")) => Op::GetServiceProperties,
        ("POST", Some("service"), Some("userdelegationkey")) => Op::GetUserDelegationKey,
        ("POST", None, Some("batch")) => Op::BatchOfAccount,
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
        ("GET", "container", Some("blobs")) => Op::FindBlobsInContainer,
        ("POST", "container", Some("batch")) => Op::BatchOfContainer,
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
        ("PUT", Some("page")) => of_put_page(headers, from_url)?,
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
        ("PUT", Some("snapshot")) => Op::SnapshotBlob,
        ("PUT", Some("undelete")) => Op::UndeleteBlob,
        ("DELETE", None) => Op::DeleteBlob,
        _ => return Ok(None),
    }))
}

fn of_put_blob(headers: &HeaderMap, from_url: bool) -> Result<Op, BlobError> {
    let kind = text(headers, "x-ms-blob-type")?;
    match (kind, from_url) {
        (Some("BlockBlob"), true) => Ok(Op::PutBlobFromUrl),
        (Some("BlockBlob"), false) => Ok(Op::PutBlockBlob),
        (Some("AppendBlob"), false) => Ok(Op::PutAppendBlob),
        (Some("PageBlob"), false) => Ok(Op::PutPageBlob),
        (None, true) if says_true(headers, "x-ms-requires-sync") => Ok(Op::CopyBlobFromUrl),
        (None, true) => Ok(Op::CopyBlob),
        (None, false) => Ok(Op::PutBlockBlob),
        (Some(other), _) => Err(BlobError::header_value("x-ms-blob-type", other)),
    }
}

fn of_put_page(headers: &HeaderMap, from_url: bool) -> Result<Op, BlobError> {
    match text(headers, "x-ms-page-write")?.map(str::to_ascii_lowercase).as_deref() {
        Some("update") if from_url => Ok(Op::PutPageFromUrl),
        Some("update") => Ok(Op::PutPage),
        Some("clear") => Ok(Op::ClearPages),
        Some(other) => Err(BlobError::header_value("x-ms-page-write", other)),
        None => Err(BlobError::MissingRequiredHeader("x-ms-page-write")),
    }
}

/// Reports whether a header changes what the service does; other headers belong to HTTP itself.
fn changes_meaning(name: &HeaderName) -> bool {
    let name = name.as_str();
    name.starts_with("x-ms-") || name.starts_with("if-") || matches!(name, "range" | "content-md5")
}

fn unsupported(method: &Method, uri: &Uri, restype: Option<&str>, comp: Option<&str>) -> BlobError {
    match (comp, restype) {
        (Some(comp), _) => BlobError::query_value("comp", comp),
        (None, Some(restype)) if restype != "container" => BlobError::query_value("restype", restype),
        _ => BlobError::UnsupportedHttpVerb(format!("{method} {}", uri.path())),
    }
}
