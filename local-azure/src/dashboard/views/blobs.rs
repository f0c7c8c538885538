//! Blobs: accounts, containers, the blobs under a prefix, and the content of a blob.

use axum::{
    Json,
    extract::{Query, State, rejection::QueryRejection},
    response::{IntoResponse as _, Response},
};
use http::{HeaderValue, header};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;

use super::{Dashboard, Route, refused::ViewRefusal};
use crate::blob::{AccountOnView, Accounts, Content, Listing, NothingThere};

/// Characters to encode in a file's name in a header (RFC 8187).
const NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_');

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    account: String,
    container: String,
    #[serde(default)]
    prefix: String,
    after: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Download {
    account: String,
    container: String,
    name: String,
    /// The `ETag` of the wanted state of the blob.
    etag: String,
}

pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::read("/dashboard/api/blobs", accounts),
        Route::read("/dashboard/api/blobs/list", list),
        Route::read("/dashboard/api/blobs/content", content),
    ]
}

async fn accounts(State(dashboard): State<Dashboard>) -> Json<Vec<AccountOnView>> {
    Json(dashboard.accounts().all())
}

async fn list(
    State(dashboard): State<Dashboard>,
    query: Result<Query<List>, QueryRejection>,
) -> Result<Json<Listing>, ViewRefusal> {
    let Query(List { account, container, prefix, after }) = query?;
    Ok(Json(dashboard.accounts().list(&account, &container, &prefix, after.as_deref())?))
}

/// Answers with a file to save, whatever content type the blob has. A browser must not show somebody else's page as a
/// page of this server.
async fn content(
    State(dashboard): State<Dashboard>,
    query: Result<Query<Download>, QueryRejection>,
) -> Result<Response, ViewRefusal> {
    let Query(Download { account, container, name, etag }) = query?;
    let Content { bytes, body } = dashboard.accounts().content(&account, &container, &name, &etag)?;
    let mut response = body.into_response();
    let headers = response.headers_mut();
    let file = name.rsplit('/').find(|part| !part.is_empty()).unwrap_or("blob");
    let disposition = format!("attachment; filename*=UTF-8''{}", utf8_percent_encode(file, NAME));
    headers.extend(HeaderValue::from_str(&disposition).ok().map(|value| (header::CONTENT_DISPOSITION, value)));
    for (name, value) in [
        (header::CONTENT_TYPE, "application/octet-stream"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.insert(header::CONTENT_LENGTH, bytes.into());
    Ok(response)
}

impl Dashboard {
    fn accounts(&self) -> Accounts {
        self.world().accounts.get().cloned().unwrap_or_default()
    }
}

impl From<NothingThere> for ViewRefusal {
    fn from(nothing: NothingThere) -> Self {
        match nothing {
            NothingThere::Archived(_) => Self::conflict(nothing),
            NothingThere::Account(_) | NothingThere::Container(_) | NothingThere::Blob(_) => Self::missing(nothing),
        }
    }
}
