//! Streams a request's body into a blob, whole or not at all.
//!
//! Without a condition it writes only a new blob, and answers 409 if one of this name exists. `If-Match` with the
//! blob's `ETag`, or `*`, replaces it. `x-ms-meta-*` and `x-ms-access-tier` are stored with the blob. A body that does
//! not match `Content-MD5` is refused. The answer is 201 for a new blob, 200 for a replaced one.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use bytes::Bytes;
use functions_handler::axum::{
    Json,
    body::BodyDataStream,
    extract::{Path, Request, State, rejection::PathRejection},
    http::{
        HeaderMap, HeaderName, StatusCode,
        header::{
            CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPECT, IF_MATCH, IF_NONE_MATCH,
            LOCATION,
        },
    },
    response::{IntoResponse, Response},
};
use futures_util::{Stream, StreamExt, stream};
use keyless::{Blob, Body, Condition, Conflict, Metadata, NewBlob, Tier};
use serde::{Deserialize, Serialize};
use tokio::{sync::Mutex, time::timeout};

use crate::{
    error::Error,
    uploads::{UploadLimits, Uploads},
};

/// The longest pause of a body. A caller that does not send must not hold memory and a place.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);

/// The limits of reading the rest of a refused body, in bytes and time.
const MOST_DRAINED: usize = 64 * 1024 * 1024;
const LONGEST_DRAIN: Duration = Duration::from_secs(10);

const METADATA: &str = "x-ms-meta-";
/// The largest size of metadata in bytes, with names:
/// <https://learn.microsoft.com/azure/storage/blobs/scalability-targets>.
const MOST_METADATA: usize = 8 * 1024;
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const TIER: HeaderName = HeaderName::from_static("x-ms-access-tier");

#[derive(Deserialize)]
pub(crate) struct Route {
    #[serde(default)]
    name: String,
}

#[derive(Serialize)]
struct Uploaded<'a> {
    name: &'a str,
    #[serde(flatten)]
    blob: &'a Blob,
}

pub(crate) async fn run(
    State(uploads): State<Uploads>,
    route: Result<Path<Route>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Path(Route { name }) = route?;
    let (head, body) = request.into_parts();
    let body = CallersBody::new(body.into_data_stream());
    let uploaded = upload(&uploads, name, &head.headers, &body).await;
    // A client with `Expect` waits for permission to send. Reading on would give it this permission.
    if uploaded.is_err() && !head.headers.contains_key(EXPECT) {
        body.drain().await;
    }
    let (status, blob) = uploaded?;
    let headers = [(LOCATION, blob.url.to_string()), (ETAG, blob.etag.clone())];
    Ok((status, headers, Json(Uploaded { name: &blob.name, blob: &blob })).into_response())
}

async fn upload(
    uploads: &Uploads,
    name: String,
    headers: &HeaderMap,
    body: &CallersBody,
) -> Result<(StatusCode, Blob), Error> {
    let new = new_blob(name, headers, &uploads.limits)?;
    let status = if new.condition == Condition::Absent { StatusCode::CREATED } else { StatusCode::OK };
    let most = uploads.limits.max_bytes.get();
    let share = uploads.memory.share().await;
    let pieces = Body::from_stream::<_, keyless::Error>(body.pieces(most));
    match uploads.container.upload(new, share.metered(pieces)).await {
        _ if body.was_too_long() => Err(Error::TooLarge(most)),
        // The caller itself set this condition.
        Err(keyless::Error::Conflict(Conflict::Exists)) if headers.contains_key(IF_NONE_MATCH) => {
            Err(keyless::Error::Precondition.into())
        }
        uploaded => Ok((status, uploaded?)),
    }
}

/// A caller's body. The upload reads it, and [`CallersBody::drain`] reads the rest.
#[derive(Clone)]
struct CallersBody {
    pieces: Arc<Mutex<BodyDataStream>>,
    too_long: Arc<AtomicBool>,
}

impl CallersBody {
    fn new(pieces: BodyDataStream) -> Self {
        Self { pieces: Arc::new(Mutex::new(pieces)), too_long: Arc::default() }
    }

    /// Returns the pieces of the body. It is an error if they have more than `most` bytes together, or pause for too
    /// long.
    fn pieces(&self, most: u64) -> impl Stream<Item = Result<Bytes, keyless::Error>> + Send + 'static {
        stream::try_unfold((self.clone(), 0_u64), move |(body, came): (Self, u64)| async move {
            let piece = timeout(LONGEST_PAUSE, async { body.pieces.lock().await.next().await }).await;
            let Some(piece) = piece.map_err(|_| keyless::Error::invalid("the body paused for 30 seconds"))? else {
                return Ok(None);
            };
            let piece = piece.map_err(keyless::Error::invalid)?;
            let came = came + piece.len() as u64;
            if came > most {
                body.too_long.store(true, Ordering::Relaxed);
                return Err(keyless::Error::invalid("the body is too long"));
            }
            Ok(Some((piece, (body, came))))
        })
    }

    fn was_too_long(&self) -> bool {
        self.too_long.load(Ordering::Relaxed)
    }

    /// Reads the rest of a refused body, within limits. An answer that is sent while the host still sends may never
    /// reach the caller.
    async fn drain(&self) {
        let drained = async {
            let (mut left, mut pieces) = (MOST_DRAINED, self.pieces.lock().await);
            while let Some(Ok(piece)) = pieces.next().await {
                left = left.saturating_sub(piece.len());
                if left == 0 {
                    break;
                }
            }
        };
        // The app does not wait for a caller that does not send.
        let _ = timeout(LONGEST_DRAIN, drained).await;
    }
}

