//! List Blobs: <https://learn.microsoft.com/rest/api/storageservices/list-blobs>.

use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;

use super::{
    Call,
    answer::{self, date},
    error::BlobError,
    paging::{Page, Paging},
    store::{Blob, Container, Kind},
    tags,
    xml::element,
};

/// What a list may include. Nothing is ever deleted softly or has snapshots, so that asking for those changes nothing.
const INCLUDE: &[&str] = &["metadata", "tags", "copy", "uncommittedblobs", "snapshots", "deleted"];

/// An entry of a page.
enum Item {
    Blob(Arc<Blob>),
    /// A blob of which there are waiting blocks only.
    Waiting,
    /// All blobs whose names start so, in place of which this stands.
    Prefix,
}

/// A page of a container's blobs, in the order of their names.
pub(super) fn list(call: &Call<'_>) -> Result<Response, BlobError> {
    let paging = Paging::read(call.query, INCLUDE)?;
    let delimiter = call.query.get("delimiter");
    let page = call.account.store.read(call.container, |container| page(container, &paging, delimiter))?;
    let mut xml = format!(
        "<EnumerationResults ServiceEndpoint=\"{}\" ContainerName=\"{}\">",
        call.account.endpoint(),
        call.container
    );
    paging.echo(&mut xml);
    if let Some(delimiter) = delimiter {
        element(&mut xml, "Delimiter", delimiter);
    }
    xml.push_str("<Blobs>");
    for (name, item) in &page.items {
        match item {
            Item::Blob(blob) => blob_xml(&paging, blob, true, &mut xml),
            Item::Waiting => blob_xml(&paging, &Blob::new(name, Kind::Block), false, &mut xml),
            Item::Prefix => {
                xml.push_str("<BlobPrefix>");
                element(&mut xml, "Name", name);
                xml.push_str("</BlobPrefix>");
            }
        }
    }
    xml.push_str("</Blobs>");
    page.next_marker(&mut xml);
    xml.push_str("</EnumerationResults>");
    Ok(answer::document(&xml))
}

fn page(container: &Container, paging: &Paging<'_>, delimiter: Option<&str>) -> Page<Item> {
    let mut page = Page::default();
    for (name, blob) in container.names(&paging.from, paging.includes("uncommittedblobs")) {
        let Some(rest) = name.strip_prefix(paging.prefix) else {
            // Names are in order: before the prefix comes nothing, after the last with it nothing either.
            if name < paging.prefix {
                continue;
            }
            break;
        };
        let group = delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
        let group = group.and_then(|end| name.get(..paging.prefix.len() + end));
        if group.is_some() && group == page.items.last().map(|(last, _)| last.as_str()) {
            continue;
        }
        let item = match (group, blob) {
            (Some(_), _) => Item::Prefix,
            (None, Some(blob)) => Item::Blob(blob.clone()),
            (None, None) => Item::Waiting,
        };
        if !page.push(paging, group.unwrap_or(name), item) {
            break;
        }
    }
    page
}

fn blob_xml(paging: &Paging<'_>, blob: &Blob, committed: bool, xml: &mut String) {
    xml.push_str("<Blob>");
    element(xml, "Name", &blob.name);
    xml.push_str("<Properties>");
    if committed {
        properties_xml(blob, xml);
    } else {
        element(xml, "Content-Length", "0");
        element(xml, "BlobType", blob.kind.name());
        element(xml, "LeaseStatus", "unlocked");
        element(xml, "LeaseState", "available");
    }
    if let Some(copied) = blob.copied.as_ref().filter(|_| paging.includes("copy")) {
        for (name, value) in [
            ("CopyId", &copied.id),
            ("CopySource", &copied.source),
            ("CopyStatus", &"success".to_owned()),
            ("CopyProgress", &format!("{0}/{0}", copied.length)),
            ("CopyCompletionTime", &date(copied.completed)),
        ] {
            element(xml, name, value);
        }
    }
    if !blob.tags.is_empty() {
        element(xml, "TagCount", &blob.tags.len().to_string());
    }
    xml.push_str("</Properties>");
    if paging.includes("metadata") {
        xml.push_str("<Metadata>");
        blob.metadata.iter().for_each(|(name, value)| element(xml, name, value));
        xml.push_str("</Metadata>");
    }
    if paging.includes("tags") && !blob.tags.is_empty() {
        xml.push_str(&tags::xml_of(&blob.tags));
    }
    xml.push_str("</Blob>");
}

fn properties_xml(blob: &Blob, xml: &mut String) {
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
    match blob.kind {
        Kind::Page { sequence_number } => element(xml, "x-ms-blob-sequence-number", &sequence_number.to_string()),
        Kind::Append { sealed: true } => element(xml, "Sealed", "true"),
        Kind::Append { sealed: false } | Kind::Block => {}
    }
    element(xml, "BlobType", blob.kind.name());
    if blob.kind == Kind::Block {
        element(xml, "AccessTier", blob.tier.map_or("Hot", |tier| tier.name()));
        if blob.tier.is_none() {
            element(xml, "AccessTierInferred", "true");
        }
    }
    let now = Timestamp::now();
    element(xml, "LeaseStatus", blob.lease.status(now));
    element(xml, "LeaseState", blob.lease.state(now).name());
    if let Some(duration) = blob.lease.duration(now) {
        element(xml, "LeaseDuration", duration);
    }
    element(xml, "ServerEncrypted", "true");
}
