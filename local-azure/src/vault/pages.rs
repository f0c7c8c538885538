//! Lists, one page at a time.
//!
//! A page is a slice of the whole vault, without the items that do not match the request. So a page may have few items
//! or none although more pages follow, as in Azure.

use serde::Serialize;

use super::{
    bundle::Bundle,
    query::{PageQuery, Query},
    secret::Secret,
    secrets::Secrets,
    vaults::Vault,
};

/// The answer to a list: <https://learn.microsoft.com/rest/api/keyvault/secrets/get-secrets#secretlistresult>.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Page<'a> {
    value: Vec<Bundle<'a>>,
    /// The absolute URL of the next page, with the port; `null` at the end.
    next_link: Option<String>,
}

impl<'a> Page<'a> {
    /// Returns the secrets that are not deleted.
    pub(super) fn from_secrets(vault: &Vault, secrets: &'a Secrets, query: &Query) -> Self {
        let item = |secret: &'a Secret| match secret.deletion {
            None => Some(Bundle::from_item(vault, secret, secret.latest()?)),
            Some(_) => None,
        };
        Self::cut(vault, "secrets", secrets.all(), item, query)
    }

    /// Returns the deleted secrets.
    pub(super) fn from_deleted(vault: &Vault, secrets: &'a Secrets, query: &Query) -> Self {
        let item = |secret: &'a Secret| {
            let deletion = secret.deletion?;
            Some(Bundle::from_item(vault, secret, secret.latest()?).with_deletion(vault, secret, deletion))
        };
        Self::cut(vault, "deletedsecrets", secrets.all(), item, query)
    }

    /// Returns the versions of a secret, in order of their IDs, not by age. A missing secret has no versions.
    pub(super) fn from_versions(vault: &Vault, secret: Option<&'a Secret>, name: &str, query: &Query) -> Self {
        let mut versions: Vec<_> = secret.into_iter().flat_map(|secret| secret.versions().iter()).collect();
        versions.sort_by(|one, other| one.id.cmp(&other.id));
        let entries = versions.into_iter().map(|version| (version.id.as_str(), version));
        let item = |version| Some(Bundle::from_version(vault, secret?, version));
        Self::cut(vault, &format!("secrets/{name}/versions"), entries, item, query)
    }

    /// Returns one page of `entries`, which are in order of their keys.
    fn cut<T>(
        vault: &Vault,
        path: &str,
        entries: impl Iterator<Item = (&'a str, T)>,
        item: impl Fn(T) -> Option<Bundle<'a>>,
        query: &Query,
    ) -> Self {
        let PageQuery { limit, after } = &query.page;
        let mut rest = entries.skip_while(|(key, _)| after.as_deref().is_some_and(|after| *key <= after)).peekable();
        let mut value = Vec::new();
        let mut last = None;
        for (key, entry) in rest.by_ref().take(*limit) {
            value.extend(item(entry));
            last = Some(key);
        }
        let more = rest.peek().is_some();
        let next_link =
            last.filter(|_| more).map(|last| format!("{}:443/{path}?{}", vault.origin(), query.after(last)));
        Self { value, next_link }
    }
}
