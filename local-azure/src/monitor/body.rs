//! The body of a request: its size, its encoding, and the message in it.

use std::io::Read as _;

use axum::body::{Body, Bytes, to_bytes};
use flate2::read::MultiGzDecoder;
use http::{HeaderMap, header};

use super::refusal::MonitorRefusal;

/// Azure accepts logs of 1,048,576 bytes and refuses one byte more. It is not known whether Azure counts before or
/// after decompression, nor whether traces and metrics have the same limit. Here both sizes are limited, for every
/// signal.
pub(super) const LARGEST_SIGNAL: usize = 1024 * 1024;

/// The encoding of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    Protobuf,
    Json,
}

pub(super) fn format(headers: &HeaderMap) -> Result<Format, MonitorRefusal> {
    let media_type = text(headers, &header::CONTENT_TYPE);
    match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/x-protobuf" => Ok(Format::Protobuf),
        "application/json" => Ok(Format::Json),
        _ => Err(MonitorRefusal::MediaType(media_type, "application/x-protobuf is taken")),
    }
}

pub(super) async fn read(headers: &HeaderMap, body: Body) -> Result<Bytes, MonitorRefusal> {
    let is_gzip = match text(headers, &header::CONTENT_ENCODING).to_ascii_lowercase().as_str() {
        "" | "identity" => false,
        "gzip" => true,
        other => return Err(MonitorRefusal::Encoding(other.to_owned())),
    };
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse::<usize>().ok());
    if announced.is_some_and(|bytes| bytes > LARGEST_SIGNAL) {
        return Err(MonitorRefusal::TooLarge(""));
    }
    let bytes = match to_bytes(body, LARGEST_SIGNAL).await {
        Ok(bytes) => bytes,
        Err(error) if is_too_large(&error) => return Err(MonitorRefusal::TooLarge("")),
        Err(_) => return Err(MonitorRefusal::Unreadable),
    };
    if is_gzip { unzip(&bytes) } else { Ok(bytes) }
}

fn unzip(bytes: &[u8]) -> Result<Bytes, MonitorRefusal> {
    let mut unzipped = Vec::new();
    let mut decoder = MultiGzDecoder::new(bytes).take(LARGEST_SIGNAL as u64 + 1);
    decoder.read_to_end(&mut unzipped).map_err(MonitorRefusal::NotGzip)?;
    if unzipped.len() > LARGEST_SIGNAL {
        Err(MonitorRefusal::TooLarge(" when it is unzipped"))
    } else {
        Ok(unzipped.into())
    }
}

fn is_too_large(error: &axum::Error) -> bool {
    let source = std::error::Error::source(error);
    source.is_some_and(|source| source.is::<http_body_util::LengthLimitError>())
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> String {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().trim().to_owned()
}
