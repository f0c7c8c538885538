//! The blobs of one container: written whole or not at all, listed, and read back.
//!
//! | file | holds |
//! |---|---|
//! | `upload` | a body of any length, written block by block with bounded memory |
//! | `staging` | its blocks, on their way |
//! | `body` | that body, cut into blocks and digested |
//! | `list` | blobs by prefix, in pages |
//! | `read` | a blob's properties, its bytes or some of them |
//! | `refusal` | what Storage says when it does not do as asked |

mod body;
mod list;
mod read;
mod refusal;
mod staging;
mod upload;

use std::{collections::HashMap, fmt, sync::Arc};

use azure_core::{
    Bytes,
    credentials::TokenCredential,
    http::{ClientOptions, Etag},
};
use azure_storage_blob::{
    BlobContainerClient, BlobServiceClient, BlobServiceClientOptions,
    models::{BlobClientUploadOptions, StorageErrorCode},
};
use http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use tracing::info;
use url::Url;

use self::refusal::{already_exists, has_code, refused};
pub(crate) use self::upload::{Condition, NewBlob, Tier};
use crate::{
    config::ContainerName,
    error::{Cause, Error, Service},
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
    /// As far as it was asked for: a blob that was just written does not say.
    #[serde(skip)]
    pub(crate) content: Content,
}

/// How a blob's bytes are to be understood, and since when.
#[derive(Clone, Debug, Default)]
pub(crate) struct Content {
    pub(crate) kind: Option<String>,
    pub(crate) modified: Option<Timestamp>,
}

/// How [`Blobs::create`] ended.
#[derive(Debug)]
pub(crate) enum Creation {
    Written(Blob),
    /// A blob of this name is there and was left as it is.
    Existed(Blob),
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

    /// Writes a blob unless one of this name exists (`If-None-Match: *`). Makes the container if it is missing.
    pub(crate) async fn create(&self, name: String, content_type: String, body: Bytes) -> Result<Creation, Error> {
        let size = body.len() as u64;
        let options = BlobClientUploadOptions { blob_content_type: Some(content_type), ..Default::default() };
        match self.put_blob(&name, body, options.if_not_exists()).await? {
            Ok(etag) => Ok(Creation::Written(self.blob(name, etag, Some(size)))),
            Err(error) if already_exists(&error) => Ok(Creation::Existed(self.describe(name).await?)),
            Err(error) => Err(refused(error)),
        }
    }

    /// Asks for the container's properties.
    pub(super) async fn probe(&self) -> Result<(), Error> {
        self.container.get_properties(None).await.map(drop).map_err(refused)
    }

    /// Writes a blob in one request, and once more when it was the container that was missing and now is there. The
    /// inner error is Storage's answer to the write.
    async fn put_blob(
        &self,
        name: &str,
        bytes: Bytes,
        options: BlobClientUploadOptions<'_>,
    ) -> Result<azure_core::Result<Option<Etag>>, Error> {
        let client = self.container.blob_client(name);
        let written = match client.upload(bytes.clone().into(), Some(options.clone())).await {
            Err(error) if has_code(&error, &StorageErrorCode::ContainerNotFound) => {
                self.make_container().await?;
                client.upload(bytes.into(), Some(options)).await
            }
            written => written,
        };
        Ok(written.map(|written| written.etag))
    }

    /// Makes the container. That somebody else did so at the same moment is as good.
    async fn make_container(&self) -> Result<(), Error> {
        let name = self.container.url().path().trim_start_matches('/');
        match self.container.create(None).await {
            Ok(_) => info!("made the container {name}, which did not exist"),
            Err(error) if has_code(&error, &StorageErrorCode::ContainerAlreadyExists) => {}
            Err(error) if error.http_status().map(u16::from) == Some(403) => {
                let (service, status) = (Service::Storage, Some(StatusCode::FORBIDDEN));
                let source = Arc::new(Cause::NoContainer(name.to_owned()));
                return Err(Error::Refused { service, status, source });
            }
            Err(error) => return Err(refused(error)),
        }
        Ok(())
    }

    fn blob(&self, name: String, etag: Option<Etag>, size: Option<u64>) -> Blob {
        let mut url = self.container.url().clone();
        // The SDK's own URL of a blob has %2F for each slash: right, but not what people see in the portal.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(name.split('/'));
        }
        Blob { name, url, etag: quoted(etag), size: size.unwrap_or_default(), content: Content::default() }
    }
}

/// Names and values that are kept with a blob.
pub(crate) type Metadata = HashMap<String, String>;

/// A list gives an `ETag` without the quotes that a header has.
fn quoted(etag: Option<Etag>) -> String {
    let etag = etag.map_or_else(String::new, String::from);
    if etag.is_empty() || etag.ends_with('"') { etag } else { format!("\"{etag}\"") }
}

impl fmt::Debug for Blobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Blobs").field("container", &self.container.url().as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests;
