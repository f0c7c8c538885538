//! The subscription key of API Management, from Key Vault.

use std::borrow::Cow;

use http::{HeaderName, HeaderValue};

use crate::{
    error::Error,
    secrets::{SecretName, SecretValue, Secrets},
    settings::{Absent, Reader, Setting},
};

/// The defaults of an API's settings for its key.
pub(crate) struct KeyDefaults {
    pub(crate) header: &'static str,
    /// The name of a secret, for the example settings.
    pub(crate) example: &'static str,
}

/// The place of the key, and the header that carries it.
pub(crate) struct SubscriptionKey {
    secrets: Secrets,
    name: SecretName,
    header: HeaderName,
}

/// The key of one request.
pub(super) struct KeyValue(SecretValue);

impl SubscriptionKey {
    pub(super) fn new(secrets: Secrets, name: SecretName, header: HeaderName) -> Self {
        Self { secrets, name, header }
    }

    /// Reads the settings of the key. The outer `None` means that a setting is wrong, the inner `None` that there is no
    /// key.
    pub(crate) fn read(settings: &mut Reader, api: &str, vault: &str, defaults: &KeyDefaults) -> Option<Option<Self>> {
        let secret = Setting::<SecretName>::new(
            Cow::Owned(format!("{api}__subscriptionKeySecret")),
            Cow::Owned(format!("Name of the secret in {vault} that holds the subscription key of {api}.")),
            Absent::Means("no key is sent"),
        );
        let header = Setting::<HeaderName>::new(
            Cow::Owned(format!("{api}__subscriptionKeyHeader")),
            Cow::Borrowed("The header that carries the subscription key."),
            Absent::Default(defaults.header),
        );
        let is_wanted = settings.is_set(secret.name());
        let name = settings.read(&secret.with_example(defaults.example));
        let header = settings.read(&header);
        // The vault's settings are read only if there is a key.
        if !is_wanted {
            return Some(None);
        }
        let secrets = settings.secrets(vault);
        Some(Some(Self::new(secrets?, name?, header?)))
    }

    pub(super) fn header(&self) -> &HeaderName {
        &self.header
    }

    pub(super) fn secret(&self) -> &str {
        self.name.as_str()
    }

    pub(super) async fn value(&self) -> Result<KeyValue, Error> {
        self.secrets.get(&self.name).await.map(KeyValue)
    }

    /// Reports whether there is a key other than the refused one. The secret may have been rotated since it was read,
    /// and another caller may have noticed that already. A wrong key in the vault does not double the requests, because
    /// [`Secrets::forget`] limits the reads.
    pub(super) async fn renew(&self, KeyValue(refused): &KeyValue) -> bool {
        let is_other = |key: Result<SecretValue, Error>| key.is_ok_and(|key| key.expose() != refused.expose());
        if is_other(self.secrets.get(&self.name).await) {
            return true;
        }
        self.secrets.forget(&self.name);
        is_other(self.secrets.get(&self.name).await)
    }
}

impl KeyValue {
    pub(super) fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Returns the header; `None` for a value that no header can carry.
    pub(super) fn to_header(&self) -> Option<HeaderValue> {
        HeaderValue::try_from(&self.0).ok()
    }
}
