//! The APIs whose answers are stored.

use std::{borrow::Borrow, collections::HashMap, fmt, ops::Deref, sync::Arc};

use keyless::{
    ApiPath,
    settings::{Setting, SettingType},
};

pub(crate) const SOURCES: Setting<Sources> =
    Setting::required("SNAPSHOT_SOURCES", "The APIs whose answers are kept.").with_example("orders=/orders");

/// An API whose answers are stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Source {
    pub(crate) name: SourceName,
    pub(crate) path: ApiPath,
}

/// All sources. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sources(Arc<InOrder>);

#[derive(Debug, PartialEq, Eq)]
struct InOrder {
    all: Vec<Source>,
    /// The position of each source in `all`. There may be thousands.
    by_name: HashMap<SourceName, usize>,
}

impl Sources {
    pub(crate) fn by_name(&self, name: &str) -> Option<&Source> {
        self.0.by_name.get(name).and_then(|&at| self.0.all.get(at))
    }
}

impl Deref for Sources {
    type Target = [Source];

    fn deref(&self) -> &[Source] {
        &self.0.all
    }
}

/// The name of a source: the first part of its blobs' names and of its URLs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct SourceName(String);

impl SourceName {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let letters = text.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '_');
        // Reports of secrets use this name.
        let free = text != "secret-expiry";
        ((1..=63).contains(&text.len()) && letters && free).then(|| Self(text.to_owned()))
    }
}

impl Borrow<str> for SourceName {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for SourceName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl SettingType for Sources {
    const EXPECTED: &'static str = "NAME=/path/of/the/api, several separated by commas, each NAME \
        (letters, digits, - and _) once";

    fn parse(text: &str) -> Option<Self> {
        let sources = text.split(',').map(|entry| {
            let (name, path) = entry.split_once('=')?;
            Some(Source { name: SourceName::parse(name.trim())?, path: ApiPath::parse(path.trim())? })
        });
        let all = sources.collect::<Option<Vec<_>>>()?;
        let by_name: HashMap<_, _> = all.iter().enumerate().map(|(at, source)| (source.name.clone(), at)).collect();
        (by_name.len() == all.len()).then(|| Self(Arc::new(InOrder { all, by_name })))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_names_and_paths() {
        let sources = Sources::parse("orders=/orders, open=/orders?status=open").unwrap();
        let shown = |source: &Source| format!("{} {} {:?}", source.name, source.path.as_str(), source.path.query());
        let shown: Vec<_> = sources.iter().map(shown).collect();
        assert_eq!(shown, ["orders /orders None", "open /orders Some(\"status=open\")"]);
    }

    #[test]
    fn a_source_without_name_or_path_or_named_twice_is_refused() {
        for wrong in
            ["orders", "=/orders", "orders=orders", "a/b=/x", "a=/x,a=/y", "a=/x,", "a=/x y", "a=/x#y", "a=/../x"]
        {
            assert!(Sources::parse(wrong).is_none(), "{wrong}");
        }
    }
}
