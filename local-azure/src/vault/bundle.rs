//! Secrets as Key Vault writes them: <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret>.
//!
//! Absent members are left out. Times are seconds since 1970.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    secret::{Deletion, Secret, Version},
    vaults::Vault,
};

/// A secret: the answer to most operations, and an item of a list.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Bundle<'a> {
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    deletion: Option<DeletionBundle>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<&'a str>,
    id: String,
    attributes: Attributes,
    #[serde(skip_serializing_if = "Option::is_none")]
    tags: Option<&'a BTreeMap<String, String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeletionBundle {
    recovery_id: String,
    deleted_date: i64,
    scheduled_purge_date: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    enabled: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    nbf: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exp: Option<i64>,
    created: i64,
    updated: i64,
    recovery_level: &'static str,
    recoverable_days: u8,
}

impl<'a> Bundle<'a> {
    /// Returns a version without its value.
    pub(super) fn from_version(vault: &Vault, secret: &Secret, version: &'a Version) -> Self {
        let mut bundle = Self::from_item(vault, secret, version);
        bundle.id = format!("{}/{}", bundle.id, version.id);
        bundle
    }

    /// Returns a secret without its value or version, as lists contain it.
    pub(super) fn from_item(vault: &Vault, secret: &Secret, version: &'a Version) -> Self {
        let properties = &version.properties;
        Self {
            deletion: None,
            value: None,
            content_type: properties.content_type.as_deref(),
            id: format!("{}/secrets/{}", vault.origin(), secret.name),
            attributes: Attributes {
                enabled: version.is_enabled(),
                nbf: properties.not_before,
                exp: properties.expires,
                created: version.created,
                updated: version.updated,
                recovery_level: vault.recovery_level(),
                recoverable_days: vault.retention_days,
            },
            tags: properties.tags.as_ref(),
        }
    }

    pub(super) fn with_value(mut self, version: &'a Version) -> Self {
        self.value = Some(&version.value);
        self
    }

    pub(super) fn with_deletion(mut self, vault: &Vault, secret: &Secret, deletion: Deletion) -> Self {
        self.deletion = Some(DeletionBundle {
            recovery_id: format!("{}/deletedsecrets/{}", vault.origin(), secret.name),
            deleted_date: deletion.at,
            scheduled_purge_date: deletion.purged_at,
        });
        self
    }
}
