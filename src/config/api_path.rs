//! Where an API is, below the base URL of API Management; and which paths callers of `relay` may reach there.

use percent_encoding::percent_decode_str;
use url::Url;

use super::values::{Setting, Source};

/// How often a path is decoded to see what it may mean to somebody behind the gateway.
const DECODINGS: usize = 3;

/// A path that cannot leave what it is put below, and a query.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApiPath {
    path: String,
    query: Option<String>,
}

impl ApiPath {
    /// From a setting.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let (path, query) = text.split_once('?').map_or((text, None), |(path, query)| (path, Some(query)));
        let plain = text.chars().all(|c| c.is_ascii_graphic() && c != '#');
        if plain { Some(Self::new(path)?.with_query(query.map(str::to_owned))) } else { None }
    }

    /// From a caller's request, as it was written; `None` if it means, or may mean to anybody on its way, another place
    /// than the one below the base URL that it seems to.
    pub(crate) fn new(path: &str) -> Option<Self> {
        stays_below(path).then(|| Self { path: path.to_owned(), query: None })
    }

    pub(crate) fn with_query(self, query: Option<String>) -> Self {
        Self { query, ..self }
    }

    /// The URL of this path below `base`, which may have a path of its own.
    pub(crate) fn below(&self, base: &Url) -> Url {
        let mut url = base.clone();
        url.set_path(&format!("{}{}", base.path().trim_end_matches('/'), self.path));
        url.set_query(self.query.as_deref());
        url
    }
}

/// No dot segments, no empty segments (`//host`), no slashes in disguise, nothing that is no path.
fn stays_below(path: &str) -> bool {
    let Some(rest) = path.strip_prefix('/') else { return false };
    let characters = path.chars().all(|c| c.is_ascii_graphic() && !['\\', '?', '#'].contains(&c));
    let empty = rest.strip_suffix('/').unwrap_or(rest).split('/').any(str::is_empty) && !rest.is_empty();
    characters && !empty && rest.split('/').all(is_plain_segment)
}

/// Servers decode once, some of them again, and some leave out what follows a semicolon.
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

/// What callers of `relay` may reach: paths, and all that is below them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelayPaths(Vec<String>);

impl RelayPaths {
    /// What this app calls anyhow.
    pub(super) fn of(sources: &[Source]) -> Self {
        Self(sources.iter().map(|source| prefix(&source.path)).collect())
    }

    /// Compares whole segments, to the letter.
    pub(crate) fn admit(&self, path: &ApiPath) -> bool {
        let below = |prefix: &String| path.path.strip_prefix(prefix.as_str());
        self.0.iter().filter_map(below).any(|rest| rest.is_empty() || rest.starts_with('/'))
    }
}

/// Without a slash at the end, so that it admits itself with and without one.
fn prefix(path: &ApiPath) -> String {
    path.path.trim_end_matches('/').to_owned()
}

impl Setting for RelayPaths {
    const EXPECTED: &'static str =
        "/path/of/an/api, several separated by commas, without a query; / for all below APIM__baseUrl";

    fn parse(text: &str) -> Option<Self> {
        let paths = text.split(',').map(|path| ApiPath::parse(path.trim()).filter(|path| path.query.is_none()));
        paths.map(|path| path.as_ref().map(prefix)).collect::<Option<_>>().map(Self)
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
        fn whatever_is_accepted_is_below_the_base(text in "/?([a-z./%;:@\\\\?#]|%2[eEfF]|%5[cC]|%25){0,12}") {
            let base = Url::parse(BASE).unwrap();
            if let Some(path) = path(&text) {
                let url = path.below(&base);
                prop_assert_eq!(url.origin(), base.origin());
                prop_assert_eq!(url.path(), format!("/v1{text}"));
            }
        }
    }

    #[test]
    fn relay_reaches_whole_segments_and_what_is_below() {
        let paths = RelayPaths::parse("/orders, /v2/billing/").unwrap();
        for admitted in ["/orders", "/orders/", "/orders/1", "/v2/billing", "/v2/billing/x"] {
            assert!(paths.admit(&path(admitted).unwrap()), "{admitted}");
        }
        for other in ["/", "/orders2", "/Orders", "/v2", "/v2/bill", "/%6frders"] {
            assert!(!paths.admit(&path(other).unwrap()), "{other}");
        }
        assert!(RelayPaths::parse("/").unwrap().admit(&path("/anything").unwrap()));
        for wrong in ["orders", "/a?x=1", "/a,", "/a/../b", "/*//"] {
            assert!(RelayPaths::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn without_a_setting_it_reaches_what_the_sources_name() {
        let sources = <Vec<Source> as Setting>::parse("orders=/orders?status=open").unwrap();
        let paths = RelayPaths::of(&sources);
        assert!(paths.admit(&path("/orders/1").unwrap()) && !paths.admit(&path("/billing").unwrap()));
    }
}
