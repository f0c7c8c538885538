//! List Blobs: <https://learn.microsoft.com/rest/api/storageservices/list-blobs>.

use std::sync::Arc;

use axum::response::Response;
use jiff::Timestamp;

use super::{
    answer::{self, date},
    call::BlobCall,
    error::BlobError,
    name::BlobName,
    paging::{Page, Paging},
    read::REHYDRATE_PRIORITY_FROM,
    store::{Blob, BlobKind, Container, remaining_days},
    tags,
    xml::element,
};

/// The values of `include`. local-azure has no immutability policies and legal holds, so these two values add nothing.
const INCLUDE: &[&str] = &[
    "metadata",
    "tags",
    "copy",
    "uncommittedblobs",
    "snapshots",
    "deleted",
    "versions",
    "deletedwithversions",
    "immutabilitypolicy",
    "legalhold",
];
/// From this version on, a blob in a list has an element for the metadata of object replication, and an element for a
/// CRC-64.
const OR_METADATA_FROM: &str = "2020-02-10";
/// The separator in a marker between a name and the number of a state; no name contains it.
const STATE: char = '\0';

/// An entry of a page.
enum Item {
    Blob {
        blob: Arc<Blob>,
        is_current: bool,
    },
    /// A blob that has only versions left.
    VersionsOnly,
    /// A blob that has only uncommitted blocks.
    Waiting,
    /// A prefix, which stands for all blobs whose names start with it.
    Prefix,
}

/// The states of blobs that a list includes.
struct Includes {
    waiting: bool,
    snapshots: bool,
    versions: bool,
    deleted: bool,
    deleted_with_versions: bool,
}

/// Settings for the text of a list.
struct Style<'a> {
    paging: &'a Paging<'a>,
    version: &'a str,
    delete_days: Option<u16>,
    now: Timestamp,
}

