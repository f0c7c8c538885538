//! The paths that callers of `relay` may reach.

use keyless::{
    ApiPath,
    settings::{Reader, Setting, SettingType},
};

use crate::sources::Source;

const RELAY_PATHS: Setting<RelayPaths> = Setting::optional(
    "RELAY_PATHS",
    "the paths of `SNAPSHOT_SOURCES`",
    "The paths of the API, each with everything below it, that callers of `relay` may reach.",
);

/// Paths, with all paths below them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RelayPaths(Vec<ApiPath>);

/// Returns the paths of the setting, or the paths of the sources, which this app calls anyway.
pub(crate) fn read(env: &mut Reader, sources: Option<&[Source]>) -> Option<RelayPaths> {
    env.read(&RELAY_PATHS).or_else(|| sources.map(RelayPaths::from_sources))
}

impl RelayPaths {
    fn from_sources(sources: &[Source]) -> Self {
        Self(sources.iter().map(|source| source.path.clone()).collect())
    }

    /// Reports whether a path is allowed. It compares whole segments, case-sensitive.
    pub(crate) fn admit(&self, path: &ApiPath) -> bool {
        self.0.iter().any(|prefix| path.is_below(prefix))
    }
}

impl SettingType for RelayPaths {
    const EXPECTED: &'static str =
        "/path/of/an/api, several separated by commas, without a query; / for all below APIM__baseUrl";

    fn parse(text: &str) -> Option<Self> {
        let paths = text.split(',').map(|path| ApiPath::parse(path.trim()).filter(|path| path.query().is_none()));
        paths.collect::<Option<_>>().map(Self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sources::Sources;

    fn path(text: &str) -> ApiPath {
        ApiPath::new(text).unwrap()
    }

    #[test]
    fn relay_reaches_whole_segments_and_what_is_below() {
        let paths = RelayPaths::parse("/orders, /v2/billing/").unwrap();
        for admitted in ["/orders", "/orders/", "/orders/1", "/v2/billing", "/v2/billing/x"] {
            assert!(paths.admit(&path(admitted)), "{admitted}");
        }
        for other in ["/", "/orders2", "/Orders", "/v2", "/v2/bill", "/%6frders"] {
            assert!(!paths.admit(&path(other)), "{other}");
        }
        assert!(RelayPaths::parse("/").unwrap().admit(&path("/anything")));
        for wrong in ["orders", "/a?x=1", "/a,", "/a/../b", "/*//"] {
            assert!(RelayPaths::parse(wrong).is_none(), "{wrong}");
        }
    }

    #[test]
    fn without_a_setting_it_reaches_the_paths_of_the_sources() {
        let sources = Sources::parse("orders=/orders?status=open").unwrap();
        let paths = RelayPaths::from_sources(&sources);
        assert!(paths.admit(&path("/orders/1")) && !paths.admit(&path("/billing")));
    }
}
