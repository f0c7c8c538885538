//! Dispatches a request to the operation that answers it.

use axum::{body::Body, response::Response};
use http::request::Parts;

use super::{
    account::Account,
    append_blobs,
    authorization::{self, RequestedAccess},
    batch, block_blobs,
    call::BlobCall,
    change, containers, copy, delegation_key,
    error::BlobError,
    find,
    lease::Leased,
    lease_calls, list,
    name::BlobName,
    operation::{BlobPlace, Operation},
    page_blobs,
    query::Query,
    read, service, snapshots, tag_calls,
};
use crate::{
    fault::{self, FaultKind},
    journal::Decision,
    rbac::Operation as Right,
};

/// Finds a request's operation, authorizes the caller and carries the operation out.
pub(super) async fn respond(
    account: &Account,
    parts: &Parts,
    body: &mut Body,
    container: &str,
    blob: Option<&str>,
    decision: &mut Decision,
) -> Result<Response, BlobError> {
    let place = match (container, blob) {
        ("", _) => BlobPlace::Account,
        (_, None) => BlobPlace::Container,
        (_, Some(_)) => BlobPlace::Blob,
    };
    if place != BlobPlace::Account {
        containers::check_name(container)?;
    }
    let query = Query::read(&parts.uri);
    let operation = Operation::from_request(parts, &query, place)?;
    let asked = RequestedAccess { operation, place, container, blob, query: &query, headers: &parts.headers };
    let permit = authorization::authorize(account, &asked, decision)?;
    if fault::strikes(FaultKind::ContainerMissing) && place != BlobPlace::Account {
        return Err(BlobError::ContainerNotFound);
    }
    if fault::strikes(FaultKind::LeaseHeld) && place == BlobPlace::Blob && operation.needs() == Some(Right::WriteBlob) {
        return Err(BlobError::LeaseIdMissing(Leased::Blob));
    }
    let call = BlobCall { account, parts, query: &query, container, decision, permit };
    let name = BlobName::checked(blob.unwrap_or_default())?;
    run(operation, call, name, body).await
}

/// Carries out an operation. `name` is empty for an operation on the account or a container.
async fn run(
    operation: Operation,
    call: BlobCall<'_>,
    name: BlobName<'_>,
    body: &mut Body,
) -> Result<Response, BlobError> {
    match operation {
        Operation::ListContainers => containers::list(&call),
        Operation::GetUserDelegationKey => delegation_key::get(&call, call.permit.principal_id, body).await,
        Operation::GetServiceProperties => Ok(service::properties(call.account.store.retention)),
        Operation::GetAccountInformation => Ok(service::account_information()),
        Operation::FindBlobs | Operation::FindBlobsInContainer => find::find(&call),
        Operation::BatchOfAccount | Operation::BatchOfContainer => batch::batch(call, body).await,
        Operation::CreateContainer => containers::create(call).await,
        Operation::GetContainerProperties => containers::properties(&call),
        Operation::GetContainerMetadata => containers::metadata(&call),
        Operation::SetContainerMetadata => containers::set_metadata(&call).await,
        Operation::DeleteContainer => containers::delete(&call).await,
        Operation::LeaseContainer => lease_calls::of_container(&call).await,
        Operation::ListBlobs => list::list(&call),
        Operation::PutBlockBlob => block_blobs::put(call, name, body).await,
        Operation::PutAppendBlob => append_blobs::create(call, name).await,
        Operation::PutPageBlob => page_blobs::create(call, name).await,
        Operation::PutBlobFromUrl => copy::put_from_url(call, name).await,
        Operation::CopyBlob | Operation::CopyBlobFromUrl => copy::blob(call, name, operation).await,
        Operation::AbortCopy => copy::abort(&call, name),
        Operation::PutBlock => block_blobs::put_block(&call, name, body).await,
        Operation::PutBlockFromUrl => copy::block_from_url(&call, name).await,
        Operation::PutBlockList => block_blobs::put_list(call, name, body).await,
        Operation::GetBlockList => block_blobs::get_list(&call, name),
        Operation::AppendBlock => append_blobs::append(call, name, body).await,
        Operation::AppendBlockFromUrl => copy::append_from_url(call, name).await,
        Operation::SealAppendBlob => append_blobs::seal(&call, name).await,
        Operation::PutPage => page_blobs::put_pages(call, name, body).await,
        Operation::ClearPages => page_blobs::clear_pages(call, name).await,
        Operation::PutPageFromUrl => copy::pages_from_url(call, name).await,
        Operation::GetPageRanges => page_blobs::get_ranges(&call, name),
        Operation::GetBlob => read::get(&call, name).await,
        Operation::GetBlobProperties => read::head(&call, name),
        Operation::GetBlobMetadata => read::metadata(&call, name),
        Operation::SetBlobMetadata => change::metadata(&call, name).await,
        Operation::SetBlobProperties => change::properties(&call, name).await,
        Operation::SetBlobTier => change::set_tier(&call, name).await,
        Operation::GetBlobTags => tag_calls::get(&call, name),
        Operation::SetBlobTags => tag_calls::set(&call, name, body).await,
        Operation::LeaseBlob => lease_calls::of_blob(&call, name).await,
        Operation::SnapshotBlob => snapshots::take(&call, name).await,
        Operation::DeleteBlob => change::delete(&call, name).await,
        Operation::UndeleteBlob => snapshots::undelete(&call, name).await,
    }
}
