//! Block blobs: written in one request, or block by block and then committed.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode};

use super::{
    answer::{self, insert},
    call::BlobCall,
    conditions::Conditions,
    error::BlobError,
    name::BlobName,
    properties::ContentProperties,
    receive::{self, Answers},
    request_headers::text,
    store::{Blob, BlobKind, BlobPart, BlockReference, Piece, Tier, Which},
    tags,
    xml::{self, element},
};

const MIB: u64 = 1024 * 1024;
/// The most bytes in one Put Blob and in one block
/// (<https://learn.microsoft.com/azure/storage/blobs/scalability-targets>).
pub(super) const BLOB_LIMIT: u64 = 5_000 * MIB;
const BLOCK_LIMIT: u64 = 4_000 * MIB;
/// The first version with these limits, and the limits of earlier versions.
const LARGE_FROM: &str = "2019-12-12";
const OLD_BLOB_LIMIT: u64 = 256 * MIB;
const OLD_BLOCK_LIMIT: u64 = 100 * MIB;
/// The most bytes of a block list: 50,000 IDs of the greatest length fit.
const BLOCK_LIST_LIMIT: u64 = 8 * MIB;
const BLOCKS_LIMIT: usize = 50_000;

/// Put Blob: <https://learn.microsoft.com/rest/api/storageservices/put-blob>.
pub(super) async fn put(call: BlobCall<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    if !headers.contains_key("x-ms-blob-type") {
        return Err(BlobError::MissingRequiredHeader("x-ms-blob-type"));
    }
    let conditions = call.conditions()?;
    let mut blob = described(&call, name, BlobKind::Block, true)?;
    let limit = if call.version() < LARGE_FROM { OLD_BLOB_LIMIT } else { BLOB_LIMIT };
    let received = receive::content(&call, body, limit, Answers::Both).await?;
    if let Some(mismatch) = receive::mismatch(blob.properties.content_md5.as_ref(), received.md5.as_ref()) {
        return Err(BlobError::Md5Mismatch(Some(mismatch)));
    }
    let mut answered = HeaderMap::new();
    received.insert(&mut answered);
    blob.properties.content_md5 = received.md5;
    blob.pieces = vec![Piece::whole(Arc::new(received.part))];
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let written = call.run(move |store| store.put(&container, BlobName(&owned), &conditions, |_| Ok(blob))).await?;
    let mut response = created(call, &written);
    response.headers_mut().extend(answered);
    Ok(response)
}

/// Put Block: <https://learn.microsoft.com/rest/api/storageservices/put-block>.
pub(super) async fn put_block(call: &BlobCall<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let id = block_id(call)?;
    let conditions = call.conditions()?;
    let mut received = receive::content(call, body, block_limit(call), Answers::One).await?;
    if received.part.length == 0 {
        return Err(BlobError::InvalidHeaderValue { name: "Content-Length".to_owned(), value: "0".to_owned() });
    }
    received.part.block_id = Some(id);
    let mut response = answer::empty(StatusCode::CREATED);
    received.insert(response.headers_mut());
    stage(call, name, conditions, received.part).await?;
    answer::encrypted(response.headers_mut());
    Ok(response)
}

/// Returns the bytes of one block that the request's version allows.
pub(super) fn block_limit(call: &BlobCall<'_>) -> u64 {
    if call.version() < LARGE_FROM { OLD_BLOCK_LIMIT } else { BLOCK_LIMIT }
}

/// Keeps a block until it is committed.
pub(super) async fn stage(
    call: &BlobCall<'_>,
    name: BlobName<'_>,
    conditions: Conditions,
    block: BlobPart,
) -> Result<(), BlobError> {
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    call.run(move |store| store.stage(&container, BlobName(&owned), &conditions, block)).await
}

/// Returns the ID of the block in the request, in base64.
pub(super) fn block_id(call: &BlobCall<'_>) -> Result<String, BlobError> {
    let id = call.query.get("blockid").ok_or(BlobError::MissingRequiredQueryParameter("blockid"))?;
    if STANDARD.decode(id).is_ok_and(|id| (1..=64).contains(&id.len())) {
        return Ok(id.to_owned());
    }
    Err(BlobError::query_value("blockid", id))
}

/// Put Block List: <https://learn.microsoft.com/rest/api/storageservices/put-block-list>.
pub(super) async fn put_list(call: BlobCall<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let conditions = call.conditions()?;
    let mut blob = described(&call, name, BlobKind::Block, false)?;
    let document = receive::document(&call, body, BLOCK_LIST_LIMIT).await?;
    let list = parse_block_list(&document)?;
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let work = move |store: &super::store::Store| {
        store.put(&container, BlobName(&owned), &conditions, |container| {
            if let Some(old) = container.existing(BlobName(&owned)) {
                old.check_is_block()?;
            }
            let parts = container.blocks(BlobName(&owned), &list)?;
            blob.pieces = parts.into_iter().map(Piece::whole).collect();
            Ok(blob)
        })
    };
    let written = call.run(work).await?;
    let checksums = receive::Checksums::from_document(&call, &document);
    let mut response = created(call, &written);
    checksums.insert(response.headers_mut());
    Ok(response)
}

