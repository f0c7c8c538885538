//! One request to an account while it is served.

use http::request::Parts;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::{
    account::Account,
    conditions::Conditions,
    error::BlobError,
    properties::{Metadata, read_metadata},
    query::Query,
    store::Store,
};
use crate::{header_names::HeaderNames, journal::Decision};

/// One request while it is served.
pub(super) struct BlobCall<'a> {
    pub(super) account: &'a Account,
    pub(super) parts: &'a Parts,
    pub(super) query: &'a Query,
    pub(super) container: &'a str,
    pub(super) decision: &'a mut Decision,
    pub(super) permit: Permit,
}

/// The rights of an authorized request.
#[derive(Clone, Copy)]
pub(super) struct Permit {
    /// The identity whose roles the request has.
    pub(super) principal_id: Uuid,
    /// The caller may make new blobs, but not overwrite a blob.
    pub(super) only_new: bool,
}

impl BlobCall<'_> {
    /// Reads the conditions from the request's headers.
    pub(super) fn conditions(&self) -> Result<Conditions, BlobError> {
        Conditions::read(&self.parts.headers, self.permit.only_new)
    }

    /// Reads the metadata from the request's headers, with names as the client wrote them.
    pub(super) fn metadata(&self) -> Result<Metadata, BlobError> {
        read_metadata(&self.parts.headers, self.parts.extensions.get::<HeaderNames>())
    }

    /// Returns the version of the service that the request asks for. Without a header, it is the signature's version.
    pub(super) fn version(&self) -> &str {
        let header = self.parts.headers.get("x-ms-version").and_then(|value| value.to_str().ok());
        header.unwrap_or_else(|| self.query.signature.text("sv"))
    }

    /// Runs work of the store on a thread that may wait for the disk.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Store) -> Result<T, BlobError> + Send + 'static,
    ) -> Result<T, BlobError> {
        let store = self.account.store.clone();
        spawn_blocking(move || work(&store)).await.map_err(|error| BlobError::Disk(error.into()))?
    }
}
