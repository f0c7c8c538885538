//! Blob Storage: block, append and page blobs in containers, stored as files. Callers need a bearer token and a role,
//! or a signature made with a delegation key.
//!
//! Access policies, immutability, encryption scopes and all account-key signatures are refused by name.

mod account;
mod answer;
mod append_blobs;
mod authorization;
mod batch;
mod block_blobs;
mod browse;
mod call;
mod change;
mod conditions;
mod containers;
mod copied_sums;
mod copy;
mod crc64;
mod data_lake;
mod delegation_key;
mod delegation_secret;
mod dispatch;
mod error;
mod error_answer;
mod error_code;
mod find;
mod lease;
mod lease_calls;
mod list;
mod name;
mod operation;
mod operation_of_request;
mod operation_table;
mod page_blobs;
mod pages;
mod paging;
mod properties;
mod query;
mod range;
mod read;
mod receive;
mod request_headers;
mod sas;
mod sas_fields;
mod service;
mod snapshots;
mod store;
mod structured;
mod tag_calls;
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
use http::{HeaderMap, header};
use http_body_util::BodyExt as _;
use hyper::body::Body as _;
use percent_encoding::percent_decode_str;
use uuid::Uuid;

use self::{
    account::Account,
    answer::add_headers,
    delegation_secret::DelegationSecret,
    error::BlobError,
    store::{Retention, Store},
};
use crate::{issuer::Entra, journal::Decision, seed};

/// Opens a storage account of the seed.
///
/// Blobs and uncommitted blocks are files in the folder `data`. Opening the same folder again brings both back.
///
/// # Errors
/// When the folder cannot be read or written, or holds foreign records, or when the seed gives a container a name that
/// Azure does not allow.
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

/// Returns the routes of an account's host `{name}.blob.core.windows.net`.
pub(crate) fn routes(account: Arc<Account>) -> Router {
    Router::new()
        .route("/", any(in_account))
        .route("/{container}", any(in_container))
        .route("/{container}/{*blob}", any(in_blob))
        .fallback(elsewhere)
        .with_state(account)
}

/// Container and blob of a path; for the account, the container is empty and the blob absent.
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

/// Answers a request that is part of a batch.
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

/// Reads the rest of a refused body while the answer is on its way. If the connection ended while the client still
/// writes, the answer could get lost. A client that waits for permission to continue has sent no body.
fn drain(headers: &HeaderMap, mut body: Body) {
    if headers.contains_key(header::EXPECT) || body.is_end_stream() {
        return;
    }
    tokio::spawn(async move { while let Some(Ok(_)) = body.frame().await {} });
}

#[cfg(test)]
mod tests;
