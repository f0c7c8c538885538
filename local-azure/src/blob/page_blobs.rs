//! Page blobs: created with a length, written in pages of 512 bytes, cleared, resized.

use std::sync::Arc;

use axum::{body::Body, response::Response};
use http::HeaderMap;

use super::{
    answer::{self, insert},
    block_blobs::{created, described},
    call::BlobCall,
    conditions::Conditions,
    error::BlobError,
    name::BlobName,
    pages::{self, PAGE},
    paging::{Page, Paging},
    range::{self, Range},
    receive::{self, Answers},
    request_headers::{number, text},
    store::{Blob, BlobKind, BlobPart, EtagChange, Piece, Which},
    xml::element,
};

const MIB: u64 = 1024 * 1024;
/// The most bytes of one write and of a blob (<https://learn.microsoft.com/azure/storage/blobs/scalability-targets>).
pub(super) const WRITE_LIMIT: u64 = 4 * MIB;
const BLOB_LIMIT: u64 = 8 * MIB * MIB;
/// The largest sequence number (<https://learn.microsoft.com/rest/api/storageservices/put-blob>).
const SEQUENCE_NUMBER_LIMIT: u64 = i64::MAX.unsigned_abs();

/// Put Blob for a page blob, which starts with zeros:
/// <https://learn.microsoft.com/rest/api/storageservices/put-blob>.
pub(super) async fn create(call: BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let conditions = call.conditions()?;
    if receive::length(headers, u64::MAX)? != 0 {
        return Err(BlobError::InvalidOperation("Content-Length must be 0 for Create Page Blob request."));
    }
    let length = length(headers)?.ok_or(BlobError::MissingRequiredHeader("x-ms-blob-content-length"))?;
    let sequence_number = sequence_number(headers, "x-ms-blob-sequence-number")?.unwrap_or(0);
    let mut blob = described(&call, name, BlobKind::Page { sequence_number }, true)?;
    if blob.tier.take().is_some() {
        return Err(BlobError::AccessTierNotSupportedForBlobType);
    }
    blob.pieces = pages::resize(&[], length);
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let written = call.run(move |store| store.put(&container, BlobName(&owned), &conditions, |_| Ok(blob))).await?;
    Ok(created(call, &written))
}

/// Reads a sequence number from a header.
fn sequence_number(headers: &HeaderMap, name: &'static str) -> Result<Option<u64>, BlobError> {
    match number(headers, name)? {
        Some(number) if number > SEQUENCE_NUMBER_LIMIT => Err(BlobError::header_value(name, &number.to_string())),
        given => Ok(given),
    }
}

/// Reads the requested length of a page blob.
pub(super) fn length(headers: &HeaderMap) -> Result<Option<u64>, BlobError> {
    let length = number(headers, "x-ms-blob-content-length")?;
    match length {
        Some(length) if length % PAGE != 0 => {
            Err(BlobError::header_value("x-ms-blob-content-length", &length.to_string()))
        }
        Some(length) if length > BLOB_LIMIT => Err(BlobError::RequestBodyTooLarge { limit: BLOB_LIMIT }),
        _ => Ok(length),
    }
}

/// Put Page: <https://learn.microsoft.com/rest/api/storageservices/put-page>.
pub(super) async fn put_pages(call: BlobCall<'_>, name: BlobName<'_>, body: &mut Body) -> Result<Response, BlobError> {
    let (first, length) = page_range(&call.parts.headers)?;
    if receive::content_length(&call.parts.headers, WRITE_LIMIT)? != length {
        return Err(BlobError::InvalidPageRange);
    }
    let received = receive::content(&call, body, WRITE_LIMIT, Answers::One).await?;
    let mut answered = HeaderMap::new();
    received.insert(&mut answered);
    answer::encrypted(&mut answered);
    write_pages(call, name, (first, length), Some(received.part), answered).await
}

/// Put Page for clearing. Nothing is stored, so the answer has no header about encryption.
pub(super) async fn clear_pages(call: BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let range = page_range(headers)?;
    if receive::length(headers, WRITE_LIMIT)? != 0 {
        let value = text(headers, "content-length")?.unwrap_or_default();
        return Err(BlobError::header_value("Content-Length", value));
    }
    write_pages(call, name, range, None, HeaderMap::new()).await
}

