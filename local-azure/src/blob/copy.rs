//! Copies within the account: whole blobs, and parts of a blob into a block. A copy is finished before its answer is
//! sent.

use std::sync::Arc;

use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use url::Url;
use uuid::Uuid;

use super::{
    answer::{self, insert},
    append_blobs::{self, append_parts},
    authorization::authorize_source,
    block_blobs::{BLOB_LIMIT, block_id, block_limit, created, described, stage},
    call::BlobCall,
    change::rehydrate_priority,
    conditions::{self, Conditions, SourceRefusal},
    containers, copied_sums,
    error::BlobError,
    lease::Leased,
    name::BlobName,
    operation::Operation,
    page_blobs, pages,
    properties::ContentProperties,
    query::Query,
    range, receive,
    request_headers::{says_true, text},
    store::{Blob, BlobKind, BlobPart, Copied, Piece, Rehydrating, Store, Tier, Which},
};

/// The most bytes of a copy that the client waits for
/// (<https://learn.microsoft.com/rest/api/storageservices/copy-blob-from-url>).
const SYNC_LIMIT: u64 = 256 * 1024 * 1024;

/// Copy Blob and Copy Blob From URL: <https://learn.microsoft.com/rest/api/storageservices/copy-blob>.
pub(super) async fn blob(call: BlobCall<'_>, name: BlobName<'_>, operation: Operation) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    let Source { url, blob: source } = source(&call, operation)?;
    check_source_lease(headers, &source)?;
    let in_sync = operation == Operation::CopyBlobFromUrl;
    if in_sync && source.length() > SYNC_LIMIT {
        return Err(BlobError::CopyTooLarge);
    }
    let kind = match source.kind {
        BlobKind::Append { .. } => BlobKind::Append { sealed: says_true(headers, "x-ms-seal-blob") },
        other => other,
    };
    let mut given = described(&call, name, kind, false)?;
    rehydrate(headers, &source, &mut given, in_sync)?;
    let copied =
        Copied { id: Uuid::new_v4().to_string(), source: url, completed: Timestamp::now(), length: source.length() };
    let copies_tags = copies_tags(headers)?;
    let answered = match in_sync {
        true => copied_sums::check(&call, source.pieces.clone(), copied_sums::AnsweredChecksum::Crc64).await?,
        false => HeaderMap::new(),
    };
    let (id, container, owned) = (copied.id.clone(), call.container.to_owned(), name.0.to_owned());
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
    if !in_sync {
        headers.remove("x-ms-request-server-encrypted");
    }
    insert(headers, "x-ms-copy-id", &id);
    headers.insert("x-ms-copy-status", HeaderValue::from_static("success"));
    headers.extend(answered);
    Ok(response)
}

/// Checks the tiers of a copy. A blob in the archive can be copied only in the background, and only to a tier that can
/// be read.
fn rehydrate(headers: &HeaderMap, source: &Blob, given: &mut Blob, in_sync: bool) -> Result<(), BlobError> {
    let priority = rehydrate_priority(headers)?;
    match (source.tier, given.tier) {
        (Some(Tier::Archive), Some(to)) if to != Tier::Archive && !in_sync => {
            given.tier = Some(Tier::Archive);
            given.rehydrating = Some(Rehydrating { to, priority });
            Ok(())
        }
        _ => source.check_online(),
    }
}

fn copies_tags(headers: &HeaderMap) -> Result<bool, BlobError> {
    const NAME: &str = "x-ms-copy-source-tag-option";
    match text(headers, NAME)?.map(str::to_ascii_uppercase).as_deref() {
        None | Some("REPLACE") => Ok(false),
        Some("COPY") if headers.contains_key("x-ms-tags") => Err(BlobError::BothUserTagsAndSourceTagsCopyPresent),
        Some("COPY") => Ok(true),
        Some(other) => Err(BlobError::header_value(NAME, other)),
    }
}

/// Abort Copy Blob. It always fails, because a copy ends before its answer is sent.
pub(super) fn abort(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    call.query.get("copyid").ok_or(BlobError::MissingRequiredQueryParameter("copyid"))?;
    call.account.store.blob(call.container, name, &Which::Current)?;
    Err(BlobError::NoPendingCopyOperation)
}

