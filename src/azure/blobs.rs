//! Writes, lists and reads the blobs of one container.

use std::{collections::VecDeque, fmt, sync::Arc};

use azure_core::{
    Bytes,
    credentials::TokenCredential,
    error::ErrorKind,
    http::{AsyncResponseBody, ClientOptions, Etag},
};
use azure_storage_blob::{
    BlobContainerClient, BlobServiceClient, BlobServiceClientOptions,
    models::{
        BlobClientGetPropertiesResultHeaders, BlobClientUploadOptions, BlobContainerClientListBlobsOptions, BlobItem,
        StorageErrorCode,
    },
};
use futures_util::TryStreamExt;
use serde::Serialize;
use url::Url;

use super::failure::failure;
use crate::{
    config::ContainerName,
    error::{Error, Service},
};

/// What is known about a blob.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Blob {
    #[serde(skip)]
    pub(crate) name: String,
    pub(crate) url: Url,
    /// As in an `ETag` header, with its quotes.
    pub(crate) etag: String,
    /// In bytes.
    pub(crate) size: u64,
}

/// How [`Blobs::create`] ended.
#[derive(Debug)]
pub(crate) enum Creation {
    Written(Blob),
    /// A blob of this name is there and was left as it is.
    Existed(Blob),
}

/// A blob's bytes.
pub(crate) struct Content {
    pub(crate) content_type: String,
    pub(crate) etag: String,
    pub(crate) body: AsyncResponseBody,
}

/// One container, used as one identity.
pub(crate) struct Blobs {
    container: BlobContainerClient,
}

impl Blobs {
    pub(super) fn new(
        service: &Url,
        container: &ContainerName,
        identity: Arc<dyn TokenCredential>,
        client_options: ClientOptions,
    ) -> Result<Self, Error> {
        let mut service = service.clone();
        // An account given as a path (`https://host/account/`) would otherwise have an empty segment after it.
        if let Ok(mut segments) = service.path_segments_mut() {
            segments.pop_if_empty();
        }
        let options = BlobServiceClientOptions { client_options, ..Default::default() };
        let client = BlobServiceClient::new(service, Some(identity), Some(options)).map_err(Error::internal)?;
        Ok(Self { container: client.blob_container_client(container.as_str()) })
    }

    /// Writes a blob unless one of this name exists (`If-None-Match: *`).
    pub(crate) async fn create(&self, name: String, content_type: String, body: Bytes) -> Result<Creation, Error> {
        let size = body.len() as u64;
        let options = BlobClientUploadOptions { blob_content_type: Some(content_type), ..Default::default() };
        let upload = self.container.blob_client(&name).upload(body.into(), Some(options.if_not_exists())).await;
        match upload {
            Ok(written) => Ok(Creation::Written(self.blob(name, written.etag, Some(size)))),
            Err(error) if already_exists(&error) => Ok(Creation::Existed(self.describe(name).await?)),
            Err(error) => Err(refused(error)),
        }
    }

    /// The last `count` blobs, by name, below `prefix`; the last one first.
    ///
    /// Storage lists by name upwards, 5,000 at a time, so this reads the whole list and keeps its end.
    pub(crate) async fn last(&self, prefix: String, count: usize) -> Result<Vec<Blob>, Error> {
        let options = BlobContainerClientListBlobsOptions { prefix: Some(prefix), ..Default::default() };
        let mut items = self.container.list_blobs(Some(options)).map_err(refused)?;
        let mut last = VecDeque::new();
        while let Some(item) = items.try_next().await.map_err(refused)? {
            if last.len() == count {
                last.pop_front();
            }
            last.extend(self.listed(item));
        }
        Ok(last.into_iter().rev().collect())
    }

    /// The bytes of a blob; `None` if there is none of this name.
    pub(crate) async fn read(&self, name: &str) -> Result<Option<Content>, Error> {
        let download = match self.container.blob_client(name).download(None).await {
            Ok(download) => download,
            Err(error) if has_code(&error, &StorageErrorCode::BlobNotFound) => return Ok(None),
            Err(error) => return Err(refused(error)),
        };
        let properties = download.properties;
        Ok(Some(Content {
            content_type: properties.content_type.unwrap_or_else(|| "application/octet-stream".to_owned()),
            etag: quoted(properties.etag),
            body: download.body,
        }))
    }

    /// Asks for the container's properties.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        self.container.get_properties(None).await.map(drop).map_err(refused)
    }

    async fn describe(&self, name: String) -> Result<Blob, Error> {
        let properties = self.container.blob_client(&name).get_properties(None).await.map_err(refused)?;
        let (etag, size) = (properties.etag().map_err(refused)?, properties.content_length().map_err(refused)?);
        Ok(self.blob(name, etag, size))
    }

    fn listed(&self, item: BlobItem) -> Option<Blob> {
        let properties = item.properties?;
        Some(self.blob(item.name?, properties.etag, properties.content_length))
    }

    fn blob(&self, name: String, etag: Option<Etag>, size: Option<u64>) -> Blob {
        let mut url = self.container.url().clone();
        // The SDK's own URL of a blob has %2F for each slash: right, but not what people see in the portal.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(name.split('/'));
        }
        Blob { name, url, etag: quoted(etag), size: size.unwrap_or_default() }
    }
}

/// A list gives an `ETag` without the quotes that a header has.
fn quoted(etag: Option<Etag>) -> String {
    let etag = etag.map_or_else(String::new, String::from);
    if etag.is_empty() || etag.ends_with('"') { etag } else { format!("\"{etag}\"") }
}

/// Put Blob answers the first code, Put Block List (above 4 MiB) may answer the second.
fn already_exists(error: &azure_core::Error) -> bool {
    has_code(error, &StorageErrorCode::BlobAlreadyExists) || has_code(error, &StorageErrorCode::ConditionNotMet)
}

fn has_code(error: &azure_core::Error, code: &StorageErrorCode) -> bool {
    match error.kind() {
        ErrorKind::HttpResponse { error_code, .. } => error_code.as_deref() == Some(code.as_ref()),
        _ => false,
    }
}

fn refused(error: azure_core::Error) -> Error {
    failure(Service::Storage, error)
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs").field("container", &self.container.url().as_str()).finish_non_exhaustive()
    }
}
