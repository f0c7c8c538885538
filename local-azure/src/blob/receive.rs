//! Request bodies: content is written to a file as it arrives, small documents are read into memory. Both ways verify
//! checksums.

use axum::body::Body;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use http::{HeaderMap, header};
use http_body_util::{BodyExt as _, Limited};
use md5::{Digest as _, Md5};
use tokio::{fs::File, io::AsyncWriteExt as _};

use super::{
    answer::insert,
    call::BlobCall,
    crc64::Crc64,
    error::{BlobError, Mismatch},
    properties::checked_md5,
    request_headers::{invalid, text},
    store::BlobPart,
    structured::{self, Unframe},
};
use crate::private_files;

/// Before this version of the service, answers have MD5s and no CRC-64.
pub(super) const CRC64_FROM: &str = "2019-02-02";

/// Received content.
pub(super) struct Received {
    pub(super) part: BlobPart,
    /// The MD5 of the content, if it was calculated.
    pub(super) md5: Option<String>,
    /// The checksums in the answer.
    pub(super) checksums: Checksums,
    /// The content arrived as a structured body.
    structured: bool,
}

/// Checksums in base64.
#[derive(Clone, Default)]
pub(super) struct Checksums {
    pub(super) md5: Option<String>,
    pub(super) crc64: Option<String>,
}

/// The checksums in the answer to a write.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Answers {
    /// A whole blob's MD5 and CRC-64.
    Both,
    /// The MD5 of a part if the client gave an MD5, else its CRC-64.
    One,
}

/// Writes a request's body to a new file.
pub(super) async fn content(
    call: &BlobCall<'_>,
    body: &mut Body,
    limit: u64,
    answers: Answers,
) -> Result<Received, BlobError> {
    let headers = &call.parts.headers;
    let expected = content_length(headers, limit)?;
    let given = given_checksums(headers)?;
    let structured = structured::is_asked(headers)?;
    let mut unframe = match structured {
        true => Some(Unframe::new(length(headers, u64::MAX)?, expected)),
        false => None,
    };
    let old = call.version() < CRC64_FROM;
    let mut part = call.account.store.new_part(call.container)?;
    let mut file = File::from_std(private_files::create(part.path())?);
    let mut md5 = (answers == Answers::Both || old || given.md5.is_some()).then(Md5::new);
    let shows_crc64 = !old && (answers == Answers::Both || given.md5.is_none());
    let mut crc64 = (given.crc64.is_some() || shows_crc64).then(Crc64::new);
    let mut plain = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BlobError::IncompleteBody)?.into_data() else { continue };
        let data = match &mut unframe {
            Some(unframe) => {
                plain.clear();
                unframe.push(&data, &mut plain)?;
                plain.as_slice()
            }
            None => &data,
        };
        if let Some(md5) = &mut md5 {
            md5.update(data);
        }
        if let Some(crc64) = &mut crc64 {
            crc64.update(data);
        }
        file.write_all(data).await?;
        part.length += data.len() as u64;
    }
    file.flush().await?;
    if let Some(unframe) = unframe {
        unframe.finish()?;
    }
    if part.length != expected {
        return Err(BlobError::IncompleteBody);
    }
    let actual = Checksums { md5: md5.map(|md5| STANDARD.encode(md5.finalize())), crc64: crc64.map(Crc64::finish) };
    given.compare(&actual)?;
    let md5 = actual.md5.clone();
    Ok(Received { part, md5, checksums: actual.answered(answers, given.md5.is_some(), old), structured })
}

impl Received {
    /// Puts the checksums into an answer, and for a structured body the header that repeats its format.
    pub(super) fn insert(&self, headers: &mut HeaderMap) {
        self.checksums.insert(headers);
        if self.structured {
            insert(headers, structured::HEADER, structured::VALUE);
        }
    }
}

/// Returns the length of the content that a request announces, without the frame of a structured body.
pub(super) fn content_length(headers: &HeaderMap, limit: u64) -> Result<u64, BlobError> {
    if !structured::is_asked(headers)? {
        return length(headers, limit);
    }
    match structured::content_length(headers)? {
        length if length <= limit => Ok(length),
        _ => Err(BlobError::RequestBodyTooLarge { limit }),
    }
}