/// Put Blob From URL: <https://learn.microsoft.com/rest/api/storageservices/put-blob-from-url>.
pub(super) async fn put_from_url(call: BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    let Source { blob: source, .. } = source(&call, Operation::PutBlobFromUrl)?;
    source.check_online()?;
    if source.length() > BLOB_LIMIT {
        return Err(BlobError::RequestBodyTooLarge { limit: BLOB_LIMIT });
    }
    let mut blob = described(&call, name, BlobKind::Block, false)?;
    const TAKES_PROPERTIES: &str = "x-ms-copy-source-blob-properties";
    let takes_properties = match text(headers, TAKES_PROPERTIES)?.map(str::to_ascii_lowercase) {
        None => true,
        Some(value) if value == "true" || value == "false" => value == "true",
        Some(value) => return Err(BlobError::header_value(TAKES_PROPERTIES, &value)),
    };
    if takes_properties {
        blob.properties = ContentProperties::given(headers)?.or(source.properties.clone());
    }
    if copies_tags(headers)? {
        blob.tags.clone_from(&source.tags);
    }
    let answered = copied_sums::check(&call, source.pieces.clone(), copied_sums::AnsweredChecksum::Crc64).await?;
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let work = move |store: &Store| {
        blob.pieces = linked(store, &container, &source.pieces)?;
        store.put(&container, BlobName(&owned), &conditions, |_| Ok(blob))
    };
    let written = call.run(work).await?;
    let mut response = created(call, &written);
    response.headers_mut().extend(answered);
    Ok(response)
}

/// Put Block From URL: <https://learn.microsoft.com/rest/api/storageservices/put-block-from-url>.
pub(super) async fn block_from_url(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let id = block_id(call)?;
    let conditions = call.conditions()?;
    let limit = block_limit(call);
    let (mut part, answered) =
        part_of_source(call, Operation::PutBlockFromUrl, limit, copied_sums::AnsweredChecksum::Crc64).await?;
    part.block_id = Some(id);
    stage(call, name, conditions, part).await?;
    let mut response = answer::empty(StatusCode::CREATED);
    answer::encrypted(response.headers_mut());
    response.headers_mut().extend(answered);
    Ok(response)
}

/// Append Block From URL: <https://learn.microsoft.com/rest/api/storageservices/append-block-from-url>.
pub(super) async fn append_from_url(call: BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let limit = append_blobs::block_limit(&call);
    let (part, answered) =
        part_of_source(&call, Operation::AppendBlockFromUrl, limit, copied_sums::AnsweredChecksum::Md5).await?;
    append_parts(call, name, vec![part], answered).await
}

/// Put Page From URL: <https://learn.microsoft.com/rest/api/storageservices/put-page-from-url>.
pub(super) async fn pages_from_url(call: BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let (first, length) = page_blobs::page_range(&call.parts.headers)?;
    if !call.parts.headers.contains_key("x-ms-source-range") {
        return Err(BlobError::MissingRequiredHeader("x-ms-source-range"));
    }
    let limit = page_blobs::WRITE_LIMIT;
    let (part, mut answered) =
        part_of_source(&call, Operation::PutPageFromUrl, limit, copied_sums::AnsweredChecksum::Md5).await?;
    if part.length != length {
        return Err(BlobError::InvalidPageRange);
    }
    answer::encrypted(&mut answered);
    page_blobs::write_pages(call, name, (first, length), Some(part), answered).await
}

/// Returns a new file with the requested range of the source, and the headers with its checksum.
async fn part_of_source(
    call: &BlobCall<'_>,
    operation: Operation,
    limit: u64,
    shows: copied_sums::AnsweredChecksum,
) -> Result<(BlobPart, HeaderMap), BlobError> {
    let headers = &call.parts.headers;
    if receive::length(headers, u64::MAX)? != 0 {
        let value = text(headers, "content-length")?.unwrap_or_default();
        return Err(BlobError::header_value("Content-Length", value));
    }
    let Source { blob: source, .. } = source(call, operation)?;
    source.check_online()?;
    let length = source.length();
    let (from, to) = match headers.get("x-ms-source-range") {
        Some(value) => range::parse("x-ms-source-range", value)?.within(length)?,
        None => (0, length),
    };
    if to - from > limit {
        return Err(BlobError::RequestBodyTooLarge { limit });
    }
    let pieces = pages::slice(&source.pieces, from, to);
    let answered = copied_sums::check(call, pieces.clone(), shows).await?;
    let container = call.container.to_owned();
    let part = call
        .run(move |store| {
            let mut part = store.new_part(&container)?;
            part.fill_from_pieces(&pieces)?;
            Ok(part)
        })
        .await?;
    Ok((part, answered))
}

