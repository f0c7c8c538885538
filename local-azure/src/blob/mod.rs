//! Blob Storage: block, append and page blobs in containers, kept as files. Bearer tokens and roles are the only way in,
//! beside signatures made with a delegation key.
//!
//! Access policies, immutability, encryption scopes, and everything that a key of the account signs are refused by name.

mod answer;
mod append_blobs;
mod authorization;
mod batch;
mod block_blobs;
mod browse;
mod change;
mod conditions;
mod containers;
mod copied_sums;
mod copy;
mod crc64;
mod data_lake;
mod delegation_key;
mod dispatch;
mod error;
mod error_answer;
mod error_code;
mod find;
mod lease;
mod lease_calls;
mod list;
mod operation;
mod operation_table;
mod page_blobs;
mod pages;
mod paging;
mod properties;
mod query;
mod range;
mod read;
mod receive;
mod sas;
mod sas_fields;
mod service;
mod snapshots;
mod store;
mod structured;
mod tag_query;
mod tags;
mod xml;

use std::{path::Path, sync::Arc};

pub(crate) use self::{
    browse::{AccountOnView, Accounts, Content, Listing, NothingThere},
    data_lake::routes as data_lake_routes,
};

use axum::{
    Router,
    body::Body,
    extract::{Path as UrlPath, Request, State, rejection::PathRejection},
    response::Response,
    routing::any,
};
use http::{HeaderMap, HeaderValue, header, request::Parts};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use percent_encoding::percent_decode_str;
use tokio::task::spawn_blocking;
use url::Url;
use uuid::Uuid;

use self::{
    authorization::Permit,
    conditions::Conditions,
    delegation_key::DelegationSecret,
    error::BlobError,
    properties::{Metadata, read_metadata},
    query::Query,
    store::{Retention, Store},
};
use crate::{header_names::HeaderNames, issuer::Entra, journal::Decision, seed};

/// A storage account of the seed.
///
/// Blobs live in the folder `data`; given the same folder again, they are there again.
/// Blocks that were never committed are not.
///
/// # Errors
/// When the folder cannot be read or written, or holds records that are not ours, or the seed names a container
/// as Azure does not allow.
pub(crate) fn open(
    entra: Arc<Entra>,
    account: &seed::StorageAccount,
    data: &Path,
) -> Result<Arc<Account>, std::io::Error> {
    for container in &account.containers {
        containers::check_name(container).map_err(|error| {
            let problem = format!("storage account {}, container \"{container}\": {error}", account.name);
            std::io::Error::new(std::io::ErrorKind::InvalidInput, problem)
        })?;
    }
    let retention = Retention { versioning: account.versioning, delete_days: account.delete_retention_days };
    let store = Store::open(data, &account.containers, retention)?;
    let account = Account {
        entra,
        name: account.name.clone(),
        store: Arc::new(store),
        delegation_secret: DelegationSecret::generate()?,
    };
    Ok(Arc::new(account))
}

/// An account for its host `{name}.blob.core.windows.net`.
pub(crate) fn routes(account: Arc<Account>) -> Router {
    Router::new()
        .route("/", any(in_account))
        .route("/{container}", any(in_container))
        .route("/{container}/{*blob}", any(in_blob))
        .fallback(elsewhere)
        .with_state(account)
}

/// A storage account while it runs.
pub(crate) struct Account {
    entra: Arc<Entra>,
    name: String,
    store: Arc<Store>,
    delegation_secret: DelegationSecret,
}

/// One request on its way through.
struct Call<'a> {
    account: &'a Account,
    parts: &'a Parts,
    query: &'a Query,
    container: &'a str,
    decision: &'a mut Decision,
    permit: Permit,
}

/// A blob's name.
#[derive(Clone, Copy)]
struct BlobName<'a>(&'a str);

impl Account {
    fn host(&self) -> String {
        format!("{}.blob.core.windows.net", self.name)
    }

    /// As lists name it.
    fn endpoint(&self) -> String {
        format!("https://{}/", self.host())
    }

    fn blob_url(&self, container: &str, name: &str) -> Option<String> {
        let mut url = Url::parse(&self.endpoint()).ok()?;
        url.path_segments_mut().ok()?.pop_if_empty().push(container).extend(name.split('/'));
        Some(url.into())
    }
}