/// Get Block List: <https://learn.microsoft.com/rest/api/storageservices/get-block-list>.
pub(super) fn get_list(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let wanted = call.query.get("blocklisttype").unwrap_or("committed").to_ascii_lowercase();
    let (committed, uncommitted) = match wanted.as_str() {
        "committed" => (true, false),
        "uncommitted" => (false, true),
        "all" => (true, true),
        _ => return Err(BlobError::query_value("blocklisttype", &wanted)),
    };
    let conditions = call.conditions()?;
    let which = call.which()?;
    let (blob, waiting) = call
        .account
        .store
        .read(call.container, |container| (container.find(name, &which), container.waiting(name).cloned()))?;
    let waiting = waiting.filter(|_| which == Which::Current);
    if blob.is_none() && waiting.is_none() {
        return Err(BlobError::BlobNotFound);
    }
    if let Some(blob) = &blob {
        conditions.check_read(blob)?;
        blob.check_is_block()?;
    }
    let mut xml = "<BlockList>".to_owned();
    if committed {
        let parts = blob.iter().flat_map(|blob| &blob.pieces).filter_map(|piece| piece.part.as_ref());
        blocks_xml("CommittedBlocks", parts, &mut xml);
    }
    if uncommitted {
        blocks_xml("UncommittedBlocks", waiting.iter().flat_map(|blocks| blocks.values()), &mut xml);
    }
    xml.push_str("</BlockList>");
    let mut response = answer::document(&xml);
    let headers = response.headers_mut();
    if let Some(blob) = &blob {
        answer::state(&blob.etag, blob.last_modified, headers);
    }
    // While a blob has only uncommitted blocks, it has no length.
    if let Some(blob) = blob {
        insert(headers, "x-ms-blob-content-length", &blob.length().to_string());
    }
    Ok(response)
}

fn blocks_xml<'a>(name: &str, parts: impl Iterator<Item = &'a Arc<BlobPart>>, xml: &mut String) {
    xml.push_str(&format!("<{name}>"));
    for part in parts {
        let Some(id) = &part.block_id else { continue };
        xml.push_str("<Block>");
        element(xml, "Name", id);
        element(xml, "Size", &part.length.to_string());
        xml.push_str("</Block>");
    }
    xml.push_str(&format!("</{name}>"));
}

/// Returns the IDs of a `BlockList` document, in their order.
fn parse_block_list(document: &[u8]) -> Result<Vec<BlockReference>, BlobError> {
    let root = xml::parse(document, "BlockList")?;
    if !root.text.trim().is_empty() {
        return Err(xml::invalid("text where block IDs should stand"));
    }
    if root.children.len() > BLOCKS_LIMIT {
        return Err(BlobError::BlockListTooLong);
    }
    let references = root.children.into_iter().map(|block| {
        let id = block.text.trim().to_owned();
        match block.name.as_str() {
            "Latest" => Ok(BlockReference::Latest(id)),
            "Committed" => Ok(BlockReference::Committed(id)),
            "Uncommitted" => Ok(BlockReference::Uncommitted(id)),
            other => Err(xml::invalid(&format!("unknown element {other}"))),
        }
    });
    references.collect()
}

/// Returns a blob without content, with all properties that the headers of a write give.
pub(super) fn described(
    call: &BlobCall<'_>,
    name: BlobName<'_>,
    kind: BlobKind,
    body_is_content: bool,
) -> Result<Blob, BlobError> {
    let headers = &call.parts.headers;
    let tier = tier(headers)?;
    let blob = Blob::new(name.0, kind);
    Ok(Blob {
        properties: ContentProperties::read(headers, body_is_content)?,
        metadata: call.metadata()?,
        tags: tags::of_headers(headers)?,
        tier,
        tier_changed: tier.map(|_| blob.created),
        ..blob
    })
}

/// Reads the tier in `x-ms-access-tier`.
pub(super) fn tier(headers: &HeaderMap) -> Result<Option<Tier>, BlobError> {
    let Some(value) = text(headers, "x-ms-access-tier")? else { return Ok(None) };
    Tier::by_name(value).map(Some).ok_or_else(|| BlobError::header_value("x-ms-access-tier", value))
}

/// Returns the answer to a write that made a blob, and records the write for the journal.
pub(super) fn created(call: BlobCall<'_>, blob: &Blob) -> Response {
    call.decision.wrote = call.account.blob_url(call.container, &blob.name);
    answer::written(StatusCode::CREATED, blob)
}