/// Reads a document that fits into memory.
pub(super) async fn document(call: &BlobCall<'_>, body: &mut Body, limit: u64) -> Result<Bytes, BlobError> {
    let headers = &call.parts.headers;
    length(headers, limit)?;
    let given = given_checksums(headers)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let document = Limited::new(body, limit).collect().await.map_err(|_| BlobError::IncompleteBody)?.to_bytes();
    given.compare(&Checksums::from_content(&document))?;
    Ok(document)
}

/// Returns the length that a request announces. Every write must announce one.
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
    pub(super) fn from_content(content: &[u8]) -> Self {
        let mut crc64 = Crc64::new();
        crc64.update(content);
        Self { md5: Some(STANDARD.encode(Md5::digest(content))), crc64: Some(crc64.finish()) }
    }

    /// Keeps the checksums that the answer to a write has.
    pub(super) fn answered(self, answers: Answers, gave_md5: bool, old: bool) -> Self {
        match answers {
            Answers::Both if old => Self { crc64: None, ..self },
            Answers::Both => self,
            Answers::One if old || gave_md5 => Self { crc64: None, ..self },
            Answers::One => Self { md5: None, ..self },
        }
    }

    /// Returns the answer's checksums for a document in a request.
    pub(super) fn from_document(call: &BlobCall<'_>, document: &[u8]) -> Self {
        let gave_md5 = call.parts.headers.contains_key("content-md5");
        Self::from_content(document).answered(Answers::One, gave_md5, call.version() < CRC64_FROM)
    }

    pub(super) fn insert(&self, headers: &mut HeaderMap) {
        for (name, value) in [("content-md5", &self.md5), ("x-ms-content-crc64", &self.crc64)] {
            if let Some(value) = value {
                insert(headers, name, value);
            }
        }
    }

    /// Checks that each given checksum equals the calculated one.
    pub(super) fn compare(&self, actual: &Self) -> Result<(), BlobError> {
        if let Some(mismatch) = mismatch(self.md5.as_ref(), actual.md5.as_ref()) {
            return Err(BlobError::Md5Mismatch(Some(mismatch)));
        }
        match mismatch(self.crc64.as_ref(), actual.crc64.as_ref()) {
            Some(mismatch) => Err(BlobError::Crc64Mismatch(Some(mismatch))),
            None => Ok(()),
        }
    }
}

/// Returns both values if the given checksum differs from the calculated one.
pub(super) fn mismatch(given: Option<&String>, actual: Option<&String>) -> Option<Mismatch> {
    let specified = given.filter(|given| Some(*given) != actual)?;
    Some(Mismatch { specified: specified.clone(), calculated: actual.cloned().unwrap_or_default() })
}

fn given_checksums(headers: &HeaderMap) -> Result<Checksums, BlobError> {
    let given = checksums_in(headers, "content-md5", "x-ms-content-crc64")?;
    if given.crc64.is_some() && headers.contains_key("x-ms-blob-content-md5") {
        return Err(BlobError::BothCrc64AndMsMd5HeaderPresent);
    }
    Ok(given)
}

/// Reads the checksums in two headers. A request has at most one of the two.
pub(super) fn checksums_in(
    headers: &HeaderMap,
    of_md5: &'static str,
    of_crc64: &'static str,
) -> Result<Checksums, BlobError> {
    let md5 = text(headers, of_md5)?.map(|value| checked_md5(value.to_owned())).transpose()?;
    let crc64 = text(headers, of_crc64)?.map(str::to_owned);
    if let Some(value) = crc64.as_ref().filter(|value| !STANDARD.decode(value).is_ok_and(|bytes| bytes.len() == 8)) {
        return Err(BlobError::header_value(of_crc64, value));
    }
    if md5.is_some() && crc64.is_some() {
        return Err(BlobError::BothCrc64AndMd5HeaderPresent);
    }
    Ok(Checksums { md5, crc64 })
}
