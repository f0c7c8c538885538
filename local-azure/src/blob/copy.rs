//! Copying within the account: whole blobs, and parts of one into a block. A copy is done when the answer comes.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use url::Url;
use uuid::Uuid;

use super::{
    BlobName, Call,
    answer::{self, insert, text},
    append_blobs::{self, append_parts},
    authorization::authorize_source,
    block_blobs::{block_id, created, described},
    conditions::{self, Conditions},
    containers,
    error::BlobError,
    operation::Operation,
    pages,
    properties::ContentProperties,
    range,
    receive::{self, Checksums},
    store::{Blob, Copied, Kind, Part, Piece, Store},
};

/// Bytes of a block that comes from a URL.
const BLOCK_LIMIT: u64 = 4_000 * 1024 * 1024;
/// Bytes that are copied while the client waits (<https://learn.microsoft.com/rest/api/storageservices/copy-blob-from-url>).
const SYNC_LIMIT: u64 = 256 * 1024 * 1024;

/// Headers that speak of a copy's source.
pub(super) const SOURCE_HEADERS: &[&str] = &[
    "x-ms-copy-source",
    "x-ms-source-if-match",
    "x-ms-source-if-none-match",
    "x-ms-source-if-modified-since",
    "x-ms-source-if-unmodified-since",
];

/// Copy Blob and Copy Blob From URL: <https://learn.microsoft.com/rest/api/storageservices/copy-blob>.
pub(super) async fn blob(call: Call<'_>, name: BlobName<'_>, operation: Operation) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = Conditions::read(headers)?;
    let (url, source) = source(&call, operation)?;
    check_source_lease(headers, &source)?;
    let in_sync = operation == Operation::CopyBlobFromUrl;
    if in_sync && source.length() > SYNC_LIMIT {
        return Err(BlobError::CopyTooLarge);
    }
    let given = described(headers, name, source.kind, false)?;
    let copied =
        Copied { id: Uuid::new_v4().to_string(), source: url, completed: Timestamp::now(), length: source.length() };
    let (id, container, owned) = (copied.id.clone(), call.container.to_owned(), name.0.to_owned());
    let copies_tags = in_sync && text(headers, "x-ms-copy-source-tag-option")? == Some("COPY");
    let work = move |store: &Store| {
        let pieces = linked(store, &container, &source.pieces)?;
        let blob = Blob {
            properties: source.properties.clone(),
            metadata: if given.metadata.is_empty() { source.metadata.clone() } else { given.metadata },
            tags: if copies_tags { source.tags.clone() } else { given.tags },
            copied: Some(copied),
            pieces,
            ..given
        };
        store.put(&container, BlobName(&owned), &conditions, |container| {
            let other = container.existing(BlobName(&owned)).is_some_and(|old| old.kind.name() != blob.kind.name());
            if other { Err(BlobError::InvalidBlobType) } else { Ok(blob) }
        })
    };
    let written = call.run(work).await?;
    let mut response = created(call, &written);
    *response.status_mut() = StatusCode::ACCEPTED;
    let headers = response.headers_mut();
    headers.remove("x-ms-request-server-encrypted");
    insert(headers, "x-ms-copy-id", &id);
    headers.insert("x-ms-copy-status", HeaderValue::from_static("success"));
    Ok(response)
}

/// Abort Copy Blob: every copy is done before anybody can ask.
pub(super) fn abort(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    call.query.get("copyid").ok_or(BlobError::MissingRequiredQueryParameter("copyid"))?;
    call.account.store.blob(call.container, name)?;
    Err(BlobError::NoPendingCopyOperation)
}

/// Put Blob From URL: <https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url>.
pub(super) async fn put_from_url(call: Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = Conditions::read(headers)?;
    let (_, source) = source(&call, Operation::PutBlobFromUrl)?;
    let mut blob = described(headers, name, Kind::Block, false)?;
    let takes_properties = match text(headers, "x-ms-copy-source-blob-properties")?.map(str::to_ascii_lowercase) {
        None => true,
        Some(value) if value == "true" || value == "false" => value == "true",
        Some(value) => {
            let name = "x-ms-copy-source-blob-properties".to_owned();
            return Err(BlobError::InvalidHeaderValue { name, value });
        }
    };
    if takes_properties {
        blob.properties = ContentProperties::given(headers)?.or(source.properties.clone());
    }
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let work = move |store: &Store| {
        blob.pieces = linked(store, &container, &source.pieces)?;
        store.put(&container, BlobName(&owned), &conditions, |_| Ok(blob))
    };
    let written = call.run(work).await?;
    Ok(created(call, &written))
}

