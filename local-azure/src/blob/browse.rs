//! Blobs for the dashboard: it needs no token, changes nothing, and makes no entry in the journal.

use std::{collections::BTreeMap, sync::Arc};

use axum::body::Body;
use jiff::Timestamp;
use serde::Serialize;

use super::{
    account::Account,
    name::BlobName,
    properties::Metadata,
    read,
    store::{Blob, Container, remaining_days},
};

/// The number of names on one page of a list.
const PAGE: usize = 200;
/// The separator between the folders of a name.
const DELIMITER: char = '/';

/// Every storage account of a run.
#[derive(Clone, Default)]
pub(crate) struct Accounts(Arc<BTreeMap<String, Arc<Account>>>);

/// An account and its containers.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct AccountOnView {
    name: String,
    versioning: bool,
    delete_retention_days: Option<u16>,
    containers: Vec<ContainerOnView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ContainerOnView {
    name: String,
    last_modified: Timestamp,
    blobs: usize,
    metadata: Metadata,
}

/// One page of a container, under a prefix.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Listing {
    folders: Vec<String>,
    blobs: Vec<BlobOnView>,
    /// The name after which the next page begins.
    after: Option<String>,
}

/// A state of a blob.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct BlobOnView {
    name: String,
    state: ListedState,
    /// The `ETag` that identifies this state of the blob; absent for uncommitted blocks.
    #[serde(skip_serializing_if = "Option::is_none")]
    etag: Option<String>,
    /// Whether the content can be downloaded.
    readable: bool,
    bytes: u64,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    created: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_modified: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tier: Option<&'static str>,
    metadata: Metadata,
}

#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "kebab-case")]
enum ListedState {
    Current,
    Snapshot,
    Version,
    /// Soft-deleted: the state can be restored.
    Deleted,
    /// Uncommitted blocks without a blob.
    Uncommitted,
}

/// Why the dashboard gets no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NothingThere {
    #[error("there is no storage account \"{0}\"")]
    Account(String),
    #[error("there is no container \"{0}\"")]
    Container(String),
    #[error("there is no such state of the blob \"{0}\"")]
    Blob(String),
    #[error("the blob \"{0}\" is in the archive tier: its content cannot be read")]
    Archived(String),
}

/// A blob's content.
pub(crate) struct Content {
    pub(crate) bytes: u64,
    pub(crate) body: Body,
}

impl Accounts {
    pub(crate) fn new(accounts: impl IntoIterator<Item = Arc<Account>>) -> Self {
        Self(Arc::new(accounts.into_iter().map(|account| (account.name.clone(), account)).collect()))
    }

    /// Returns every account, in order of names.
    pub(crate) fn all(&self) -> Vec<AccountOnView> {
        self.0.values().map(|account| account.on_view()).collect()
    }

    /// Lists the blobs whose names have a prefix, in one page that begins after the name `after`. Blobs with another
    /// `/` after the prefix are grouped into folders.
    pub(crate) fn list(
        &self,
        account: &str,
        container: &str,
        prefix: &str,
        after: Option<&str>,
    ) -> Result<Listing, NothingThere> {
        let account = self.account(account)?;
        let (days, now) = (account.store.retention.delete_days, Timestamp::now());
        let listing = account.store.read(container, |container| list(container, prefix, after, days, now));
        listing.map_err(|_| NothingThere::Container(container.to_owned()))
    }

    /// Returns the content of one state of a blob.
    pub(crate) fn content(
        &self,
        account: &str,
        container: &str,
        name: &str,
        etag: &str,
    ) -> Result<Content, NothingThere> {
        let account = self.account(account)?;
        let is_asked = |blob: &&Arc<Blob>| blob.etag == etag && blob.deleted.is_none();
        let found = account.store.read(container, |container| {
            container.existing(BlobName(name)).into_iter().chain(container.older(name)).find(is_asked).cloned()
        });
        let found = found.map_err(|_| NothingThere::Container(container.to_owned()))?;
        let blob = found.ok_or_else(|| NothingThere::Blob(name.to_owned()))?;
        blob.check_online().map_err(|_| NothingThere::Archived(name.to_owned()))?;
        let bytes = blob.length();
        Ok(Content { bytes, body: read::content(&blob, 0, bytes) })
    }

