//! Reading a blob: its properties, its content or a range of it, streamed from disk.

use std::{future::ready, io::SeekFrom, sync::Arc};

use axum::{body::Body, response::Response};
use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream, stream::BoxStream};
use http::{HeaderMap, HeaderValue, StatusCode};
use http_body_util::BodyExt as _;
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};
use tokio_util::io::ReaderStream;

use super::{
    answer::{self, date, insert},
    call::BlobCall,
    error::BlobError,
    name::BlobName,
    page_blobs::insert_sequence_number,
    pages,
    properties::write_metadata,
    range,
    receive::Checksums,
    request_headers::invalid,
    store::{Blob, BlobKind, Piece},
    structured::{self, Frame},
};

/// Bytes read from disk at once.
const CHUNK: usize = 128 * 1024;
/// The most bytes of a range for which a client may ask for a checksum.
const CHECKSUM_LIMIT: u64 = 4 * 1024 * 1024;

/// From this version on, a blob that leaves the archive shows its priority.
pub(super) const REHYDRATE_PRIORITY_FROM: &str = "2019-12-12";

/// Get Blob: <https://learn.microsoft.com/rest/api/storageservices/get-blob>.
pub(super) async fn get(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let blob = readable(call, name)?;
    blob.check_online()?;
    let length = blob.length();
    let request = &call.parts.headers;
    let framed = structured::is_asked(request)?;
    let range = range::asked(request)?.map(|range| range.within(length)).transpose()?;
    let (from, to) = range.unwrap_or((0, length));
    let checksums = range_checksums(request, &blob, range).await?;
    let plain = content(&blob, from, to);
    let mut response = Response::new(if framed { frame(plain, to - from) } else { plain });
    describe(call, &blob, &mut response);
    let headers = response.headers_mut();
    if framed {
        insert(headers, structured::HEADER, structured::VALUE);
        insert(headers, structured::CONTENT_LENGTH, &(to - from).to_string());
        insert(headers, "content-length", &structured::framed_length(to - from).to_string());
    } else {
        insert(headers, "content-length", &(to - from).to_string());
    }
    if range.is_some() {
        insert(headers, "content-range", &format!("bytes {from}-{}/{length}", to - 1));
        // Beside a part, the MD5 of the whole content has another name.
        insert_md5(&blob, "x-ms-blob-content-md5", headers);
        checksums.insert(headers);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    } else {
        insert_md5(&blob, "content-md5", headers);
    }
    override_properties(call, response.headers_mut());
    Ok(response)
}

/// Get Blob Properties: <https://learn.microsoft.com/rest/api/storageservices/get-blob-properties>.
pub(super) fn head(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let blob = readable(call, name)?;
    let mut response = answer::empty(StatusCode::OK);
    describe(call, &blob, &mut response);
    let headers = response.headers_mut();
    insert(headers, "content-length", &blob.length().to_string());
    insert_md5(&blob, "content-md5", headers);
    if blob.kind == BlobKind::Block {
        insert(headers, "x-ms-access-tier", blob.tier.map_or("Hot", |tier| tier.name()));
        if blob.tier.is_none() {
            headers.insert("x-ms-access-tier-inferred", HeaderValue::from_static("true"));
        }
        if let Some(changed) = blob.tier_changed {
            insert(headers, "x-ms-access-tier-change-time", &date(changed));
        }
        if let Some(rehydrating) = &blob.rehydrating {
            insert(headers, "x-ms-archive-status", &rehydrating.status());
            if call.version() >= REHYDRATE_PRIORITY_FROM {
                insert(headers, "x-ms-rehydrate-priority", &rehydrating.priority);
            }
        }
    }
    override_properties(call, response.headers_mut());
    Ok(response)
}

/// Get Blob Metadata: <https://learn.microsoft.com/rest/api/storageservices/get-blob-metadata>.
pub(super) fn metadata(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let blob = readable(call, name)?;
    let mut response = answer::changed(StatusCode::OK, &blob.etag, blob.last_modified);
    write_metadata(&blob.metadata, &mut response);
    Ok(response)
}

