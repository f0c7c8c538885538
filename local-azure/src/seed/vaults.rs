//! Key vaults and their secrets at start, and the checks of Key Vault's rules.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Seed, check::unique, yes};

/// A key vault under RBAC.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Vault {
    /// Vault name; the host is `{name}.vault.azure.net`.
    pub name: String,
    /// The number of days in which a deleted secret can be recovered: 7 to 90.
    #[serde(default = "longest_retention")]
    pub soft_delete_retention_days: u8,
    /// Whether requests cannot purge a deleted secret: it can only be recovered, until time purges it.
    #[serde(default)]
    pub purge_protection: bool,
    /// A fault on purpose.
    pub fault: Option<VaultFault>,
    /// Its secrets at start.
    #[serde(default)]
    pub secrets: Vec<Secret>,
}

/// The fault of a vault.
#[derive(Clone, Copy, Debug, Deserialize, JsonSchema, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub enum VaultFault {
    /// It answers 429 and asks clients to try again after two seconds.
    Throttled,
    /// No client gets a connection to it.
    Unreachable,
}

/// A secret. Its value comes from exactly one of `value`, `generated` and `subscription_key`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// Secret name.
    pub name: String,
    /// The value itself.
    pub value: Option<String>,
    /// Whether the value is random, and new at each start.
    #[serde(default)]
    pub generated: bool,
    /// The APIM subscription whose primary key is the value.
    pub subscription_key: Option<String>,
    /// A disabled secret cannot be read.
    #[serde(default = "yes")]
    pub enabled: bool,
    /// The type of the value, in the writer's words.
    pub content_type: Option<String>,
    /// At most 15.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
    /// The time at which the value begins to be valid. Key Vault tells readers and does not enforce it.
    pub not_before: Option<Timestamp>,
    /// The time at which the value stops being valid. Key Vault tells readers and does not enforce it.
    pub expires: Option<Timestamp>,
}

const fn longest_retention() -> u8 {
    90
}

impl Seed {
    pub(super) fn check_vaults(&self, problems: &mut Vec<String>) {
        for vault in &self.vaults {
            if !(7..=90).contains(&vault.soft_delete_retention_days) {
                problems.push(format!("vaults: soft_delete_retention_days of \"{}\" must be 7 to 90", vault.name));
            }
            let names: Vec<String> = vault.secrets.iter().map(|secret| secret.name.to_ascii_lowercase()).collect();
            unique(problems, &format!("vaults: in \"{}\" the secret", vault.name), names.iter().map(String::as_str));
            for secret in &vault.secrets {
                self.check_secret(problems, vault, secret);
            }
        }
    }

    fn check_secret(&self, problems: &mut Vec<String>, vault: &Vault, secret: &Secret) {
        let Secret { name, value, generated, subscription_key, .. } = secret;
        if !is_secret_name(name) {
            problems.push(format!("vaults: a secret's name has letters, digits and hyphens only, not \"{name}\""));
        }
        let sources = usize::from(value.is_some()) + usize::from(*generated) + usize::from(subscription_key.is_some());
        if sources != 1 {
            problems.push(format!(
                "vaults: secret \"{name}\" of \"{}\" needs exactly one of value, generated = true, subscription_key",
                vault.name
            ));
        }
        if let Some(subscription) = subscription_key
            && !self.apim.subscriptions.iter().any(|known| known.name == *subscription)
        {
            problems.push(format!("vaults: secret \"{name}\" names no subscription: \"{subscription}\""));
        }
        if secret.tags.len() > 15 {
            problems.push(format!("vaults: secret \"{name}\" has more than 15 tags"));
        }
    }
}

/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#objects-identifiers-and-versioning>
pub(crate) fn is_secret_name(name: &str) -> bool {
    (1..=127).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
}
