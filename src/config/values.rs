//! The types that settings are parsed into.

use std::{
    collections::HashSet,
    fmt,
    num::{NonZeroU16, NonZeroUsize},
    path::PathBuf,
};

use http::{HeaderName, header};
use url::Url;
use uuid::Uuid;

use super::api_path::ApiPath;

/// A type that the text of a setting can become.
pub(super) trait Setting: Sized {
    /// What a person should write. The error shows this in place of the value, which may be anything, a key too.
    const EXPECTED: &'static str;

    /// `None` when `text`, which is neither empty nor padded, is not [`Self::EXPECTED`].
    fn parse(text: &str) -> Option<Self>;
}

impl Setting for NonZeroU16 {
    const EXPECTED: &'static str = "a port number, which the Functions host sets when it starts the handler";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok()
    }
}

impl Setting for NonZeroUsize {
    const EXPECTED: &'static str = "a number from 1 to 1000000";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &Self| number.get() <= 1_000_000)
    }
}

/// A number of days.
pub(super) struct Days(u16);

impl Days {
    pub(super) fn get(self) -> u16 {
        self.0
    }
}

impl Setting for Days {
    const EXPECTED: &'static str = "a number of days from 1 to 3650";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|days| (1..=3650).contains(days)).map(Self)
    }
}

impl Setting for PathBuf {
    const EXPECTED: &'static str = "the path of a PEM file";

    fn parse(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }
}

/// A token or a key would cross plain HTTP in clear; a query could hold a key.
impl Setting for Url {
    const EXPECTED: &'static str = "the https URL of the service, with neither a query nor a user name";

    fn parse(text: &str) -> Option<Self> {
        let url = Self::parse(text).ok()?;
        let bare =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        (url.scheme() == "https" && url.has_host() && bare).then_some(url)
    }
}

/// Client ID of a user-assigned identity.
///
/// Not the object ID ([`ObjectId`]) and not the resource ID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ClientId(Uuid);

impl fmt::Display for ClientId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Setting for ClientId {
    const EXPECTED: &'static str = "the client ID (a GUID) of a user-assigned identity";

    fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

/// Object ID of a user-assigned identity, also called its principal ID: what role assignments take.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ObjectId(Uuid);

impl fmt::Display for ObjectId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Setting for ObjectId {
    const EXPECTED: &'static str = "the object ID (principal ID, a GUID) of a user-assigned identity";

    fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }
}

/// A directory, by its ID or one of its domains.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Tenant(String);

impl Tenant {
    /// It is passed to a command line; letters, digits, dots and hyphens are all that it may hold.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-');
        (letters && text.starts_with(|c: char| c.is_ascii_alphanumeric())).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whom a token is for: the App ID URI or the client ID of the app registration that stands for an API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Audience(String);

impl Audience {
    /// The resource, as a token of version 1 repeats it: a slash at the end belongs to it.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The v2 scope that asks for every app role granted on this audience.
    pub(crate) fn scope(&self) -> String {
        format!("{}/.default", self.0)
    }
}

impl Setting for Audience {
    const EXPECTED: &'static str = "the App ID URI of the API, such as api://NAME, or its client ID";

    /// Also from a scope, which is the same with `/.default` after it.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix("/.default").unwrap_or(text);
        let known = Uuid::try_parse(text).is_ok() || Url::parse(text).is_ok();
        let plain = text.chars().all(|c| c.is_ascii_graphic()) && !text.ends_with("/.default");
        (known && plain).then(|| Self(text.to_owned()))
    }
}

/// Name of a secret in the vault, or of one version of it; never its value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SecretName {
    name: String,
    version: Option<String>,
}

impl SecretName {
    pub(crate) fn as_str(&self) -> &str {
        &self.name
    }

    /// `None` for whatever version is the latest.
    pub(crate) fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

/// <https://learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates#object-identifiers>
impl Setting for SecretName {
    const EXPECTED: &'static str = "the name of a Key Vault secret (letters, digits and hyphens), or NAME/VERSION, not \
        its value";

    fn parse(text: &str) -> Option<Self> {
        let (name, version) = text.split_once('/').map_or((text, None), |(name, version)| (name, Some(version)));
        let fits = (1..=127).contains(&name.len()) && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
        let is_version = |text: &str| text.len() == 32 && text.chars().all(|c| c.is_ascii_hexdigit());
        let version_fits = version.is_none_or(is_version);
        (fits && version_fits).then(|| Self { name: name.to_owned(), version: version.map(str::to_owned) })
    }
}

/// The header that carries the subscription key; an API may rename it.
impl Setting for HeaderName {
    const EXPECTED: &'static str = "the name of the header for the subscription key, not Authorization";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|name| name != header::AUTHORIZATION)
    }
}

