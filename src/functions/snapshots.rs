//! Lists a source's snapshots, newest first and in pages. Returns one snapshot as it was stored: the latest, or that of
//! a slot, whole or in part.
//!
//! `?limit=` (1,000 at most, and by default) is the size of a page. `next` in the answer is the `?before=` of the next
//! page. There may be a next page although this one is short or empty, because one request makes a bounded number of
//! calls to Storage.

use functions_handler::axum::{
    Json,
    body::Body,
    extract::{
        Path, Query, State,
        rejection::{PathRejection, QueryRejection},
    },
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{ACCEPT_RANGES, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, LAST_MODIFIED},
    },
    response::{IntoResponse, Response},
};
use futures_util::TryStreamExt;
use jiff::fmt::rfc2822::DateTimePrinter;
use keyless::{Blob, Container};
use serde::{Deserialize, Serialize};
use tracing::error;

use crate::{
    error::{Error, Missing},
    partial::{Stored, WantedPart},
    snapshots::{Slot, Snapshot, Snapshots},
};

/// The largest number of snapshots in a page.
const LONGEST_PAGE: usize = 1000;

#[derive(Deserialize)]
pub(crate) struct Route {
    source: String,
    which: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Paging {
    limit: Option<usize>,
    before: Option<Slot>,
}

#[derive(Serialize)]
struct List {
    source: String,
    snapshots: Vec<Snapshot>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<Slot>,
}

pub(crate) async fn run(
    State(snapshots): State<Snapshots>,
    route: Result<Path<Route>, PathRejection>,
    paging: Result<Query<Paging>, QueryRejection>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    let Path(route) = route?;
    let source = &snapshots.source(&route.source)?.name;
    let slot = match route.which.as_deref() {
        None | Some("latest") => None,
        Some(slot) => Some(slot.parse::<Slot>().map_err(|_| Error::NotFound(Missing::Snapshot))?),
    };
    let Query(paging) = paging?;
    let blob = match (route.which, slot) {
        (None, _) => {
            let most = paging.limit.unwrap_or(LONGEST_PAGE).clamp(1, LONGEST_PAGE);
            let page = snapshots.list(source, paging.before, most).await?;
            let list = List { source: route.source, snapshots: page.snapshots, next: page.next };
            return Ok(Json(list).into_response());
        }
        (Some(_), None) => snapshots.latest(source).await?,
        (Some(_), Some(slot)) => snapshots.find(source, slot).await?,
    };
    send(&snapshots.container, &blob, &headers).await
}

/// Sends the requested part of the blob. The status is sent before the last byte is read, so a later failure can only
/// be logged and cut the answer.
async fn send(container: &Container, blob: &Blob, headers: &HeaderMap) -> Result<Response, Error> {
    let stored = Stored { etag: &blob.etag, modified: blob.content.modified, size: blob.size };
    let (status, range) = match stored.wanted(headers)? {
        WantedPart::Nothing => return Ok((StatusCode::NOT_MODIFIED, described(blob)).into_response()),
        WantedPart::All => (StatusCode::OK, None),
        WantedPart::Part(range) => (StatusCode::PARTIAL_CONTENT, Some(range)),
    };
    let mut head = described(blob);
    let mut insert =
        |name: HeaderName, value: String| head.extend(HeaderValue::try_from(value).ok().map(|v| (name, v)));
    let kind = blob.content.kind.clone().unwrap_or_else(|| "application/octet-stream".to_owned());
    insert(CONTENT_TYPE, kind);
    if let Some(range) = &range {
        insert(CONTENT_RANGE, format!("bytes {}-{}/{}", range.start, range.end - 1, blob.size));
    }
    insert(CONTENT_LENGTH, range.as_ref().map_or(blob.size, |range| range.end - range.start).to_string());
    let body = container.read(blob, range).await?;
    let body =
        Body::new(body).into_data_stream().inspect_err(|failure| error!(error = %failure, "Blob Storage broke off"));
    Ok((status, head, Body::from_stream(body)).into_response())
}

/// Returns the headers with which a caller can ask for the rest, or avoid asking again.
fn described(blob: &Blob) -> HeaderMap {
    let modified =
        blob.content.modified.and_then(|time| DateTimePrinter::new().timestamp_to_rfc9110_string(&time).ok());
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    headers.extend(HeaderValue::try_from(&blob.etag).ok().map(|etag| (ETAG, etag)));
    headers.extend(modified.and_then(|time| HeaderValue::try_from(time).ok()).map(|time| (LAST_MODIFIED, time)));
    headers
}
