//! List Blobs: <https://learn.microsoft.com/rest/api/storageservices/list-blobs>.

use std::sync::Arc;

use axum::response::{IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use http::header;
use quick_xml::escape::escape;

use super::{
    Call,
    error::BlobError,
    read::date,
    request::Query,
    store::{Blob, Store},
};

/// Most entries in one answer.
const PAGE: usize = 5_000;

/// What is asked for.
struct Listing<'a> {
    prefix: &'a str,
    delimiter: Option<&'a str>,
    marker: Option<&'a str>,
    /// Name that the page starts with.
    from: String,
    max_results: Option<usize>,
    with_metadata: bool,
}

/// An entry of a page.
enum Item {
    Blob(Arc<Blob>),
    /// All blobs whose names start so, in place of which this stands.
    Prefix(String),
}

#[derive(Default)]
struct Page {
    items: Vec<Item>,
    /// Name that the next page starts with.
    next: Option<String>,
}

/// A page of a container's blobs, in the order of their names.
pub(super) fn list(call: &Call<'_>) -> Result<Response, BlobError> {
    let listing = Listing::read(call.query)?;
    let page = listing.page(&call.account.store, call.container)?;
    let endpoint = format!("https://{}.blob.core.windows.net/", call.account.name);
    let body = listing.xml(&page, &endpoint, call.container);
    Ok(([(header::CONTENT_TYPE, "application/xml")], body).into_response())
}

impl<'a> Listing<'a> {
    fn read(query: &'a Query) -> Result<Self, BlobError> {
        let invalid = |name: &str, value: &str| BlobError::InvalidQueryParameterValue {
            name: name.to_owned(),
            value: value.to_owned(),
        };
        let max_results = query.get("maxresults").map(|value| match value.parse() {
            Ok(number) if number > 0 => Ok(number),
            _ => Err(invalid("maxresults", value)),
        });
        let from = query.get("marker").map(|marker| {
            let name = URL_SAFE_NO_PAD.decode(marker).ok().and_then(|name| String::from_utf8(name).ok());
            name.ok_or_else(|| invalid("marker", marker))
        });
        let include = query.get("include").unwrap_or_default();
        if let Some(unknown) = include.split(',').find(|part| !matches!(*part, "" | "metadata")) {
            return Err(invalid("include", unknown));
        }
        let prefix = query.get("prefix").unwrap_or_default();
        Ok(Self {
            prefix,
            delimiter: query.get("delimiter"),
            marker: query.get("marker"),
            from: from.transpose()?.unwrap_or_else(|| prefix.to_owned()),
            max_results: max_results.transpose()?,
            with_metadata: include.contains("metadata"),
        })
    }

    fn page(&self, store: &Store, container: &str) -> Result<Page, BlobError> {
        let limit = self.max_results.unwrap_or(PAGE).min(PAGE);
        let mut page = Page::default();
        store.visit(container, &self.from, |blob| {
            let Some(rest) = blob.name.strip_prefix(self.prefix) else {
                // Names are in order: before the prefix comes nothing, after the last with it nothing either.
                return blob.name.as_str() < self.prefix;
            };
            let group = self.delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
            let group = group.and_then(|end| blob.name.get(..self.prefix.len() + end));
            if let (Some(group), Some(Item::Prefix(last))) = (group, page.items.last())
                && last == group
            {
                return true;
            }
            if page.items.len() == limit {
                page.next = Some(blob.name.clone());
                return false;
            }
            page.items.push(group.map_or_else(|| Item::Blob(blob.clone()), |group| Item::Prefix(group.to_owned())));
            true
        })?;
        Ok(page)
    }

    fn xml(&self, page: &Page, endpoint: &str, container: &str) -> String {
        let mut xml = format!(
            "<?xml version=\"1.0\" encoding=\"utf-8\"?><EnumerationResults ServiceEndpoint=\"{endpoint}\" ContainerName=\"{container}\">"
        );
        element(&mut xml, "Prefix", self.prefix);
        if let Some(marker) = self.marker {
            element(&mut xml, "Marker", marker);
        }
        if let Some(max_results) = self.max_results {
            element(&mut xml, "MaxResults", &max_results.to_string());
        }
        if let Some(delimiter) = self.delimiter {
            element(&mut xml, "Delimiter", delimiter);
        }
        xml.push_str("<Blobs>");
        for item in &page.items {
            match item {
                Item::Blob(blob) => self.blob_xml(blob, &mut xml),
                Item::Prefix(prefix) => {
                    xml.push_str("<BlobPrefix>");
                    element(&mut xml, "Name", prefix);
                    xml.push_str("</BlobPrefix>");
                }
            }
        }
        xml.push_str("</Blobs>");
        let next = page.next.as_ref().map(|name| URL_SAFE_NO_PAD.encode(name));
        element(&mut xml, "NextMarker", &next.unwrap_or_default());
        xml.push_str("</EnumerationResults>");
        xml
    }

    fn blob_xml(&self, blob: &Blob, xml: &mut String) {
        xml.push_str("<Blob>");
        element(xml, "Name", &blob.name);
        xml.push_str("<Properties>");
        element(xml, "Creation-Time", &date(blob.created));
        element(xml, "Last-Modified", &date(blob.last_modified));
        element(xml, "Etag", blob.etag.trim_matches('"'));
        element(xml, "Content-Length", &blob.length().to_string());
        let properties = &blob.properties;
        for (name, value) in [
            ("Content-Type", &properties.content_type),
            ("Content-Encoding", &properties.content_encoding),
            ("Content-Language", &properties.content_language),
            ("Content-MD5", &properties.content_md5),
            ("Cache-Control", &properties.cache_control),
            ("Content-Disposition", &properties.content_disposition),
        ] {
            element(xml, name, value.as_deref().unwrap_or_default());
        }
        for (name, value) in [
            ("BlobType", "BlockBlob"),
            ("AccessTier", "Hot"),
            ("AccessTierInferred", "true"),
            ("LeaseStatus", "unlocked"),
            ("LeaseState", "available"),
            ("ServerEncrypted", "true"),
        ] {
            element(xml, name, value);
        }
        xml.push_str("</Properties>");
        if self.with_metadata {
            xml.push_str("<Metadata>");
            blob.metadata.iter().for_each(|(name, value)| element(xml, name, value));
            xml.push_str("</Metadata>");
        }
        xml.push_str("</Blob>");
    }
}

fn element(xml: &mut String, name: &str, text: &str) {
    if text.is_empty() {
        xml.push_str(&format!("<{name} />"));
    } else {
        xml.push_str(&format!("<{name}>{}</{name}>", escape(text)));
    }
}
