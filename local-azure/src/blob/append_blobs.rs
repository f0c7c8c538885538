//! Append blobs: created empty, then extended block by block until they are sealed.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::{HeaderMap, HeaderValue, StatusCode};

use super::{
    answer::{self, insert},
    block_blobs::{created, described},
    call::BlobCall,
    conditions::Conditions,
    error::BlobError,
    name::BlobName,
    receive::{self, Answers},
    request_headers::number,
    store::{Blob, BlobKind, BlobPart, EtagChange, Piece},
};

const MIB: u64 = 1024 * 1024;
/// The most bytes of one block, and the most blocks of one blob
/// (<https://learn.microsoft.com/azure/storage/blobs/scalability-targets>).
const BLOCK_LIMIT: u64 = 100 * MIB;
const BLOCKS_LIMIT: usize = 50_000;
/// The first version with this limit, and the limit of earlier versions.
const LARGE_FROM: &str = "2022-11-02";
const OLD_BLOCK_LIMIT: u64 = 4 * MIB;

/// Returns the bytes of one block that the request's version allows.
pub(super) fn block_limit(call: &BlobCall<'_>) -> u64 {
    if call.version() < LARGE_FROM { OLD_BLOCK_LIMIT } else { BLOCK_LIMIT }
}

/// Put Blob for an append blob, which takes no content:
/// <https://learn.microsoft.com/rest/api/storageservices/put-blob>.
pub(super) async fn create(call: BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    if receive::length(headers, u64::MAX)? != 0 {
        return Err(BlobError::InvalidOperation("Content-Length must be 0 for Create Append Blob request."));
    }
    let mut blob = described(&call, name, BlobKind::Append { sealed: false }, true)?;
    if blob.tier.take().is_some() {
        return Err(BlobError::AccessTierNotSupportedForBlobType);
    }
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let written = call.run(move |store| store.put(&container, BlobName(&owned), &conditions, |_| Ok(blob))).await?;
    Ok(created(call, &written))
}

/// Append Block: <https://learn.microsoft.com/rest/api/storageservices/append-block>.
pub(super) async fn append(call: BlobCall<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let limit = block_limit(&call);
    if receive::content_length(&call.parts.headers, limit)? == 0 {
        return Err(BlobError::InvalidHeaderValue { name: "Content-Length".to_owned(), value: "0".to_owned() });
    }
    let received = receive::content(&call, body, limit, Answers::One).await?;
    let mut answered = HeaderMap::new();
    received.insert(&mut answered);
    append_parts(call, name, vec![received.part], answered).await
}

/// Adds content to the end of a blob, as one block. `answered` holds headers of the answer.
pub(super) async fn append_parts(
    call: BlobCall<'_>,
    name: BlobName<'_>,
    parts: Vec<BlobPart>,
    answered: HeaderMap,
) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    let position = number(headers, "x-ms-blob-condition-appendpos")?;
    let most = number(headers, "x-ms-blob-condition-maxsize")?;
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_update(blob)?;
        check_open(blob)?;
        let length = blob.length();
        let added: u64 = parts.iter().map(|part| part.length).sum();
        if position.is_some_and(|position| position != length) {
            return Err(BlobError::AppendPositionConditionNotMet);
        }
        if most.is_some_and(|most| length + added > most) {
            return Err(BlobError::MaxBlobSizeConditionNotMet);
        }
        if blob.pieces.len() >= BLOCKS_LIMIT {
            return Err(BlobError::BlockCountExceedsLimit);
        }
        blob.pieces.extend(parts.into_iter().map(|part| Piece::whole(Arc::new(part))));
        Ok(length)
    };
    let (blob, offset) =
        call.run(move |store| store.update(&container, BlobName(&owned), &conditions, EtagChange::Yes, work)).await?;
    let mut response = created(call, &blob);
    let headers = response.headers_mut();
    insert(headers, "x-ms-blob-append-offset", &offset.to_string());
    insert(headers, "x-ms-blob-committed-block-count", &blob.pieces.len().to_string());
    headers.extend(answered);
    Ok(response)
}

/// Append Blob Seal: <https://learn.microsoft.com/rest/api/storageservices/append-blob-seal>.
pub(super) async fn seal(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    let position = number(headers, "x-ms-blob-condition-appendpos")?;
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let work = move |blob: &mut Blob, conditions: &Conditions| {
        conditions.check_update(blob)?;
        if !matches!(blob.kind, BlobKind::Append { .. }) {
            return Err(BlobError::InvalidBlobType);
        }
        if position.is_some_and(|position| position != blob.length()) {
            return Err(BlobError::AppendPositionConditionNotMet);
        }
        blob.kind = BlobKind::Append { sealed: true };
        Ok(())
    };
    let (blob, ()) =
        call.run(move |store| store.update(&container, BlobName(&owned), &conditions, EtagChange::Yes, work)).await?;
    let mut response = answer::changed(StatusCode::OK, &blob.etag, blob.last_modified);
    response.headers_mut().insert("x-ms-blob-sealed", HeaderValue::from_static("true"));
    Ok(response)
}

fn check_open(blob: &Blob) -> Result<(), BlobError> {
    match blob.kind {
        BlobKind::Append { sealed: false } => Ok(()),
        BlobKind::Append { sealed: true } => Err(BlobError::BlobIsSealed),
        BlobKind::Block | BlobKind::Page { .. } => Err(BlobError::InvalidBlobType),
    }
}
