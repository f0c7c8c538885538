//! Reading a blob: its properties, its content or a range of it, streamed from disk.

use std::{io::SeekFrom, sync::Arc};

use axum::{body::Body, response::Response};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use jiff::{Timestamp, fmt::rfc2822::DateTimePrinter};
use tokio::{
    fs::File,
    io::{AsyncReadExt as _, AsyncSeekExt as _},
};
use tokio_util::io::ReaderStream;

use super::{
    BlobName, Call,
    conditions::Conditions,
    error::BlobError,
    properties::write_metadata,
    store::{Blob, Part},
};

/// Bytes read from disk at once.
const CHUNK: usize = 128 * 1024;

/// Get Blob: <https://learn.microsoft.com/rest/api/storageservices/get-blob>.
pub(super) fn get(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let blob = readable(call, name)?;
    let length = blob.length();
    let range = asked_range(&call.parts.headers, length)?;
    let (from, to) = range.unwrap_or((0, length));
    let mut response = Response::new(content(blob.clone(), from, to));
    let headers = response.headers_mut();
    describe(&blob, headers);
    insert(headers, "content-length", &(to - from).to_string());
    if range.is_some() {
        insert(headers, "content-range", &format!("bytes {from}-{}/{length}", to - 1));
        // The MD5 of the whole content has a name of its own beside a part.
        insert_md5(&blob, "x-ms-blob-content-md5", headers);
        *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    } else {
        insert_md5(&blob, "content-md5", headers);
    }
    Ok(response)
}

/// Get Blob Properties: <https://learn.microsoft.com/rest/api/storageservices/get-blob-properties>.
pub(super) fn head(call: &Call<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let blob = readable(call, name)?;
    let mut response = Response::new(Body::empty());
    let headers = response.headers_mut();
    describe(&blob, headers);
    insert(headers, "content-length", &blob.length().to_string());
    insert_md5(&blob, "content-md5", headers);
    headers.insert("x-ms-access-tier", HeaderValue::from_static("Hot"));
    headers.insert("x-ms-access-tier-inferred", HeaderValue::from_static("true"));
    Ok(response)
}

fn readable(call: &Call<'_>, name: BlobName<'_>) -> Result<Arc<Blob>, BlobError> {
    let conditions = Conditions::read(&call.parts.headers)?;
    let blob = call.account.store.blob(call.container, name)?;
    conditions.check_read(&blob)?;
    Ok(blob)
}

fn describe(blob: &Blob, headers: &mut HeaderMap) {
    insert(headers, "etag", &blob.etag);
    insert(headers, "last-modified", &date(blob.last_modified));
    insert(headers, "x-ms-creation-time", &date(blob.created));
    for (name, value) in [
        ("accept-ranges", "bytes"),
        ("x-ms-blob-type", "BlockBlob"),
        ("x-ms-lease-status", "unlocked"),
        ("x-ms-lease-state", "available"),
        ("x-ms-server-encrypted", "true"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    blob.properties.write(headers);
    write_metadata(&blob.metadata, headers);
}

fn insert_md5(blob: &Blob, header: &'static str, headers: &mut HeaderMap) {
    if let Some(md5) = &blob.properties.content_md5 {
        insert(headers, header, md5);
    }
}

/// The first byte asked for and the one after the last. `x-ms-range` goes before `Range`. Azure knows no other form than
/// `bytes=first-` and `bytes=first-last`.
fn asked_range(headers: &HeaderMap, length: u64) -> Result<Option<(u64, u64)>, BlobError> {
    let Some((name, value)) = ["x-ms-range", "range"].iter().find_map(|name| Some((*name, headers.get(*name)?))) else {
        return Ok(None);
    };
    let text = value.to_str().unwrap_or_default();
    let invalid = || BlobError::InvalidHeaderValue { name: name.to_owned(), value: text.to_owned() };
    let (first, last) = text.strip_prefix("bytes=").and_then(|range| range.split_once('-')).ok_or_else(invalid)?;
    let first: u64 = first.parse().map_err(|_| invalid())?;
    let last: u64 = if last.is_empty() { u64::MAX } else { last.parse().map_err(|_| invalid())? };
    if last < first {
        return Err(invalid());
    }
    if first >= length {
        return Err(BlobError::InvalidRange(length));
    }
    Ok(Some((first, last.saturating_add(1).min(length))))
}

/// The bytes of a blob from `from` to before `to`, part after part.
fn content(blob: Arc<Blob>, from: u64, to: u64) -> Body {
    let mut start = 0;
    let slices: Vec<_> = blob
        .parts
        .iter()
        .filter_map(|part| {
            let (first, end) = (from.max(start), to.min(start + part.length));
            let slice = (first < end).then(|| (part.clone(), first - start, end - first));
            start += part.length;
            slice
        })
        .collect();
    Body::from_stream(stream::iter(slices).then(|(part, skip, take)| open(part, skip, take)).try_flatten())
}

async fn open(
    part: Arc<Part>,
    skip: u64,
    take: u64,
) -> std::io::Result<impl futures_util::Stream<Item = std::io::Result<bytes::Bytes>>> {
    let mut file = File::open(part.path()).await?;
    file.seek(SeekFrom::Start(skip)).await?;
    Ok(ReaderStream::with_capacity(file.take(take), CHUNK))
}

/// A date as HTTP writes it.
pub(super) fn date(time: Timestamp) -> String {
    // Only years beyond 9999 have no such form.
    DateTimePrinter::new().timestamp_to_rfc9110_string(&time).unwrap_or_default()
}

/// Puts a header that came from a header, or is made of digits, into an answer.
pub(super) fn insert(headers: &mut HeaderMap, name: &'static str, value: &str) {
    headers.extend(HeaderValue::from_str(value).ok().map(|value| (HeaderName::from_static(name), value)));
}