/// Returns a page of a container's blobs, in the order of their names.
pub(super) fn list(call: &BlobCall<'_>) -> Result<Response, BlobError> {
    let paging = Paging::read(call.query, INCLUDE)?;
    let delimiter = call.query.get("delimiter");
    if delimiter.is_some() && paging.includes("snapshots") {
        return Err(BlobError::query_value("include", "snapshots"));
    }
    let includes = Includes {
        waiting: paging.includes("uncommittedblobs"),
        snapshots: paging.includes("snapshots"),
        versions: paging.includes("versions"),
        deleted: paging.includes("deleted"),
        deleted_with_versions: paging.includes("deletedwithversions"),
    };
    let style = Style {
        paging: &paging,
        version: call.version(),
        delete_days: call.account.store.retention.delete_days,
        now: Timestamp::now(),
    };
    let start = call.query.get("startFrom");
    let page =
        call.account.store.read(call.container, |container| page(container, &style, &includes, (delimiter, start)))?;
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
            Item::Blob { blob, is_current } => style.blob(blob, *is_current, &mut xml),
            Item::Waiting => style.waiting(name, &mut xml),
            Item::VersionsOnly => {
                xml.push_str("<Blob>");
                element(&mut xml, "Name", name);
                xml.push_str("<HasVersionsOnly>true</HasVersionsOnly><Properties /></Blob>");
            }
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

fn page(
    container: &Container,
    style: &Style<'_>,
    includes: &Includes,
    (delimiter, start): (Option<&str>, Option<&str>),
) -> Page<Item> {
    let paging = style.paging;
    let mut page = Page::default();
    let (from, skip) = paging.from.split_once(STATE).unwrap_or((&paging.from, "0"));
    let skip: usize = skip.parse().unwrap_or_default();
    for name in container.names(from, includes.waiting, includes.needs_older()) {
        let Some(rest) = name.strip_prefix(paging.prefix) else {
            // Names are in order, so no match can come before the prefix or after the last name with it.
            if name < paging.prefix {
                continue;
            }
            break;
        };
        if start.is_some_and(|start| name < start) {
            continue;
        }
        let states = states(container, name, style, includes);
        let group = delimiter.and_then(|delimiter| Some(rest.find(delimiter)? + delimiter.len()));
        let group = group.and_then(|end| name.get(..paging.prefix.len() + end));
        if let Some(group) = group.filter(|_| !states.is_empty()) {
            let is_known = page.items.last().is_some_and(|(last, _)| last == group);
            if !is_known && !page.push(paging, group, Item::Prefix) {
                return page;
            }
            continue;
        }
        let skip = if name == from { skip } else { 0 };
        for (number, item) in states.into_iter().enumerate().skip(skip) {
            let marker = if number == 0 { name.to_owned() } else { format!("{name}{STATE}{number}") };
            if !page.push_at(paging, name, &marker, item) {
                return page;
            }
        }
    }
    page
}

impl Includes {
    const fn needs_older(&self) -> bool {
        self.snapshots || self.versions || self.deleted || self.deleted_with_versions
    }
}

/// Returns the states of one blob that the list includes: older states first, the current state last.
fn states(container: &Container, name: &str, style: &Style<'_>, includes: &Includes) -> Vec<Item> {
    let current = container.existing(BlobName(name));
    let is_over = |blob: &Blob| match (blob.deleted, style.delete_days) {
        (Some(at), Some(days)) => remaining_days(at, days, style.now).is_none(),
        _ => false,
    };
    let is_listed = |blob: &Blob| match (blob.deleted, &blob.snapshot) {
        (Some(_), Some(_)) => includes.deleted && includes.snapshots,
        (Some(_), None) => {
            includes.deleted || includes.versions && blob.version.is_some() && includes.deleted_with_versions
        }
        (None, Some(_)) => includes.snapshots,
        (None, None) => includes.versions,
    };
    let older = container.older(name).iter().filter(|blob| is_listed(blob) && !is_over(blob));
    let mut items: Vec<Item> = older.map(|blob| Item::Blob { blob: blob.clone(), is_current: false }).collect();
    match current {
        Some(blob) => items.push(Item::Blob { blob: blob.clone(), is_current: true }),
        None if includes.waiting && container.waiting(BlobName(name)).is_some() => items.push(Item::Waiting),
        None => {
            let has_versions = container.older(name).iter().any(|blob| blob.version.is_some());
            if includes.deleted_with_versions && has_versions && !includes.versions {
                items.push(Item::VersionsOnly);
            }
        }
    }
    items
}

impl Style<'_> {
    fn has_or_metadata(&self) -> bool {
        self.version >= OR_METADATA_FROM
    }

    fn blob(&self, blob: &Blob, is_current: bool, xml: &mut String) {
        xml.push_str("<Blob>");
        element(xml, "Name", &blob.name);
        if blob.deleted.is_some() {
            element(xml, "Deleted", "true");
        }
        if let Some(snapshot) = &blob.snapshot {
            element(xml, "Snapshot", snapshot);
        }
        if let Some(version) = blob.version.as_ref().filter(|_| blob.snapshot.is_none()) {
            element(xml, "VersionId", version);
            if is_current {
                element(xml, "IsCurrentVersion", "true");
            }
        }
        xml.push_str("<Properties>");
        self.properties(blob, xml);
        xml.push_str("</Properties>");
        if self.paging.includes("metadata") {
            xml.push_str("<Metadata>");
            blob.metadata.iter().for_each(|(name, value)| element(xml, name, value));
            xml.push_str("</Metadata>");
        }
        if self.paging.includes("tags") && !blob.tags.is_empty() {
            xml.push_str(&tags::xml_of(&blob.tags));
        }
        if self.has_or_metadata() {
            xml.push_str("<OrMetadata />");
        }
        xml.push_str("</Blob>");
    }

    /// Adds a blob that has only uncommitted blocks.
    fn waiting(&self, name: &str, xml: &mut String) {
        xml.push_str("<Blob>");
        element(xml, "Name", name);
        xml.push_str("<Properties>");
        for (name, value) in [
            ("Content-Length", "0"),
            ("BlobType", "BlockBlob"),
            ("AccessTier", "Hot"),
            ("AccessTierInferred", "true"),
            ("LeaseStatus", "unlocked"),
            ("LeaseState", "available"),
            ("ServerEncrypted", "false"),
        ] {
            element(xml, name, value);
        }
        xml.push_str("</Properties>");
        if self.has_or_metadata() {
            xml.push_str("<OrMetadata />");
        }
        xml.push_str("</Blob>");
    }

    fn properties(&self, blob: &Blob, xml: &mut String) {
        element(xml, "Creation-Time", &date(blob.created));
        element(xml, "Last-Modified", &date(blob.last_modified));
        element(xml, "Etag", blob.etag.trim_matches('"'));
        element(xml, "Content-Length", &blob.length().to_string());
        let properties = &blob.properties;
        let no_crc64 = None;
        for (name, value) in [
            ("Content-Type", &properties.content_type),
            ("Content-Encoding", &properties.content_encoding),
            ("Content-Language", &properties.content_language),
            ("Content-CRC64", &no_crc64),
            ("Content-MD5", &properties.content_md5),
            ("Cache-Control", &properties.cache_control),
            ("Content-Disposition", &properties.content_disposition),
        ] {
            if name != "Content-CRC64" || self.has_or_metadata() {
                element(xml, name, value.as_deref().unwrap_or_default());
            }
        }
        match blob.kind {
            BlobKind::Page { sequence_number } => {
                element(xml, "x-ms-blob-sequence-number", &sequence_number.to_string())
            }
            BlobKind::Append { sealed: true } => element(xml, "Sealed", "true"),
            BlobKind::Append { sealed: false } | BlobKind::Block => {}
        }
        element(xml, "BlobType", blob.kind.name());
        if blob.kind == BlobKind::Block {
            self.tier(blob, xml);
        }
        if blob.snapshot.is_none() {
            element(xml, "LeaseStatus", blob.lease.status(self.now));
            element(xml, "LeaseState", blob.lease.state(self.now).name());
        }
        if let Some(duration) = blob.lease.duration(self.now) {
            element(xml, "LeaseDuration", duration);
        }
        if let Some(copied) = blob.copied.as_ref().filter(|_| self.paging.includes("copy")) {
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
        if let (Some(deleted), Some(days)) = (blob.deleted, self.delete_days) {
            element(xml, "DeletedTime", &date(deleted));
            let left = remaining_days(deleted, days, self.now).unwrap_or_default();
            element(xml, "RemainingRetentionDays", &left.to_string());
        }
        element(xml, "ServerEncrypted", "true");
        if !blob.tags.is_empty() {
            element(xml, "TagCount", &blob.tags.len().to_string());
        }
    }

    fn tier(&self, blob: &Blob, xml: &mut String) {
        element(xml, "AccessTier", blob.tier.map_or("Hot", |tier| tier.name()));
        if blob.tier.is_none() {
            element(xml, "AccessTierInferred", "true");
        }
        if let Some(changed) = blob.tier_changed {
            element(xml, "AccessTierChangeTime", &date(changed));
        }
        if let Some(rehydrating) = &blob.rehydrating {
            element(xml, "ArchiveStatus", &rehydrating.status());
            if self.version >= REHYDRATE_PRIORITY_FROM {
                element(xml, "RehydratePriority", &rehydrating.priority);
            }
        }
    }
}
