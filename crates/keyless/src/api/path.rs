//! The path of an API below the base URL.

use percent_encoding::percent_decode_str;
use url::Url;

use crate::{
    error::{Cause, Error},
    settings::SettingType,
};

/// The number of times that a path is decoded, to check its meaning for a server behind the gateway.
const DECODINGS: usize = 3;

/// A path that cannot leave its base URL, with an optional query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiPath {
    path: String,
    query: Option<String>,
}

impl ApiPath {
    /// Takes a path from a caller's request, as written, without a query. `None` if any server on the way could resolve
    /// the path to a different place than the one it names below the base URL.
    #[must_use]
    pub fn new(path: &str) -> Option<Self> {
        stays_below(path).then(|| Self { path: path.to_owned(), query: None })
    }

    /// The path, without its query.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.path
    }

    /// The query, as written.
    #[must_use]
    pub fn query(&self) -> Option<&str> {
        self.query.as_deref()
    }

    /// Reports whether the path is `prefix` or below it. It compares whole segments, case-sensitive.
    #[must_use]
    pub fn is_below(&self, prefix: &Self) -> bool {
        let rest = self.path.strip_prefix(prefix.path.trim_end_matches('/'));
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    }

    pub(super) fn with_query(self, query: Option<String>) -> Self {
        Self { query, ..self }
    }

    /// Returns the URL of this path below `base`. `base` may have a path.
    pub(super) fn below(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_path(&format!("{}{}", base.path().trim_end_matches('/'), self.path));
        url.set_query(self.query.as_deref());
        url
    }
}

/// A path with or without a query.
impl SettingType for ApiPath {
    const EXPECTED: &'static str = "/path/of/the/api, with or without a query";

    fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let plain = text.chars().all(|c| c.is_ascii_graphic() && c != '#');
        if plain { Some(Self::new(path)?.with_query(query.map(str::to_owned))) } else { None }
    }
}

/// Accepts a path without dot segments, empty segments (`//host`), encoded slashes, and characters that a path cannot
/// have.
fn stays_below(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let characters = path.chars().all(|c| c.is_ascii_graphic() && !['\\', '?', '#'].contains(&c));
    let empty = rest.strip_suffix('/').unwrap_or(rest).split('/').any(str::is_empty) && !rest.is_empty();
    characters && !empty && rest.split('/').all(is_plain_segment)
}

/// Checks what a segment can mean to a server. Servers decode it once, some decode it again, and some leave out the
/// text after a semicolon.
fn is_plain_segment(segment: &str) -> bool {
    let escapes = segment.split('%').skip(1);
    if !escapes.into_iter().all(|rest| rest.bytes().take(2).filter(u8::is_ascii_hexdigit).count() == 2) {
        return false;
    }
    let mut meant = segment.as_bytes().to_vec();
    for _ in 0..DECODINGS {
        let name = meant.split(|&byte| byte == b';').next().unwrap_or_default();
        let harmless = meant.iter().all(|byte| !byte.is_ascii_control() && ![b'/', b'\\'].contains(byte));
        if !harmless || name == b"." || name == b".." {
            return false;
        }
        let decoded: Vec<u8> = percent_decode_str(&String::from_utf8_lossy(&meant)).collect();
        if decoded == meant {
            return true;
        }
        meant = decoded;
    }
    false
}

impl TryFrom<&str> for ApiPath {
    type Error = Error;

    fn try_from(text: &str) -> Result<Self, Error> {
        Self::parse(text).ok_or_else(|| Error::invalid_by(Cause::Escapes))
    }
}

impl TryFrom<String> for ApiPath {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        Self::try_from(text.as_str())
    }
}

impl From<&Self> for ApiPath {
    fn from(path: &Self) -> Self {
        path.clone()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const BASE: &str = "https://apim.azure-api.net/v1/";

    fn path(text: &str) -> Option<ApiPath> {
        ApiPath::new(text)
    }

    #[test]
    fn ordinary_paths_are_kept_as_they_are() {
        let base = Url::parse(BASE).unwrap();
        for text in [
            "/orders",
            "/orders/",
            "/",
            "/orders/1001/lines",
            "/a.b/..c/...",
            "/a%20b/%C3%A9",
            "/100%25",
            "/a:b@c;v=1",
            "/https:evil.example",
        ] {
            let url = path(text).unwrap_or_else(|| panic!("{text}")).below(&base);
            assert_eq!(url.as_str(), format!("https://apim.azure-api.net/v1{text}"));
        }
    }

    #[test]
    fn a_path_cannot_leave_the_base() {
        for text in [
            "",
            "orders",
            "//evil.example/x",
            "/orders//x",
            "/orders//",
            "//",
            "/https://evil.example",
            "/..",
            "/../admin",
            "/orders/../admin",
            "/orders/./x",
            "/orders/.",
            "/orders/%2e%2e/admin",
            "/orders/.%2E/admin",
            "/orders/%252e%252e/admin",
            "/orders/%25252e%25252e/admin",
            "/orders/..;/admin",
            "/orders/..;x=1/admin",
            "/orders/%2e%2e%3b/admin",
            "/orders%2F..%2Fadmin",
            "/orders/a%2fb",
            "/orders/a%252Fb",
            "/orders/a%5cb",
            "/orders/a\\b",
            "/\\evil.example",
            "/orders/%00",
            "/orders/a%0d%0ax",
            "/orders/%zz",
            "/orders/%2",
            "/orders/a b",
            "/orders?x",
            "/orders#x",
            "/ü",
        ] {
            assert_eq!(path(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_accepted_path_is_below_the_base(text in "/?([a-z./%;:@\\\\?#]|%2[eEfF]|%5[cC]|%25){0,12}") {
            let base = Url::parse(BASE).unwrap();
            if let Some(path) = path(&text) {
                let url = path.below(&base);
                prop_assert_eq!(url.origin(), base.origin());
                prop_assert_eq!(url.path(), format!("/v1{text}"));
            }
        }
    }

    #[test]
    fn a_path_is_below_another_by_whole_segments() {
        let below = |path: &str, prefix: &str| ApiPath::parse(path).unwrap().is_below(&ApiPath::parse(prefix).unwrap());
        for path in ["/orders", "/orders/", "/orders/1"] {
            assert!(below(path, "/orders") && below(path, "/orders/") && below(path, "/"), "{path}");
        }
        for other in ["/", "/orders2", "/Orders", "/%6frders"] {
            assert!(!below(other, "/orders"), "{other}");
        }
    }
}