    fn account(&self, name: &str) -> Result<&Account, NothingThere> {
        self.0.get(name).map(AsRef::as_ref).ok_or_else(|| NothingThere::Account(name.to_owned()))
    }
}

impl Account {
    fn on_view(&self) -> AccountOnView {
        let mut containers = Vec::new();
        self.store.each(|name, container| {
            containers.push((name.to_owned(), container.current().count()));
            true
        });
        let states: BTreeMap<_, _> = self.store.containers().into_iter().collect();
        let container = |(name, blobs): (String, usize)| {
            let state = states.get(&name)?;
            Some(ContainerOnView { last_modified: state.last_modified, metadata: state.metadata.clone(), name, blobs })
        };
        AccountOnView {
            name: self.name.clone(),
            versioning: self.store.retention.versioning,
            delete_retention_days: self.store.retention.delete_days,
            containers: containers.into_iter().filter_map(container).collect(),
        }
    }
}

fn list(container: &Container, prefix: &str, after: Option<&str>, days: Option<u16>, now: Timestamp) -> Listing {
    let mut listing = Listing { folders: Vec::new(), blobs: Vec::new(), after: None };
    let mut names = 0;
    for name in container.names(after.unwrap_or(prefix), true, true) {
        // Names are in order, so all names with the prefix are adjacent.
        let Some(rest) = name.strip_prefix(prefix) else {
            if name < prefix {
                continue;
            }
            break;
        };
        let is_before =
            after.is_some_and(|after| name == after || (after.ends_with(DELIMITER) && name.starts_with(after)));
        if is_before {
            continue;
        }
        let folder = rest.find(DELIMITER).and_then(|end| name.get(..=prefix.len() + end));
        if folder.is_some() && folder == listing.folders.last().map(String::as_str) {
            continue;
        }
        let states = states(container, name, days, now);
        if states.is_empty() {
            continue;
        }
        if names == PAGE {
            return listing;
        }
        names += 1;
        listing.after = Some(folder.unwrap_or(name).to_owned());
        match folder {
            Some(folder) => listing.folders.push(folder.to_owned()),
            None => listing.blobs.extend(states),
        }
    }
    listing.after = None;
    listing
}

/// Returns the current state first, then the older states from newest to oldest.
fn states(container: &Container, name: &str, days: Option<u16>, now: Timestamp) -> Vec<BlobOnView> {
    let is_kept = |blob: &&Arc<Blob>| match (blob.deleted, days) {
        (Some(at), Some(days)) => remaining_days(at, days, now).is_some(),
        _ => true,
    };
    let current = container.existing(BlobName(name)).map(|blob| blob.on_view(ListedState::Current));
    let waiting = container.waiting(BlobName(name)).filter(|_| current.is_none());
    let waiting = waiting.map(|blocks| BlobOnView {
        name: name.to_owned(),
        state: ListedState::Uncommitted,
        etag: None,
        readable: false,
        bytes: blocks.values().map(|block| block.length).sum(),
        kind: "BlockBlob",
        content_type: None,
        created: None,
        last_modified: None,
        deleted: None,
        tier: None,
        metadata: Metadata::new(),
    });
    let older = container.older(name).iter().rev().filter(is_kept).map(|blob| {
        blob.on_view(match (blob.deleted, &blob.snapshot) {
            (Some(_), _) => ListedState::Deleted,
            (None, Some(_)) => ListedState::Snapshot,
            (None, None) => ListedState::Version,
        })
    });
    current.into_iter().chain(waiting).chain(older).collect()
}

impl Blob {
    fn on_view(&self, state: ListedState) -> BlobOnView {
        BlobOnView {
            name: self.name.clone(),
            state,
            etag: Some(self.etag.clone()),
            readable: self.deleted.is_none() && self.check_online().is_ok(),
            bytes: self.length(),
            kind: self.kind.name(),
            content_type: self.properties.content_type.clone(),
            created: Some(self.created),
            last_modified: Some(self.last_modified),
            deleted: self.deleted,
            tier: self.tier.map(|tier| tier.name()),
            metadata: self.metadata.clone(),
        }
    }
}
