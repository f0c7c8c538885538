//! The name of a secret.

use std::{fmt, sync::Arc};

use crate::{
    error::{Cause, Error},
    settings::SettingType,
};

/// The name of a secret in the vault, or of one version of it (`NAME/VERSION`). It is never the secret's value.
///
/// Clones share the text.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SecretName {
    name: Arc<str>,
    version: Option<Arc<str>>,
}

impl SecretName {
    /// The name, without the version.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.name
    }

    /// The version; `None` for the latest version.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

/// The rules for names:
/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers>
impl SettingType for SecretName {
    const EXPECTED: &'static str = "the name of a Key Vault secret (letters, digits and hyphens), or NAME/VERSION, not \
        its value";

    fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.split_once('/').map_or((text, None), |(name, version)| (name, Some(version)));
        let fits = (1..=127).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let is_version = |text: &str| text.len() == 32 && text.chars().all(|c| c.is_ascii_hexdigit());
        let version_fits = version.is_none_or(is_version);
        (fits && version_fits).then(|| Self { name: name.into(), version: version.map(Into::into) })
    }
}

impl TryFrom<&str> for SecretName {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        let rule = "a secret's name has letters, digits and hyphens, and a version may follow it after a slash";
        Self::parse(text).ok_or_else(|| Error::internal_by(Cause::Rule(rule)))
    }
}

impl From<&Self> for SecretName {
    fn from(name: &Self) -> Self {
        name.clone()
    }
}

impl fmt::Display for SecretName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        self.version.iter().try_for_each(|version| write!(f, "/{version}"))
    }
}