impl Call<'_> {
    /// The conditions of the request's headers.
    fn conditions(&self) -> Result<Conditions, BlobError> {
        Conditions::read(&self.parts.headers, self.permit.only_new)
    }

    /// The metadata of the request's headers, with its names as the client wrote them.
    fn metadata(&self) -> Result<Metadata, BlobError> {
        read_metadata(&self.parts.headers, self.parts.extensions.get::<HeaderNames>())
    }

    /// The version of the service that the request asks for; without a header it is that of its signature.
    fn version(&self) -> &str {
        let header = self.parts.headers.get("x-ms-version").and_then(|value| value.to_str().ok());
        header.unwrap_or_else(|| self.query.signature.text("sv"))
    }

    /// Lets the store work where waiting for the disk holds nobody up.
    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        let store = self.account.store.clone();
        spawn_blocking(move || work(&store)).await.map_err(|error| BlobError::Disk(error.into()))?
    }
}

/// Container and blob of a path, both empty for the account.
type Names = (String, Option<String>);

async fn in_account(State(account): State<Arc<Account>>, request: Request) -> Response {
    answer(&account, Ok((String::new(), None)), request).await
}

async fn in_container(
    State(account): State<Arc<Account>>,
    container: Result<UrlPath<String>, PathRejection>,
    request: Request,
) -> Response {
    let names = container.map(|UrlPath(container)| (container, None));
    answer(&account, names.map_err(|_| invalid_uri(&request)), request).await
}

async fn in_blob(
    State(account): State<Arc<Account>>,
    names: Result<UrlPath<(String, String)>, PathRejection>,
    request: Request,
) -> Response {
    let names = names.map(|UrlPath((container, blob))| (container, Some(blob)));
    answer(&account, names.map_err(|_| invalid_uri(&request)), request).await
}

async fn elsewhere(State(account): State<Arc<Account>>, request: Request) -> Response {
    answer(&account, Err(invalid_uri(&request)), request).await
}

fn invalid_uri(request: &Request) -> BlobError {
    BlobError::InvalidUri(format!("{} {}", request.method(), request.uri().path()))
}

/// Answers a request that stands in a batch.
async fn respond_to(account: &Account, request: Request) -> Response {
    let path = request.uri().path().trim_start_matches('/');
    let names = match path.split_once('/') {
        Some((container, blob)) => percent_decode_str(blob)
            .decode_utf8()
            .map(|blob| (container.to_owned(), Some(blob.into_owned())))
            .map_err(|_| invalid_uri(&request)),
        None => Err(invalid_uri(&request)),
    };
    answer(account, names, request).await
}

async fn answer(account: &Account, names: Result<Names, BlobError>, request: Request) -> Response {
    let (parts, mut body) = request.into_parts();
    let method = &parts.method;
    let request_id = Uuid::new_v4();
    let mut decision = Decision::default();
    let result = match names {
        Ok((container, blob)) => {
            dispatch::respond(account, &parts, &mut body, &container, blob.as_deref(), &mut decision).await
        }
        Err(error) => Err(error),
    };
    let mut response = match result {
        Ok(response) => response,
        Err(error) => {
            drain(&parts.headers, body);
            decision.reason = Some(error.reason());
            error.into_response(method, request_id, account.entra.seed.tenant.id)
        }
    };
    add_headers(&parts.headers, request_id, response.headers_mut());
    response.extensions_mut().insert(decision);
    response
}

impl<'a> BlobName<'a> {
    /// Names are up to 1,024 characters. Control characters, which XML cannot carry, are refused here but not by Azure.
    fn checked(name: &'a str) -> Result<Self, BlobError> {
        if name.chars().count() > 1_024 {
            return Err(BlobError::OutOfRangeInput(name.chars().take(100).collect()));
        }
        if name.chars().any(|character| character.is_control() || matches!(character, '\u{fffe}' | '\u{ffff}')) {
            return Err(BlobError::InvalidResourceName(name.escape_debug().to_string()));
        }
        Ok(Self(name))
    }
}

/// Reads what is left of a refused body while the answer is on its way: a connection that ends while the client still
/// writes may lose the answer. A client that waits to be told to continue has nothing under way.
fn drain(headers: &HeaderMap, mut body: Body) {
    if headers.contains_key(header::EXPECT) || body.is_end_stream() {
        return;
    }
    tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
}

fn add_headers(request: &HeaderMap, request_id: Uuid, response: &mut HeaderMap) {
    for echoed in ["x-ms-version", "x-ms-client-request-id"] {
        response.extend(request.get(echoed).map(|value| (http::HeaderName::from_static(echoed), value.clone())));
    }
    response.insert(header::SERVER, HeaderValue::from_static("Windows-Azure-Blob/1.0 Microsoft-HTTPAPI/2.0"));
    let request_id = HeaderValue::from_str(&request_id.to_string());
    response.extend(request_id.ok().map(|id| (http::HeaderName::from_static("x-ms-request-id"), id)));
}

#[cfg(test)]
mod tests;