/// Returns the first byte and the length of a request's page range, which must consist of whole pages.
pub(super) fn page_range(headers: &HeaderMap) -> Result<(u64, u64), BlobError> {
    let range = range::asked(headers)?.ok_or(BlobError::MissingRequiredHeader("x-ms-range"))?;
    match range {
        Range { first, last: Some(last) } if first % PAGE == 0 && (last + 1) % PAGE == 0 => {
            Ok((first, last + 1 - first))
        }
        _ => Err(BlobError::InvalidPageRange),
    }
}

/// Replaces pages with a part, or clears them. `answered` holds headers of the answer.
pub(super) async fn write_pages(
    call: BlobCall<'_>,
    name: BlobName<'_>,
    (first, length): (u64, u64),
    part: Option<BlobPart>,
    answered: HeaderMap,
) -> Result<Response, BlobError> {
    let ordinary = call.conditions()?;
    let conditions = SequenceConditions::read(&call.parts.headers)?;
    let (container, owned) = (call.container.to_owned(), name.0.to_owned());
    let last = first + length - 1;
    let part = part.map(Arc::new);
    let work = move |blob: &mut Blob, ordinary: &Conditions| {
        ordinary.check_update(blob)?;
        conditions.check(blob)?;
        if first >= blob.length() || part.is_some() && last >= blob.length() {
            return Err(BlobError::InvalidPageRange);
        }
        let length = length.min(blob.length() - first);
        blob.pieces = pages::overlay(&blob.pieces, first, Piece { part, offset: 0, length });
        Ok(())
    };
    let (blob, ()) =
        call.run(move |store| store.update(&container, BlobName(&owned), &ordinary, EtagChange::Yes, work)).await?;
    let mut response = created(call, &blob);
    let headers = response.headers_mut();
    headers.remove("x-ms-request-server-encrypted");
    insert_sequence_number(&blob, headers);
    headers.extend(answered);
    Ok(response)
}

/// Get Page Ranges: <https://learn.microsoft.com/rest/api/storageservices/get-page-ranges>.
pub(super) fn get_ranges(call: &BlobCall<'_>, name: BlobName<'_>) -> Result<Response, BlobError> {
    let headers = &call.parts.headers;
    let blob = call.account.store.readable(call.container, name, &call.which()?, &call.conditions()?)?;
    if !matches!(blob.kind, BlobKind::Page { .. }) {
        return Err(BlobError::InvalidBlobType);
    }
    let length = blob.length();
    let (from, to) = match range::asked(headers)? {
        Some(range) => range.within(length)?,
        None => (0, length),
    };
    let paging = Paging::read(call.query, &[])?;
    // The marker is the start of a range; a page of the list begins with this range.
    let start = match paging.from.as_str() {
        "" => from,
        marker => marker.parse().map_err(|_| BlobError::OutOfRangeInput(marker.to_owned()))?,
    };
    let stretches = match call.query.get("prevsnapshot") {
        Some(id) => {
            let before = call.account.store.blob(call.container, name, &Which::Snapshot(id.to_owned()))?;
            pages::changed(&before.pieces, &blob.pieces, from, to)
        }
        None => {
            let written = pages::written(&blob.pieces, from, to).into_iter();
            written.map(|(first, last)| (first, last, pages::Page::Written)).collect()
        }
    };
    let mut page = Page::default();
    for stretch in stretches.into_iter().filter(|(first, ..)| *first >= start) {
        if !page.push(&paging, &stretch.0.to_string(), stretch) {
            break;
        }
    }
    let mut xml = "<PageList>".to_owned();
    for (_, (first, last, kind)) in &page.items {
        let name = match kind {
            pages::Page::Written => "PageRange",
            pages::Page::Cleared => "ClearRange",
        };
        xml.push_str(&format!("<{name}>"));
        element(&mut xml, "Start", &first.to_string());
        element(&mut xml, "End", &last.to_string());
        xml.push_str(&format!("</{name}>"));
    }
    if paging.is_limited() {
        page.next_marker(&mut xml);
    }
    xml.push_str("</PageList>");
    let mut response = answer::document(&xml);
    let headers = response.headers_mut();
    answer::state(&blob.etag, blob.last_modified, headers);
    insert(headers, "x-ms-blob-content-length", &length.to_string());
    Ok(response)
}

