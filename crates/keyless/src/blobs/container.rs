//! One container, used with one identity.

use std::fmt;

use azure_core::http::{ClientOptions, Etag};
use azure_storage_blob::{BlobContainerClient, BlobServiceClient, BlobServiceClientOptions, models::StorageErrorCode};
use futures_util::FutureExt as _;
use http::StatusCode;
use tokio::time::Instant;
use tracing::info;

use super::{
    blob::{Blob, Content},
    refusal::{has_code, refused},
};
use crate::{
    connection::Connection,
    error::{Cause, Error, Service},
    readiness::{Check, check},
    settings::{Reader, SettingType},
    time_limits::{TimeLimits, until},
};

const SCOPE: &str = "https://storage.azure.com/.default";

/// The name of a blob container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContainerName(String);

impl ContainerName {
    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The rules for names:
/// <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>
impl SettingType for ContainerName {
    const EXPECTED: &'static str = "a container name: 3 to 63 lower-case letters, digits and single hyphens";

    fn parse(text: &str) -> Option<Self> {
        let lengths = (3..=63).contains(&text.len());
        let letters = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let hyphens = !text.starts_with('-') && !text.ends_with('-') && !text.contains("--");
        (lengths && letters && hyphens).then(|| Self(text.to_owned()))
    }
}

/// One container, used with one identity. The first write creates a missing container.
///
/// ```no_run
/// # async fn example(reports: keyless::Container) -> Result<(), keyless::Error> {
/// reports.create("2026/11/28.json", serde_json::json!({ "orders": 7 })).await?;
/// # Ok(()) }
/// ```
#[derive(Clone)]
pub struct Container {
    pub(super) client: std::sync::Arc<BlobContainerClient>,
    connection: Connection,
}

impl Reader {
    /// A container of the account at `<name>__blobServiceUri`.
    pub fn container(&mut self, name: &str, container: &str) -> Option<Container> {
        let connection = self.connection(name, "blobServiceUri");
        let Some(container) = ContainerName::parse(container) else {
            self.refuse(format!("{name}__blobServiceUri"), format!("{} (in the code)", ContainerName::EXPECTED));
            return None;
        };
        self.container_of(name, connection?, &container)
    }

    /// Like [`Self::container`], with a name from a setting.
    pub fn container_named(&mut self, name: &str, container: Option<&ContainerName>) -> Option<Container> {
        let connection = self.connection(name, "blobServiceUri");
        self.container_of(name, connection?, container?)
    }

    fn container_of(&mut self, name: &str, connection: Connection, container: &ContainerName) -> Option<Container> {
        let options = connection.options_for(Service::Storage);
        let made = Container::new(connection, container, options);
        made.map_err(|error| self.refuse(format!("{name}__blobServiceUri"), format!("the URL of an account: {error}")))
            .ok()
    }
}

impl Container {
    pub(super) fn new(
        connection: Connection,
        container: &ContainerName,
        client_options: ClientOptions,
    ) -> Result<Self, Error> {
        let mut service = connection.endpoint().clone();
        // The URL of an account may have a path (`https://host/account/`). Without this line, an empty segment would
        // follow it.
        if let Ok(mut segments) = service.path_segments_mut() {
            segments.pop_if_empty();
        }
        let options = BlobServiceClientOptions { client_options, ..Default::default() };
        let client = BlobServiceClient::new(service, Some(connection.credential()), Some(options));
        let client = client.map_err(Error::internal_by)?.blob_container_client(container.as_str());
        Ok(Self { client: client.into(), connection })
    }

    /// The account's address, and the identity that calls it.
    #[must_use]
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Fetches the token for the first write, unless there is one. Call it while you wait for something else. It
    /// reports no failure; the write does.
    pub async fn prepare(&self) {
        let _ = self.connection.tokens().token(SCOPE).await;
    }

    /// Reports whether Storage lets this app see the container now.
    pub async fn check(&self) -> Check {
        let probe = async { self.client.get_properties(None).await.map(drop).map_err(refused) };
        check(Service::Storage, &self.connection, SCOPE, probe).await
    }

    /// Creates the container. A concurrent create is not an error.
    pub(super) async fn make(&self) -> Result<(), Error> {
        let name = self.client.url().path().trim_start_matches('/');
        match within(self.client.create(None)).await {
            Ok(_) => info!("created the container {name}, which did not exist"),
            Err(error) if has_code(&error, &StorageErrorCode::ContainerAlreadyExists) => {}
            Err(error) if error.http_status().map(u16::from) == Some(403) => {
                let cause = Cause::NoContainer(name.to_owned());
                return Err(Error::answered(Service::Storage, StatusCode::FORBIDDEN, cause));
            }
            Err(error) => return Err(refused(error)),
        }
        Ok(())
    }

    pub(super) fn blob(&self, name: String, etag: Option<Etag>, size: Option<u64>) -> Blob {
        let mut url = self.client.url().clone();
        // The SDK's own URL of a blob has %2F for each slash. That is correct, but the portal shows slashes.
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.extend(name.split('/'));
        }
        Blob { name, url, etag: quoted(etag), size: size.unwrap_or_default(), content: Content::default() }
    }
}

/// Runs one request with its retries, within the limit of a whole call.
pub(super) fn within<T>(
    work: impl Future<Output = azure_core::Result<T>>,
) -> impl Future<Output = azure_core::Result<T>> {
    let limit = TimeLimits::new(Service::Storage).whole;
    let late = move || {
        let cause = std::io::Error::new(std::io::ErrorKind::TimedOut, Cause::TooSlow(limit));
        azure_core::Error::new(azure_core::error::ErrorKind::Io, cause)
    };
    until(Instant::now() + limit, work).map(move |outcome| outcome.unwrap_or_else(|| Err(late())))
}

/// Adds the quotes of a header's `ETag`, which the `ETag` of a list lacks.
pub(super) fn quoted(etag: Option<Etag>) -> String {
    let etag = etag.map_or_else(String::new, String::from);
    if etag.is_empty() || etag.ends_with('"') { etag } else { format!("\"{etag}\"") }
}

impl fmt::Debug for Container {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Container").field("url", &self.client.url().as_str()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn container_names_follow_the_rules_of_blob_storage() {
        for right in ["reports", "a-b", "000"] {
            assert!(ContainerName::parse(right).is_some(), "{right}");
        }
        for wrong in ["ab", "Reports", "-ab", "ab-", "a--b", "a/b", &"a".repeat(64)] {
            assert!(ContainerName::parse(wrong).is_none(), "{wrong}");
        }
    }
}
