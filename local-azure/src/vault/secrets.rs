//! The secrets of one vault, each with the one version it has had since start.

use aws_lc_rs::rand;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Serialize;
use uuid::Uuid;

use super::refusal::Refusal;
use crate::{seed, world::World};

/// What a vault holds.
pub(super) struct Secrets(Vec<Secret>);

/// Which version of a secret is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Version<'a> {
    Latest,
    Exactly(&'a str),
}

struct Secret {
    name: String,
    version: String,
    bundle: Bundle,
}

/// The answer to a read: <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secret>.
#[derive(Clone, Serialize)]
pub(super) struct Bundle {
    value: String,
    id: String,
    attributes: Attributes,
}

/// Times are seconds since 1970.
#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Attributes {
    enabled: bool,
    created: i64,
    updated: i64,
    recovery_level: &'static str,
    recoverable_days: u8,
}

impl Secrets {
    /// The vault's secrets as the seed describes them; generated values are made now.
    pub(super) fn new(world: &World, vault: &seed::Vault) -> Self {
        let now = Timestamp::now().as_second();
        Self(vault.secrets.iter().filter_map(|secret| Secret::new(world, vault, secret, now)).collect())
    }

    /// Reads a secret. Names do not depend on letter case.
    pub(super) fn read(&self, name: &str, version: Version<'_>) -> Result<Bundle, Refusal> {
        let asked = |secret: &&Secret| {
            secret.name.eq_ignore_ascii_case(name)
                && match version {
                    Version::Latest => true,
                    Version::Exactly(version) => secret.version.eq_ignore_ascii_case(version),
                }
        };
        let secret = self.0.iter().find(asked).ok_or_else(|| {
            Refusal::SecretNotFound(match version {
                Version::Latest => name.to_owned(),
                Version::Exactly(version) => format!("{name}/{version}"),
            })
        })?;
        if secret.bundle.attributes.enabled { Ok(secret.bundle.clone()) } else { Err(Refusal::SecretDisabled) }
    }
}

impl Secret {
    /// `None` when the seed gives the secret no value, which its own check forbids.
    fn new(world: &World, vault: &seed::Vault, secret: &seed::Secret, now: i64) -> Option<Self> {
        let value = match (&secret.value, &secret.subscription_key) {
            (Some(value), _) => value.clone(),
            (None, Some(subscription)) => world.subscription_keys.get(subscription)?.primary.clone(),
            (None, None) => random_value()?,
        };
        let version = Uuid::new_v4().simple().to_string();
        Some(Self {
            name: secret.name.clone(),
            bundle: Bundle {
                value,
                id: format!("https://{}.vault.azure.net/secrets/{}/{version}", vault.name, secret.name),
                attributes: Attributes {
                    enabled: secret.enabled,
                    created: now,
                    updated: now,
                    recovery_level: "Recoverable+Purgeable",
                    recoverable_days: 90,
                },
            },
            version,
        })
    }
}

fn random_value() -> Option<String> {
    let mut random = [0; 32];
    rand::fill(&mut random).ok()?;
    Some(URL_SAFE_NO_PAD.encode(random))
}
