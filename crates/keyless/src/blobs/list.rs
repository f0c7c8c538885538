//! Blobs by prefix, in pages.

use azure_storage_blob::models::{BlobContainerClientListBlobsOptions, BlobItem};
use futures_util::TryStreamExt;

use super::{
    blob::{Blob, Content},
    container::{Container, within},
    read::timestamp,
    refusal::refused,
};
use crate::error::Error;

/// The beginning of the next page of a list, in a form that only Storage understands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marker(String);

/// A page of blobs in the order of their names, and the beginning of the next page.
#[derive(Debug)]
pub struct Page {
    /// The blobs of this page.
    pub blobs: Vec<Blob>,
    /// The beginning of the next page, if there is one.
    pub next: Option<Marker>,
}

impl Container {
    /// Returns a page of the blobs whose names begin with `prefix`: at most `most`, and at most 5,000. A page may be
    /// short or empty although more pages follow.
    ///
    /// # Errors
    /// When Storage refuses the list or does not answer.
    pub async fn page(&self, prefix: &str, from: Option<Marker>, most: Option<u16>) -> Result<Page, Error> {
        let options = BlobContainerClientListBlobsOptions {
            prefix: Some(prefix.to_owned()),
            marker: from.map(|marker| marker.0),
            maxresults: most.map(i32::from),
            ..Default::default()
        };
        let mut pages = self.client.list_blobs(Some(options)).map_err(refused)?.into_pages();
        let Some(page) = within(pages.try_next()).await.map_err(refused)? else {
            return Ok(Page { blobs: Vec::new(), next: None });
        };
        let page = page.into_model().map_err(refused)?;
        let blobs = page.blob_items.into_iter().filter_map(|item| self.listed(item)).collect();
        Ok(Page { blobs, next: page.next_marker.filter(|marker| !marker.is_empty()).map(Marker) })
    }

    /// Returns all blobs whose names begin with `prefix`, in the order of their names. They are held in memory, so use
    /// a prefix with few blobs.
    ///
    /// # Errors
    /// When Storage refuses the list or does not answer, or when there are more blobs than `most`. With `most` the app
    /// limits the calls that one request may cost.
    pub async fn all(&self, prefix: &str, most: usize) -> Result<Vec<Blob>, Error> {
        let (mut all, mut from) = (Vec::new(), None);
        loop {
            let Page { blobs, next } = self.page(prefix, from, None).await?;
            all.extend(blobs);
            if all.len() > most {
                return Err(Error::internal(format!("there are more than {most} blobs below {prefix}")));
            }
            match next {
                Some(next) => from = Some(next),
                None => return Ok(all),
            }
        }
    }

    fn listed(&self, item: BlobItem) -> Option<Blob> {
        let properties = item.properties?;
        let content = Content { kind: properties.content_type, modified: properties.last_modified.and_then(timestamp) };
        Some(Blob { content, ..self.blob(item.name?, properties.etag, properties.content_length) })
    }
}
