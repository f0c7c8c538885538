//! Request bodies: content that goes to a file as it arrives, and small documents. Checksums are checked on the way.

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Limited};
use md5::{Digest as _, Md5};
use tokio::{fs::File, io::AsyncWriteExt as _};

use super::{
    Call,
    answer::{insert, invalid, text},
    crc64::Crc64,
    error::BlobError,
    properties::checked_md5,
    store::Part,
};
use crate::private_files;

/// Content that has arrived. What was not worked out is absent.
pub(super) struct Received {
    pub(super) part: Part,
    pub(super) checksums: Checksums,
}

/// In base64.
#[derive(Clone, Default)]
pub(super) struct Checksums {
    pub(super) md5: Option<String>,
    pub(super) crc64: Option<String>,
}

/// Which checksum is worked out although the client gives none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Wants {
    Md5,
    Crc64,
}

/// Writes a request's body to a new file.
pub(super) async fn content(call: &Call<'_>, body: &mut Body, limit: u64, wants: Wants) -> Result<Received, BlobError> {
    let headers = &call.parts.headers;
    let expected = length(headers, limit)?;
    let given = given_checksums(headers)?;
    let mut part = call.account.store.new_part(call.container)?;
    let mut file = File::from_std(private_files::create(part.path())?);
    let mut md5 = (wants == Wants::Md5 || given.md5.is_some()).then(Md5::new);
    let mut crc64 = (given.crc64.is_some() || wants == Wants::Crc64 && given.md5.is_none()).then(Crc64::new);
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BlobError::IncompleteBody)?.into_data() else { continue };
        if let Some(md5) = &mut md5 {
            md5.update(&data);
        }
        if let Some(crc64) = &mut crc64 {
            crc64.update(&data);
        }
        file.write_all(&data).await?;
        part.length += data.len() as u64;
    }
    file.flush().await?;
    if part.length != expected {
        return Err(BlobError::IncompleteBody);
    }
    let checksums = Checksums { md5: md5.map(|md5| STANDARD.encode(md5.finalize())), crc64: crc64.map(Crc64::finish) };
    given.compare(&checksums)?;
    Ok(Received { part, checksums })
}

/// A document that fits into memory.
pub(super) async fn document(call: &Call<'_>, body: &mut Body, limit: u64) -> Result<Bytes, BlobError> {
    let headers = &call.parts.headers;
    length(headers, limit)?;
    let given = given_checksums(headers)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let document = Limited::new(body, limit).collect().await.map_err(|_| BlobError::IncompleteBody)?.to_bytes();
    given.compare(&Checksums::of(&document))?;
    Ok(document)
}

/// The length that a request announces, which every write must.
pub(super) fn length(headers: &HeaderMap, limit: u64) -> Result<u64, BlobError> {
    let value = headers.get(header::CONTENT_LENGTH).ok_or(BlobError::MissingContentLengthHeader)?;
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    match length {
        Some(length) if length <= limit => Ok(length),
        Some(_) => Err(BlobError::RequestBodyTooLarge { limit }),
        None => Err(invalid("content-length", value)),
    }
}

impl Checksums {
    pub(super) fn of(content: &[u8]) -> Self {
        let mut crc64 = Crc64::new();
        crc64.update(content);
        Self { md5: Some(STANDARD.encode(Md5::digest(content))), crc64: Some(crc64.finish()) }
    }

    pub(super) fn insert(&self, headers: &mut HeaderMap) {
        for (name, value) in [("content-md5", &self.md5), ("x-ms-content-crc64", &self.crc64)] {
            if let Some(value) = value {
                insert(headers, name, value);
            }
        }
    }

    /// Each that is given must be the one worked out.
    fn compare(&self, actual: &Self) -> Result<(), BlobError> {
        if self.md5.is_some() && self.md5 != actual.md5 {
            return Err(BlobError::Md5Mismatch);
        }
        if self.crc64.is_some() && self.crc64 != actual.crc64 {
            return Err(BlobError::Crc64Mismatch);
        }
        Ok(())
    }
}

fn given_checksums(headers: &HeaderMap) -> Result<Checksums, BlobError> {
    let md5 = text(headers, "content-md5")?.map(|value| checked_md5(value.to_owned())).transpose()?;
    let crc64 = text(headers, "x-ms-content-crc64")?.map(str::to_owned);
    if let Some(value) = crc64.as_ref().filter(|value| !STANDARD.decode(value).is_ok_and(|bytes| bytes.len() == 8)) {
        let (name, value) = ("x-ms-content-crc64".to_owned(), value.clone());
        return Err(BlobError::InvalidHeaderValue { name, value });
    }
    if md5.is_some() && crc64.is_some() {
        return Err(BlobError::BothCrc64AndMd5HeaderPresent);
    }
    Ok(Checksums { md5, crc64 })
}