/// Put Block From URL: <https://learn.microsoft.com/rest/api/storageservices/put-block-from-url>.
pub(super) async fn block_from_url(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let id = block_id(call)?;
    let conditions = Conditions::read(&call.parts.headers)?;
    let mut part = part_of_source(call, Operation::PutBlockFromUrl, BLOCK_LIMIT).await?;
    part.block_id = Some(id);
    call.account.store.stage(call.container, name, &conditions, part)?;
    let mut response = answer::empty(StatusCode::CREATED);
    answer::encrypted(response.headers_mut());
    Ok(response)
}

/// Append Block From URL: <https://learn.microsoft.com/rest/api/storageservices/append-block-from-url>.
pub(super) async fn append_from_url(call: Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let part = part_of_source(&call, Operation::AppendBlockFromUrl, append_blobs::BLOCK_LIMIT).await?;
    append_parts(call, name, vec![part], &Checksums::default()).await
}

/// A new file with the asked range of the source.
async fn part_of_source(call: &Call<'_>, operation: Operation, limit: u64) -> Result<Part, BlobError> {
    let headers = &call.parts.headers;
    if receive::length(headers, u64::MAX)? != 0 {
        let value = text(headers, "content-length")?.unwrap_or_default().to_owned();
        return Err(BlobError::InvalidHeaderValue { name: "Content-Length".to_owned(), value });
    }
    let (_, source) = source(call, operation)?;
    let length = source.length();
    let (from, to) = match headers.get("x-ms-source-range") {
        Some(value) => range::parse("x-ms-source-range", value)?.within(length)?,
        None => (0, length),
    };
    if to - from > limit {
        return Err(BlobError::RequestBodyTooLarge { limit });
    }
    let container = call.container.to_owned();
    call.run(move |store| {
        let mut part = store.new_part(&container)?;
        part.fill_from_pieces(&pages::slice(&source.pieces, from, to))?;
        Ok(part)
    })
    .await
}

/// Pieces of another container's blob for one of this container.
fn linked(store: &Store, container: &str, pieces: &[Piece]) -> Result<Vec<Piece>, BlobError> {
    let mut links: Vec<(*const Part, Arc<Part>)> = Vec::new();
    let linked = pieces.iter().map(|piece| {
        let Some(part) = &piece.part else { return Ok(piece.clone()) };
        // Neighbours are what shares a file, if anything does.
        let known = links.iter().rev().take(8).find(|(original, _)| *original == Arc::as_ptr(part));
        let link = match known {
            Some((_, link)) => link.clone(),
            None => {
                let mut link = store.new_part(container)?;
                link.fill_from(part)?;
                let link = Arc::new(link);
                links.push((Arc::as_ptr(part), link.clone()));
                link
            }
        };
        Ok(Piece { part: Some(link), ..*piece })
    });
    linked.collect()
}

/// The blob that is copied, which the caller must be allowed to read, and its URL.
fn source(call: &Call<'_>, operation: Operation) -> Result<(String, Arc<Blob>), BlobError> {
    let headers = &call.parts.headers;
    let text = text(headers, "x-ms-copy-source")?.ok_or(BlobError::MissingRequiredHeader("x-ms-copy-source"))?;
    let refused = || BlobError::InvalidHeaderValue { name: "x-ms-copy-source".to_owned(), value: text.to_owned() };
    let url = Url::parse(text).map_err(|_| refused())?;
    if url.query().is_some() || url.scheme() != "https" || url.host_str() != Some(call.account.host().as_str()) {
        return Err(BlobError::UnsupportedCopySource(text.to_owned()));
    }
    let path = percent_decode_str(url.path().trim_start_matches('/')).decode_utf8().map_err(|_| refused())?;
    let (container, name) = path.split_once('/').ok_or_else(refused)?;
    containers::check_name(container)?;
    let name = BlobName::checked(name)?;
    let conditions = Conditions::read_of_source(headers)?;
    let alone = operation != Operation::CopyBlob;
    let found = authorize_source(call.account, headers, alone, container)
        .and_then(|()| call.account.store.blob(container, name));
    // A copy that the service makes by another request reports that request's answer.
    let blob = found.map_err(|error| if alone { error.of_copy_source() } else { error })?;
    conditions.check_source(&blob)?;
    Ok((url.into(), blob))
}

fn check_source_lease(headers: &HeaderMap, source: &Blob) -> Result<(), BlobError> {
    let named = conditions::uuid(headers, "x-ms-source-lease-id")?;
    let lease = source.lease.check_read(named, Timestamp::now());
    lease.map_err(|refusal| BlobError::of_lease_use(refusal, "Blob"))
}

/// The authorization that a request gives for its source, as the source would get it.
pub(super) fn source_headers(headers: &HeaderMap) -> HeaderMap {
    let mut source = HeaderMap::new();
    let token = headers.get("x-ms-copy-source-authorization");
    source.extend(token.map(|value| (header::AUTHORIZATION, value.clone())));
    source.extend(
        headers.get("x-ms-version").map(|value| (http::HeaderName::from_static("x-ms-version"), value.clone())),
    );
    source
}
