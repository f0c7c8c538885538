//! Checksums of copied content: the client's checksum of the source, and the checksum in the answer.

use std::{
    fs::File,
    io::{self, Read, Seek as _, SeekFrom},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::HeaderMap;
use md5::{Digest as _, Md5};

use super::{
    call::BlobCall,
    crc64::Crc64,
    error::{BlobError, Mismatch},
    receive::{self, Checksums},
    store::Piece,
};

/// Bytes read from disk at once.
const CHUNK: usize = 128 * 1024;

/// The checksum in the answer to a copy, as recorded from the service.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum AnsweredChecksum {
    /// The CRC-64; but the MD5 if the client gave the source's MD5.
    Crc64,
    /// Always the MD5. The refusal of a wrong MD5 does not show the two values.
    Md5,
}

/// Compares the source with the client's checksum of it. The returned headers hold the answer's checksum.
pub(super) async fn check(
    call: &BlobCall<'_>,
    pieces: Vec<Piece>,
    shows: AnsweredChecksum,
) -> Result<HeaderMap, BlobError> {
    let headers = &call.parts.headers;
    let given = receive::checksums_in(headers, "x-ms-source-content-md5", "x-ms-source-content-crc64")?;
    let actual = call.run(move |_| Ok(of(&pieces)?)).await?;
    let told = |mismatch: Mismatch| (shows == AnsweredChecksum::Crc64).then_some(mismatch);
    if let Some(mismatch) = receive::mismatch(given.md5.as_ref(), actual.md5.as_ref()) {
        return Err(BlobError::Md5Mismatch(told(mismatch)));
    }
    if let Some(mismatch) = receive::mismatch(given.crc64.as_ref(), actual.crc64.as_ref()) {
        return Err(BlobError::Crc64Mismatch(told(mismatch)));
    }
    let tells_md5 = shows == AnsweredChecksum::Md5 || given.md5.is_some() || call.version() < receive::CRC64_FROM;
    let told = match tells_md5 {
        true => Checksums { crc64: None, ..actual },
        false => Checksums { md5: None, ..actual },
    };
    let mut answered = HeaderMap::new();
    told.insert(&mut answered);
    Ok(answered)
}

fn of(pieces: &[Piece]) -> io::Result<Checksums> {
    let (mut md5, mut crc64, mut chunk) = (Md5::new(), Crc64::new(), vec![0; CHUNK]);
    for piece in pieces {
        let mut content: Box<dyn Read> = match &piece.part {
            Some(part) => {
                let mut file = File::open(part.path())?;
                file.seek(SeekFrom::Start(piece.offset))?;
                Box::new(file.take(piece.length))
            }
            None => Box::new(io::repeat(0).take(piece.length)),
        };
        loop {
            let length = content.read(&mut chunk)?;
            let Some(data) = chunk.get(..length).filter(|data| !data.is_empty()) else { break };
            md5.update(data);
            crc64.update(data);
        }
    }
    Ok(Checksums { md5: Some(STANDARD.encode(md5.finalize())), crc64: Some(crc64.finish()) })
}
