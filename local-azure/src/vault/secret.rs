//! One secret: its versions, and whether it is deleted.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A secret with all its versions. It has no `Debug` because it holds values.
pub(super) struct Secret {
    /// The name as first written; lookups ignore letter case.
    pub(super) name: String,
    /// At least one version; the last is the latest.
    versions: Vec<Version>,
    /// The deletion, while the secret is soft-deleted.
    pub(super) deletion: Option<Deletion>,
}

/// One version. Everything except the value may change later.
#[derive(Clone, Deserialize, Serialize)]
pub(super) struct Version {
    /// 32 hexadecimal digits.
    pub(super) id: String,
    pub(super) value: String,
    pub(super) properties: Properties,
    /// Seconds since 1970.
    pub(super) created: i64,
    /// Seconds since 1970.
    pub(super) updated: i64,
}

/// The properties of a version that a writer may set, besides its value.
#[derive(Clone, Default, Deserialize, Serialize)]
pub(super) struct Properties {
    pub(super) content_type: Option<String>,
    pub(super) tags: Option<BTreeMap<String, String>>,
    /// Whether the version is enabled; absent means enabled.
    pub(super) enabled: Option<bool>,
    /// Seconds since 1970, shown to readers and never enforced.
    pub(super) not_before: Option<i64>,
    /// Seconds since 1970, shown to readers and never enforced.
    pub(super) expires: Option<i64>,
}

/// A soft deletion. Times are seconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct Deletion {
    pub(super) at: i64,
    pub(super) purged_at: i64,
}

/// The requested version of a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Which<'a> {
    Latest,
    Exactly(&'a str),
}

impl Secret {
    pub(super) fn new(name: &str, first: Version) -> Self {
        Self { name: name.to_owned(), versions: vec![first], deletion: None }
    }

    /// Returns `None` if there is no version.
    pub(super) fn from_versions(name: String, versions: Vec<Version>) -> Option<Self> {
        (!versions.is_empty()).then_some(Self { name, versions, deletion: None })
    }

    /// Returns the versions, oldest first.
    pub(super) fn versions(&self) -> &[Version] {
        &self.versions
    }

    pub(super) fn add(&mut self, version: Version) {
        self.versions.push(version);
    }

    pub(super) fn latest(&self) -> Option<&Version> {
        self.versions.last()
    }

    pub(super) fn version(&self, which: Which<'_>) -> Option<&Version> {
        match which {
            Which::Latest => self.latest(),
            Which::Exactly(id) => self.versions.iter().find(|version| version.id.eq_ignore_ascii_case(id)),
        }
    }

    pub(super) fn version_mut(&mut self, which: Which<'_>) -> Option<&mut Version> {
        match which {
            Which::Latest => self.versions.last_mut(),
            Which::Exactly(id) => self.versions.iter_mut().find(|version| version.id.eq_ignore_ascii_case(id)),
        }
    }
}

impl Version {
    pub(super) fn new(value: String, properties: Properties, now: i64) -> Self {
        Self { id: Uuid::new_v4().simple().to_string(), value, properties, created: now, updated: now }
    }

    /// Changes only the properties that `change` contains.
    pub(super) fn update(&mut self, change: Properties, now: i64) {
        let Properties { content_type, tags, enabled, not_before, expires } = change;
        let kept = std::mem::take(&mut self.properties);
        self.properties = Properties {
            content_type: content_type.or(kept.content_type),
            tags: tags.or(kept.tags),
            enabled: enabled.or(kept.enabled),
            not_before: not_before.or(kept.not_before),
            expires: expires.or(kept.expires),
        };
        self.updated = now;
    }

    pub(super) fn is_enabled(&self) -> bool {
        self.properties.enabled.unwrap_or(true)
    }
}
