//! Streams a request's body into a blob: the whole of it, or nothing.
//!
//! Without a condition only a new blob is made, and 409 says that there is one of this name; `If-Match` with its `ETag`,
//! or `*`, replaces it. `x-ms-meta-*` and `x-ms-access-tier` are kept with it, and a body that is not what `Content-MD5`
//! says is refused. 201 for a new blob, 200 for one that was replaced.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    body::{BodyDataStream, Bytes},
    extract::{Path, Request, State, rejection::PathRejection},
    response::{IntoResponse, Response},
    routing::{MethodFilter, any},
};
use base64::{Engine, engine::general_purpose::STANDARD};
use futures_util::{Stream, StreamExt};
use http::{
    HeaderMap, HeaderName, StatusCode,
    header::{
        CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, EXPECT, IF_MATCH, IF_NONE_MATCH, LOCATION,
    },
};
use serde::{Deserialize, Serialize};
use tokio::time::timeout;

use super::{Function, Trigger};
use crate::{
    app::App,
    azure::{Blob, Condition, Metadata, NewBlob, Tier},
    config::Uploads,
    error::{Cause, Conflict, Error},
};

pub(super) const FUNCTION: Function = Function {
    name: "upload",
    trigger: Trigger::Http { methods: MethodFilter::PUT, route: "uploads/{*name}", run: || any(run) },
};

/// How much of a refused body is read all the same, in bytes, and for how long.
const MOST_DRAINED: usize = 64 * 1024 * 1024;
const LONGEST_DRAIN: Duration = Duration::from_secs(10);

const METADATA: &str = "x-ms-meta-";
/// Bytes of metadata, names included: <https://learn.microsoft.com/azure/storage/blobs/scalability-targets>.
const MOST_METADATA: usize = 8 * 1024;
const CONTENT_MD5: HeaderName = HeaderName::from_static("content-md5");
const TIER: HeaderName = HeaderName::from_static("x-ms-access-tier");

#[derive(Deserialize)]
struct Route {
    #[serde(default)]
    name: String,
}

#[derive(Serialize)]
struct Uploaded<'a> {
    name: &'a str,
    #[serde(flatten)]
    blob: &'a Blob,
}

async fn run(
    State(app): State<Arc<App>>,
    route: Result<Path<Route>, PathRejection>,
    request: Request,
) -> Result<Response, Error> {
    let Path(Route { name }) = route?;
    let (head, body) = request.into_parts();
    let mut body = body.into_data_stream();
    let uploaded = upload(&app, name, &head.headers, &mut body).await;
    // To read on would tell a client that waits for leave that it may send.
    if uploaded.is_err() && !head.headers.contains_key(EXPECT) {
        drain(body).await;
    }
    let (status, blob) = uploaded?;
    let headers = [(LOCATION, blob.url.to_string()), (ETAG, blob.etag.clone())];
    Ok((status, headers, Json(Uploaded { name: &blob.name, blob: &blob })).into_response())
}

async fn upload(
    app: &App,
    name: String,
    headers: &HeaderMap,
    body: &mut BodyDataStream,
) -> Result<(StatusCode, Blob), Error> {
    let limits = app.uploads();
    let new = new_blob(name, headers, limits)?;
    let status = if new.condition == Condition::Absent { StatusCode::CREATED } else { StatusCode::OK };
    let _place = app.place_for_upload()?;
    let body = limited(body, limits.max_bytes.get());
    match app.clients().await?.uploads.upload(new, body).await {
        // The caller said so itself.
        Err(Error::Conflict(Conflict::Exists)) if headers.contains_key(IF_NONE_MATCH) => Err(Error::Precondition),
        uploaded => Ok((status, uploaded?)),
    }
}

/// Reads what is left of a refused body, within bounds: an answer that comes while the host still sends may never reach
/// the caller.
async fn drain(mut body: BodyDataStream) {
    let drained = async {
        let mut left = MOST_DRAINED;
        while let Some(Ok(piece)) = body.next().await {
            left = left.saturating_sub(piece.len());
            if left == 0 {
                break;
            }
        }
    };
    // Nobody waits for a caller that does not send.
    let _ = timeout(LONGEST_DRAIN, drained).await;
}

/// The pieces of the body, while they are not too many.
fn limited(body: &mut BodyDataStream, most: u64) -> impl Stream<Item = Result<Bytes, Error>> + Unpin {
    let mut came = 0;
    body.map(move |piece| {
        let piece = piece.map_err(|error| Error::Invalid(Arc::new(Cause::BrokenOff(error))))?;
        came += piece.len() as u64;
        if came > most { Err(too_large(most)) } else { Ok(piece) }
    })
}

fn new_blob(name: String, headers: &HeaderMap, limits: &Uploads) -> Result<NewBlob, Error> {
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
        content_type: content_type.to_owned(),
        content_encoding: text(headers, &CONTENT_ENCODING)?.map(str::to_owned),
        metadata: metadata(headers)?,
        tier: text(headers, &TIER)?.map(tier).transpose()?,
        md5: text(headers, &CONTENT_MD5)?.map(md5).transpose()?,
        name: checked_name(name, limits)?,
    })
}

/// <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>, less
/// what URLs, folders and other systems would read differently.
fn checked_name(name: String, limits: &Uploads) -> Result<String, Error> {
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
    Error::Invalid(Arc::new(Cause::Rule(rule)))
}

fn too_large(most: u64) -> Error {
    Error::TooLarge(Arc::new(Cause::MoreThan(most)))
}

#[cfg(test)]
mod tests;