/// Name of a blob container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ContainerName(String);

impl ContainerName {
    /// The container for uploads, unless a setting says otherwise.
    pub(super) fn for_uploads() -> Self {
        Self("uploads".to_owned())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// <https://learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata>
impl Setting for ContainerName {
    const EXPECTED: &'static str = "a container name: 3 to 63 lower-case letters, digits and single hyphens";

    fn parse(text: &str) -> Option<Self> {
        let lengths = (3..=63).contains(&text.len());
        let letters = text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-');
        let hyphens = !text.starts_with('-') && !text.ends_with('-') && !text.contains("--");
        (lengths && letters && hyphens).then(|| Self(text.to_owned()))
    }
}

/// Name of a source: the first part of its blobs' names and of its URLs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SourceName(String);

impl SourceName {
    fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        // Reports of secrets have this place.
        let free = text != "secret-expiry";
        ((1..=63).contains(&text.len()) && letters && free).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An API whose answers are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) name: SourceName,
    pub(crate) path: ApiPath,
}

impl Setting for Vec<Source> {
    const EXPECTED: &'static str = "NAME=/path/of/the/api, several separated by commas, each NAME \
        (letters, digits, - and _) once";

    fn parse(text: &str) -> Option<Self> {
        let sources = text.split(',').map(|entry| {
            let (name, path) = entry.split_once('=')?;
            Some(Source { name: SourceName::parse(name.trim())?, path: ApiPath::parse(path.trim())? })
        });
        let sources = sources.collect::<Option<Vec<_>>>()?;
        let mut seen = HashSet::new();
        sources.iter().all(|source| seen.insert(source.name.as_str())).then_some(sources)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_reached_over_https_and_holds_no_key() {
        assert!(<Url as Setting>::parse("https://kv.vault.azure.net").is_some());
        for wrong in
            ["http://kv.vault.azure.net", "https://user@kv", "https://kv?sig=x", "https://kv#x", "kv", "api://kv"]
        {
            assert!(<Url as Setting>::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_audience_becomes_its_default_scope() {
        let audience = <Audience as Setting>::parse("api://orders").unwrap();
        assert_eq!(audience.scope(), "api://orders/.default");
        let slash = <Audience as Setting>::parse("https://storage.azure.com//.default").unwrap();
        assert_eq!((slash.as_str(), audience.as_str()), ("https://storage.azure.com/", "api://orders"));
        assert_eq!(<Audience as Setting>::parse("api://orders/.default"), Some(audience));
        for wrong in ["orders", "/.default", "api://orders/.default/.default", "api://two words"] {
            assert!(<Audience as Setting>::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_authorization_header_cannot_carry_the_subscription_key() {
        assert!(<HeaderName as Setting>::parse("api-key").is_some());
        assert!(<HeaderName as Setting>::parse("Authorization").is_none());
    }

    #[test]
    fn container_names_follow_the_rules_of_blob_storage() {
        for right in ["snapshots", "a-b", "000"] {
            assert!(<ContainerName as Setting>::parse(right).is_some(), "{right}");
        }
        for wrong in ["ab", "Snapshots", "-ab", "ab-", "a--b", "a/b", &"a".repeat(64)] {
            assert!(<ContainerName as Setting>::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn sources_are_names_and_paths() {
        let sources = <Vec<Source> as Setting>::parse("orders=/orders, open=/orders?status=open").unwrap();
        let base = Url::parse("https://apim.azure-api.net/v1/").unwrap();
        let urls: Vec<_> = sources.iter().map(|s| s.path.below(&base).to_string()).collect();
        assert_eq!(urls, ["https://apim.azure-api.net/v1/orders", "https://apim.azure-api.net/v1/orders?status=open"]);
    }

    #[test]
    fn a_source_without_name_or_path_or_named_twice_is_refused() {
        for wrong in
            ["orders", "=/orders", "orders=orders", "a/b=/x", "a=/x,a=/y", "a=/x,", "a=/x y", "a=/x#y", "a=/../x"]
        {
            assert!(<Vec<Source> as Setting>::parse(wrong).is_none(), "{wrong}");
        }
    }
}
