//! The types that settings are parsed into.

use std::{num::NonZeroUsize, path::PathBuf};

use http::{HeaderName, header};
use url::Url;
use uuid::Uuid;

use crate::identity::{ClientId, ObjectId};

/// A type that a setting's text is parsed into.
pub trait SettingType: Sized {
    /// The form that a person should write. The error shows it in place of the value, because the value may be
    /// anything, even a key.
    const EXPECTED: &'static str;

    /// Parses a text that is neither empty nor padded. `None` if it is not [`Self::EXPECTED`].
    fn parse(text: &str) -> Option<Self>;
}

impl SettingType for String {
    const EXPECTED: &'static str = "a text";

    fn parse(text: &str) -> Option<Self> {
        Some(text.to_owned())
    }
}

impl SettingType for bool {
    const EXPECTED: &'static str = "true or false";

    fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        }
    }
}

impl SettingType for NonZeroUsize {
    const EXPECTED: &'static str = "a number from 1 to 1000000";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|number: &Self| number.get() <= 1_000_000)
    }
}

impl SettingType for PathBuf {
    const EXPECTED: &'static str = "the path of a file";

    fn parse(text: &str) -> Option<Self> {
        Some(Self::from(text))
    }
}

/// A URL must be https, because plain HTTP would show a token or a key. It must have no query, because a query could
/// hold a key.
impl SettingType for Url {
    const EXPECTED: &'static str = "the https URL of the service, with neither a query nor a user name";

    fn parse(text: &str) -> Option<Self> {
        let url = Self::parse(text).ok()?;
        let bare =
            url.query().is_none() && url.fragment().is_none() && url.username().is_empty() && url.password().is_none();
        (url.scheme() == "https" && url.has_host() && bare).then_some(url)
    }
}

impl SettingType for ClientId {
    const EXPECTED: &'static str = "the client ID (a GUID) of a user-assigned identity";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

impl SettingType for ObjectId {
    const EXPECTED: &'static str = "the object ID (principal ID, a GUID) of a user-assigned identity";

    fn parse(text: &str) -> Option<Self> {
        Self::parse(text)
    }
}

/// The header that carries the subscription key; an API may rename it.
impl SettingType for HeaderName {
    const EXPECTED: &'static str = "the name of the header for the subscription key, not Authorization";

    fn parse(text: &str) -> Option<Self> {
        text.parse().ok().filter(|name| name != header::AUTHORIZATION)
    }
}

/// The audience of a token: the App ID URI or the client ID of the API's app registration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Audience(String);

impl Audience {
    /// The audience as text. A slash at the end is part of it: a v1 token repeats the audience exactly.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The v2 scope that asks for every app role granted on this audience.
    #[must_use]
    pub fn scope(&self) -> String {
        format!("{}/.default", self.0)
    }
}

impl SettingType for Audience {
    const EXPECTED: &'static str = "the App ID URI of the API, such as api://NAME, or its client ID";

    /// Also accepts a scope: the same text with `/.default` after it.
    fn parse(text: &str) -> Option<Self> {
        let text = text.strip_suffix("/.default").unwrap_or(text);
        let known = Uuid::try_parse(text).is_ok() || Url::parse(text).is_ok();
        let plain = text.chars().all(|c| c.is_ascii_graphic()) && !text.ends_with("/.default");
        (known && plain).then(|| Self(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_reached_over_https_and_holds_no_key() {
        assert!(<Url as SettingType>::parse("https://kv.vault.azure.net").is_some());
        for wrong in
            ["http://kv.vault.azure.net", "https://user@kv", "https://kv?sig=x", "https://kv#x", "kv", "api://kv"]
        {
            assert!(<Url as SettingType>::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn an_audience_becomes_its_default_scope() {
        let audience = <Audience as SettingType>::parse("api://orders").unwrap();
        assert_eq!(audience.scope(), "api://orders/.default");
        let slash = <Audience as SettingType>::parse("https://storage.azure.com//.default").unwrap();
        assert_eq!((slash.as_str(), audience.as_str()), ("https://storage.azure.com/", "api://orders"));
        assert_eq!(<Audience as SettingType>::parse("api://orders/.default"), Some(audience));
        for wrong in ["orders", "/.default", "api://orders/.default/.default", "api://two words"] {
            assert!(<Audience as SettingType>::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn the_authorization_header_cannot_carry_the_subscription_key() {
        assert!(<HeaderName as SettingType>::parse("api-key").is_some());
        assert!(<HeaderName as SettingType>::parse("Authorization").is_none());
    }
}
