//! The contents of a vault for the dashboard: names, versions and dates, never a value.

use jiff::Timestamp;
use serde::Serialize;

use super::{
    secret::{Secret, Version},
    vaults::Vault,
};

/// A vault without any value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct VaultOnView {
    name: String,
    host: String,
    soft_delete_retention_days: u8,
    purge_protection: bool,
    secrets: Vec<SecretOnView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SecretOnView {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    deleted: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purged: Option<Timestamp>,
    /// Versions, latest first.
    versions: Vec<VersionOnView>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct VersionOnView {
    id: String,
    enabled: bool,
    created: Option<Timestamp>,
    updated: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_before: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content_type: Option<String>,
}

impl Vault {
    pub(crate) fn on_view(&self) -> VaultOnView {
        VaultOnView {
            name: self.name.clone(),
            host: self.host(),
            soft_delete_retention_days: self.retention_days,
            purge_protection: self.purge_protection,
            secrets: self.lock().secrets.all().map(|(_, secret)| secret.on_view()).collect(),
        }
    }
}

impl Secret {
    fn on_view(&self) -> SecretOnView {
        SecretOnView {
            name: self.name.clone(),
            deleted: self.deletion.and_then(|deletion| time(deletion.at)),
            purged: self.deletion.and_then(|deletion| time(deletion.purged_at)),
            versions: self.versions().iter().rev().map(Version::on_view).collect(),
        }
    }
}

impl Version {
    fn on_view(&self) -> VersionOnView {
        VersionOnView {
            id: self.id.clone(),
            enabled: self.is_enabled(),
            created: time(self.created),
            updated: time(self.updated),
            not_before: self.properties.not_before.and_then(time),
            expires: self.properties.expires.and_then(time),
            content_type: self.properties.content_type.clone(),
        }
    }
}

fn time(seconds: i64) -> Option<Timestamp> {
    Timestamp::from_second(seconds).ok()
}