/// Gives pieces of another container's blob to this container.
fn linked(store: &Store, container: &str, pieces: &[Piece]) -> Result<Vec<Piece>, BlobError> {
    let mut links: Vec<(*const BlobPart, Arc<BlobPart>)> = Vec::new();
    let linked = pieces.iter().map(|piece| {
        let Some(part) = &piece.part else { return Ok(piece.clone()) };
        // Pieces that share a file are close to each other.
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

/// The source of a copy.
struct Source {
    /// The source's URL without a signature.
    url: String,
    blob: Arc<Blob>,
}

/// Returns the source of a copy. The caller must be allowed to read it.
fn source(call: &BlobCall<'_>, operation: Operation) -> Result<Source, BlobError> {
    let headers = &call.parts.headers;
    let text = text(headers, "x-ms-copy-source")?.ok_or(BlobError::MissingRequiredHeader("x-ms-copy-source"))?;
    let refused = || BlobError::header_value("x-ms-copy-source", text);
    let mut url = Url::parse(text).map_err(|_| refused())?;
    if url.scheme() != "https" || url.host_str() != Some(call.account.host().as_str()) {
        return Err(BlobError::UnsupportedCopySource(url.host_str().unwrap_or_default().to_owned()));
    }
    let query = Query::parse(url.query().unwrap_or_default());
    query.check(&["snapshot", "versionid"])?;
    let which = match (query.get("snapshot"), query.get("versionid")) {
        (None, None) => Which::Current,
        (Some(id), None) => Which::Snapshot(id.to_owned()),
        (None, Some(id)) => Which::Version(id.to_owned()),
        (Some(_), Some(_)) => return Err(refused()),
    };
    let path = percent_decode_str(url.path().trim_start_matches('/')).decode_utf8().map_err(|_| refused())?;
    let (container, name) = path.split_once('/').ok_or_else(refused)?;
    containers::check_name(container)?;
    let name = BlobName::checked(name)?;
    let conditions = Conditions::read_of_source(headers)?;
    let alone = operation != Operation::CopyBlob;
    let found = authorize_source(call.account, headers, &query, alone, (container, name.0))
        .and_then(|()| call.account.store.blob(container, name, &which));
    // For a copy that the service makes with another request, the error is the answer to that request.
    let blob = found.map_err(|error| if alone { error.of_copy_source() } else { error })?;
    conditions.check_source(&blob).map_err(|refusal| source_condition(operation, &refusal))?;
    let shown = match &which {
        Which::Current => None,
        Which::Snapshot(id) => Some(format!("snapshot={id}")),
        Which::Version(id) => Some(format!("versionid={id}")),
    };
    drop(path);
    url.set_query(shown.as_deref());
    Ok(Source { url: url.into(), blob })
}

/// Returns the refusal of each kind of copy whose source fails a condition, as recorded from the service in 2022.
fn source_condition(operation: Operation, refusal: &SourceRefusal) -> BlobError {
    let message = match operation {
        Operation::CopyBlob => return BlobError::SourceConditionNotMet,
        Operation::CopyBlobFromUrl => "The condition specified using HTTP conditional header(s) is not met.",
        _ => "Could not verify the copy source within the specified time.",
    };
    let status = match refusal {
        SourceRefusal::Another => StatusCode::PRECONDITION_FAILED,
        SourceRefusal::Unchanged => StatusCode::NOT_MODIFIED,
    };
    BlobError::CannotVerifyCopySource { status, message: message.to_owned() }
}

fn check_source_lease(headers: &HeaderMap, source: &Blob) -> Result<(), BlobError> {
    let named = conditions::uuid(headers, "x-ms-source-lease-id")?;
    let lease = source.lease.check_read(named, Timestamp::now());
    lease.map_err(|refusal| BlobError::from_lease_use(refusal, Leased::Blob))
}