/// The changes that Set Blob Properties makes only to a page blob: its length and its sequence number.
pub(super) struct PageChange {
    length: Option<u64>,
    action: Option<SequenceNumberAction>,
}

enum SequenceNumberAction {
    Increment,
    Max(u64),
    Update(u64),
}

impl PageChange {
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, BlobError> {
        let given = sequence_number(headers, "x-ms-blob-sequence-number")?;
        let needed = || given.ok_or(BlobError::MissingRequiredHeader("x-ms-blob-sequence-number"));
        let action = match text(headers, "x-ms-sequence-number-action")? {
            None => None,
            Some("increment") if given.is_none() => Some(SequenceNumberAction::Increment),
            Some("max") => Some(SequenceNumberAction::Max(needed()?)),
            Some("update") => Some(SequenceNumberAction::Update(needed()?)),
            Some(other) => {
                let (name, value) = ("x-ms-sequence-number-action".to_owned(), other.to_owned());
                return Err(BlobError::InvalidHeaderValue { name, value });
            }
        };
        Ok(Self { length: length(headers)?, action })
    }

    /// Reports whether the length or the sequence number changes. A request that changes only these keeps the blob's
    /// properties.
    pub(super) const fn is_some(&self) -> bool {
        self.length.is_some() || self.action.is_some()
    }

    pub(super) fn apply(&self, blob: &mut Blob) -> Result<(), BlobError> {
        let BlobKind::Page { sequence_number } = &mut blob.kind else {
            return match self.length {
                // The documentation gives the status and no code; the code is Azurite's:
                // <https://learn.microsoft.com/rest/api/storageservices/set-blob-properties>.
                Some(_) => Err(BlobError::InvalidOperation("x-ms-blob-content-length is for page blobs.")),
                None if self.is_some() => Err(BlobError::InvalidBlobType),
                None => Ok(()),
            };
        };
        match self.action {
            None => {}
            Some(SequenceNumberAction::Increment) if *sequence_number >= SEQUENCE_NUMBER_LIMIT => {
                return Err(BlobError::SequenceNumberIncrementTooLarge);
            }
            Some(SequenceNumberAction::Increment) => *sequence_number += 1,
            Some(SequenceNumberAction::Max(given)) => *sequence_number = given.max(*sequence_number),
            Some(SequenceNumberAction::Update(given)) => *sequence_number = given,
        }
        if let Some(length) = self.length {
            blob.pieces = pages::resize(&blob.pieces, length);
        }
        Ok(())
    }
}

/// Adds the sequence number to answers about page blobs.
pub(super) fn insert_sequence_number(blob: &Blob, headers: &mut HeaderMap) {
    if let BlobKind::Page { sequence_number } = blob.kind {
        insert(headers, "x-ms-blob-sequence-number", &sequence_number.to_string());
    }
}

struct SequenceConditions {
    at_most: Option<u64>,
    less_than: Option<u64>,
    equal: Option<u64>,
}

impl SequenceConditions {
    fn read(headers: &HeaderMap) -> Result<Self, BlobError> {
        Ok(Self {
            at_most: sequence_number(headers, "x-ms-if-sequence-number-le")?,
            less_than: sequence_number(headers, "x-ms-if-sequence-number-lt")?,
            equal: sequence_number(headers, "x-ms-if-sequence-number-eq")?,
        })
    }

    fn check(&self, blob: &Blob) -> Result<(), BlobError> {
        let BlobKind::Page { sequence_number } = blob.kind else { return Err(BlobError::InvalidBlobType) };
        let broken = self.at_most.is_some_and(|most| sequence_number > most)
            || self.less_than.is_some_and(|end| sequence_number >= end)
            || self.equal.is_some_and(|equal| sequence_number != equal);
        if broken { Err(BlobError::SequenceNumberConditionNotMet) } else { Ok(()) }
    }
}