fn readable(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Arc<Blob>, BlobError> {
    call.account.store.readable(call.container, name, &call.which()?, &call.conditions()?)
}

fn describe(call: &BlobCall<'_>, blob: &Blob, response: &mut Response) {
    write_metadata(&blob.metadata, response);
    let headers = response.headers_mut();
    answer::state(&blob.etag, blob.last_modified, headers);
    insert(headers, "x-ms-creation-time", &date(blob.created));
    insert(headers, "x-ms-blob-type", blob.kind.name());
    if blob.snapshot.is_none() {
        answer::describe_lease(&blob.lease, headers);
    }
    for (name, value) in [("accept-ranges", "bytes"), ("x-ms-server-encrypted", "true")] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if let Some(version) = &blob.version {
        insert(headers, "x-ms-version-id", version);
        if call.query.get("versionid").is_none() && blob.snapshot.is_none() {
            headers.insert("x-ms-is-current-version", HeaderValue::from_static("true"));
        }
    }
    if !blob.tags.is_empty() {
        insert(headers, "x-ms-tag-count", &blob.tags.len().to_string());
    }
    if let BlobKind::Append { sealed } = blob.kind {
        insert(headers, "x-ms-blob-committed-block-count", &blob.pieces.len().to_string());
        if sealed {
            headers.insert("x-ms-blob-sealed", HeaderValue::from_static("true"));
        }
    }
    insert_sequence_number(blob, headers);
    if let Some(copied) = &blob.copied {
        insert(headers, "x-ms-copy-id", &copied.id);
        insert(headers, "x-ms-copy-source", &copied.source);
        insert(headers, "x-ms-copy-status", "success");
        insert(headers, "x-ms-copy-progress", &format!("{0}/{0}", copied.length));
        insert(headers, "x-ms-copy-completion-time", &date(copied.completed));
    }
    blob.properties.write(headers);
}

/// Puts a signature's properties in place of the blob's.
fn override_properties(call: &BlobCall<'_>, headers: &mut HeaderMap) {
    for (field, name) in [
        ("rscc", "cache-control"),
        ("rscd", "content-disposition"),
        ("rsce", "content-encoding"),
        ("rscl", "content-language"),
        ("rsct", "content-type"),
    ] {
        if let Some(value) = call.query.signature.get(field).and_then(|value| HeaderValue::from_str(value).ok()) {
            headers.insert(name, value);
        }
    }
}

fn insert_md5(blob: &Blob, header: &'static str, headers: &mut HeaderMap) {
    if let Some(md5) = &blob.properties.content_md5 {
        insert(headers, header, md5);
    }
}

/// Returns the checksums of a range that the request asks for.
async fn range_checksums(request: &HeaderMap, blob: &Blob, range: Option<(u64, u64)>) -> Result<Checksums, BlobError> {
    let asked = |name: &'static str| request.get(name).filter(|value| value.as_bytes().eq_ignore_ascii_case(b"true"));
    let md5 = asked("x-ms-range-get-content-md5");
    let crc64 = asked("x-ms-range-get-content-crc64");
    if md5.is_some() && crc64.is_some() {
        return Err(BlobError::BothCrc64AndMd5RangeHeaderPresent);
    }
    let Some(value) = md5.or(crc64) else { return Ok(Checksums::default()) };
    let name = if md5.is_some() { "x-ms-range-get-content-md5" } else { "x-ms-range-get-content-crc64" };
    match range {
        Some((from, to)) if to - from <= CHECKSUM_LIMIT => {
            let bytes = content(blob, from, to).collect().await.map_err(std::io::Error::other)?.to_bytes();
            let all = Checksums::from_content(&bytes);
            Ok(Checksums { md5: md5.and(all.md5), crc64: crc64.and(all.crc64) })
        }
        _ => Err(invalid(name, value)),
    }
}

/// Puts a frame around a body of this length.
fn frame(plain: Body, length: u64) -> Body {
    let pieces = plain.into_data_stream().map(Some).chain(stream::iter([None]));
    let framed = pieces.scan(Some(Frame::new(length)), |frame, piece| {
        ready(match piece {
            Some(Ok(data)) => frame.as_mut().map(|frame| Ok(Bytes::from(frame.push(&data)))),
            Some(Err(error)) => Some(Err(error)),
            None => frame.take().map(|frame| Ok(Bytes::from(frame.finish()))),
        })
    });
    Body::from_stream(framed)
}

/// Returns the bytes of a blob from `from` up to, but not including, `to`, piece after piece.
pub(super) fn content(blob: &Blob, from: u64, to: u64) -> Body {
    Body::from_stream(stream::iter(pages::slice(&blob.pieces, from, to)).then(open).try_flatten())
}

async fn open(piece: Piece) -> std::io::Result<BoxStream<'static, std::io::Result<Bytes>>> {
    let Some(part) = piece.part else {
        let zeros = tokio::io::repeat(0).take(piece.length);
        return Ok(ReaderStream::with_capacity(zeros, CHUNK).boxed());
    };
    let mut file = File::open(part.path()).await?;
    file.seek(SeekFrom::Start(piece.offset)).await?;
    // The file may be deleted when its last user drops it; an open file can still be read.
    Ok(ReaderStream::with_capacity(file.take(piece.length), CHUNK).boxed())
}