fn new_blob(name: String, headers: &HeaderMap, limits: &UploadLimits) -> Result<NewBlob, Error> {
    let content_type = text(headers, &CONTENT_TYPE)?.unwrap_or("application/octet-stream");
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if !limits.content_types.let_through(essence) {
        return Err(Error::UnsupportedType);
    }
    if headers.contains_key(CONTENT_RANGE) {
        return Err(rule("a blob is uploaded whole, without Content-Range"));
    }
    let length = text(headers, &CONTENT_LENGTH)?.and_then(|length| length.parse().ok());
    if length.is_some_and(|length: u64| length > limits.max_bytes.get()) {
        return Err(too_large(limits.max_bytes.get()));
    }
    Ok(NewBlob {
        condition: condition(headers)?,
        content_type: Some(content_type.to_owned()),
        content_encoding: text(headers, &CONTENT_ENCODING)?.map(str::to_owned),
        metadata: metadata(headers)?,
        tier: text(headers, &TIER)?.map(tier).transpose()?,
        md5: text(headers, &CONTENT_MD5)?.map(md5).transpose()?,
        name: checked_name(name, limits)?,
    })
}

/// Checks a blob's name by
/// <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>. It
/// also refuses names that URLs, folders and other systems would read differently.
fn checked_name(name: String, limits: &UploadLimits) -> Result<String, Error> {
    let segments = || name.split('/');
    if name.is_empty() || name.chars().count() > 1024 || segments().count() > 254 {
        return Err(rule("a name has 1 to 1,024 characters and no more than 254 parts"));
    }
    if segments().any(|part| part.is_empty() || part.ends_with('.')) {
        return Err(rule("no part of a name is empty or ends in a dot"));
    }
    if name.chars().any(|c| c.is_control() || c == '\\') {
        return Err(rule("a name has neither backslashes nor control characters"));
    }
    if !limits.names.let_through(&name) {
        return Err(rule("the settings of this app do not allow this name"));
    }
    Ok(name)
}

fn condition(headers: &HeaderMap) -> Result<Condition, Error> {
    match (text(headers, &IF_MATCH)?, text(headers, &IF_NONE_MATCH)?) {
        (None, None | Some("*")) => Ok(Condition::Absent),
        (Some(tag), None) if tag == "*" || is_tag(tag) => Ok(Condition::Matches(tag.to_owned())),
        _ => Err(rule("the condition of an upload is If-None-Match: * or If-Match with one ETag or *")),
    }
}

fn is_tag(text: &str) -> bool {
    text.len() >= 2 && text.starts_with('"') && text.ends_with('"') && !text.contains(',')
}

fn metadata(headers: &HeaderMap) -> Result<Metadata, Error> {
    let mut metadata = Metadata::new();
    for (header, value) in headers {
        let Some(name) = header.as_str().strip_prefix(METADATA) else { continue };
        let identifier = name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
            && name.bytes().next().is_some_and(|c| !c.is_ascii_digit());
        match value.to_str() {
            Ok(value) if identifier && metadata.insert(name.to_owned(), value.to_owned()).is_none() => {}
            _ => return Err(rule("metadata has identifiers for names, each once, and ASCII text for values")),
        }
    }
    let size: usize = metadata.iter().map(|(name, value)| name.len() + value.len()).sum();
    if size > MOST_METADATA { Err(rule("there is more than 8 KiB of metadata")) } else { Ok(metadata) }
}

fn tier(text: &str) -> Result<Tier, Error> {
    match text.to_ascii_lowercase().as_str() {
        "hot" => Ok(Tier::Hot),
        "cool" => Ok(Tier::Cool),
        "cold" => Ok(Tier::Cold),
        "archive" => Ok(Tier::Archive),
        _ => Err(rule("x-ms-access-tier is Hot, Cool, Cold or Archive")),
    }
}

fn md5(text: &str) -> Result<[u8; 16], Error> {
    let digest = STANDARD.decode(text).ok().and_then(|digest| digest.try_into().ok());
    digest.ok_or_else(|| rule("Content-MD5 is no MD5 in base64"))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Error> {
    let value = headers.get(name).map(|value| value.to_str());
    value.transpose().map_err(|_| rule("a header is not ASCII text"))
}

fn rule(rule: &'static str) -> Error {
    Error::Rule(rule)
}

fn too_large(most: u64) -> Error {
    Error::TooLarge(most)
}

#[cfg(test)]
mod tests;
